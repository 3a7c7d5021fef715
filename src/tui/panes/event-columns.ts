import type {KernelEvent} from '../../types/stream.ts';
import {LocalClock} from '../../util/stamp.ts';
import {severityToken} from '../theme.ts';
import {figure, label} from './columns.ts';
import {eventFields} from './event-fields.ts';
import type {Column} from './pane.ts';

const clock = new LocalClock();
const numbers = new WeakMap<KernelEvent, string>();
let next = 0;

/** Identity of a row: events have no number of their own. */
export function keyOf(event: KernelEvent): string {
  let key = numbers.get(event);
  if (key === undefined) {
    key = String(next++);
    numbers.set(event, key);
  }
  return key;
}

/** Lists of events keep the order in which these came. */
const unsorted = ({value: _, ...column}: Column<KernelEvent>): Column<KernelEvent> => column;

export const TIME = unsorted(label(['time', 'TIME', 12, 0], (event) => clock.at(event.time).clock));
export const TYPE = unsorted(
  label(['type', 'TYPE', 15, 0], ({type}) => type, {token: ({severity}) => severityToken(severity)}),
);
export const CPU = unsorted(figure(['cpu', 'CPU', 4, 2], ({cpu}) => cpu, String));
export const THREAD = unsorted(figure(['tid', 'THREAD', 8, 1], ({tid}) => tid, String));
export const PID = unsorted(figure(['pid', 'PID', 8, 1], ({pid}) => pid, String));
export const COMMAND = unsorted(label(['comm', 'COMMAND', 15, 0], ({comm}) => comm));

/** All that is left to say of an event, but for what the list says of all of them. */
export function details(known: readonly string[] = []): Column<KernelEvent> {
  const text = (event: KernelEvent): string =>
    eventFields(event)
      .filter(([name]) => !known.includes(name))
      .map(([name, value]) => (name ? `${name}=${value}` : value))
      .join(' ');
  return unsorted(label(['details', 'DETAILS', 20, 0], text, {grow: true}));
}
