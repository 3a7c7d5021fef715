import type {Pane, Place, View} from '../panes/pane.ts';

/** A place and those beside it. */
export function besides(place: Place): Place[] {
  const out: Place[] = [];
  for (let each: Place | undefined = place; each; each = each.beside) out.push(each);
  return out;
}

/** A view's panes, in the order of Tab. */
export function panesOf(view: View): Pane[] {
  return view.places.flatMap(besides).map(({pane}) => pane);
}
