import {visible} from '../../util/sanitize.ts';
import type {Store} from '../state/store.ts';
import {cutText, textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';

const EXAMPLE = 'comm:nginx pid:42 cpu:0-3 type:VFS* severity:critical !container:web /regex/ words';
const KEYS = 'Enter keeps it  Esc leaves it ';

/** The filter as it is typed, in place of the bottom line: what is wrong with it stands beside. */
export function paintFilterLine(store: Store, width: number): string[] {
  const {typed, problem} = store.filter;
  const line = new Line(width, store.theme).add(' / ', 'bar.key');
  line
    .add(tail(visible(typed), width >> 1), 'text')
    .add(' ', 'selected')
    .add('  ');
  const keys = width >= 80 ? KEYS : '';
  const room = line.room - keys.length - 1;
  if (problem) line.add(cutText(problem, room), 'heat.warning');
  else if (typed === '') line.add(cutText(EXAMPLE, room), 'dim');
  if (keys) line.right(keys.length).add(keys, 'dim');
  return [line.end()];
}

/** The last cells of a text: one types at its end. */
function tail(text: string, width: number): string {
  let out = '';
  for (const char of [...text].reverse()) {
    if (textWidth(char + out) > width) break;
    out = char + out;
  }
  return out;
}
