import type {State} from '../../../types/state.ts';
import {count, duration} from '../../../util/format.ts';
import {visibleUpTo} from '../../../util/sanitize.ts';
import {fitText, padStart} from '../../text/cells.ts';
import {Line} from '../../text/line.ts';
import type {Theme} from '../../theme.ts';
import type {ItsEvents, Kind} from './its-events.ts';

const COUNT = 9;
const TIME = 10;

/** What was slow or went wrong, by type, of the events that are kept; and whom it kept waiting. */
export function paintSlow(events: ItsEvents, state: State, theme: Theme, width: number, height: number): string[] {
  const {kinds, before} = events;
  const names = Math.max(8, Math.min(20, width - COUNT - 2 * TIME - 4));
  const head = new Line(width, theme).add(` ${fitText('', names)}`);
  for (const [title, cells] of [
    ['EVENTS', COUNT],
    ['WORST', TIME],
    ['IN ALL', TIME],
  ] as const)
    head.add(padStart(title, cells), 'dim');
  const lines = [head.end()];
  if (kinds.length === 0) {
    const all = state.events.length;
    const text = all > 0 ? ` none of the ${count(all)} events kept is its own` : ' no events';
    lines.push(new Line(width, theme).add(text, 'dim').end());
  }
  for (const kind of kinds) lines.push(kindLine(kind.type, kind, theme, width, names));
  if (before.count > 0) lines.push(kindLine('others after it', before, theme, width, names));
  return lines.slice(0, height);
}

function kindLine(name: string, kind: Kind, theme: Theme, width: number, names: number): string {
  const time = (us: number | undefined): string => padStart(us === undefined ? '-' : duration(us), TIME);
  return new Line(width, theme)
    .add(` ${fitText(visibleUpTo(name, 64), names)}`)
    .add(padStart(count(kind.count), COUNT))
    .add(time(kind.worst_us))
    .add(time(kind.total_us))
    .end();
}
