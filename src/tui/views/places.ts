import type {CanvasPane, Pane, Place, View} from '../panes/pane.ts';
import {Line} from '../text/line.ts';
import {wrapText} from '../text/wrap.ts';

const laterPanes = new WeakMap<View, CanvasPane>();

/** The pane of a view whose data comes later: it says what it will show, in its middle. */
function laterPane(view: View): CanvasPane {
  let pane = laterPanes.get(view);
  if (!pane) {
    const {id, title, later = ''} = view;
    pane = {
      kind: 'canvas',
      id: `${id}-later`,
      title,
      paint: (_state, theme, width, height) => {
        const lines = wrapText(later, Math.min(60, width - 2));
        const left = Math.max(0, (width - Math.min(60, width - 2)) >> 1);
        const above = Array.from({length: Math.max(0, (height - lines.length) >> 1)}, () => '');
        return [...above, ...lines].map((line) => new Line(width, theme).to(left).add(line, 'dim').end());
      },
    };
    laterPanes.set(view, pane);
  }
  return pane;
}

/** A view's places; a view that comes later has one for its text. */
export function placesOf(view: View): readonly Place[] {
  return view.later === undefined ? view.places : [{pane: laterPane(view), weight: 1, min: 3}];
}

/** A place and those beside it. */
export function besides(place: Place): Place[] {
  const out: Place[] = [];
  for (let each: Place | undefined = place; each; each = each.beside) out.push(each);
  return out;
}

/** A view's panes, in the order of Tab. */
export function panesOf(view: View): Pane[] {
  return placesOf(view)
    .flatMap(besides)
    .map(({pane}) => pane);
}
