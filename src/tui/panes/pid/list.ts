import type {State} from '../../../types/state.ts';
import type {BioLatencyEvent, KernelEvent, SchedLatencyEvent} from '../../../types/stream.ts';
import {LocalClock} from '../../../util/stamp.ts';
import {eventSubject} from '../../filter/subject.ts';
import {severityToken} from '../../theme.ts';
import {eventFields} from '../event-fields.ts';
import type {Column, ListPane} from '../pane.ts';
import type {ItsEvents} from './its-events.ts';

/** Its id: names the focus of the view. */
export const PID_EVENTS = 'pid-events';

const clock = new LocalClock();
const numbers = new WeakMap<KernelEvent, string>();
let next = 0;

/** Events have no number of their own. */
export function keyOf(event: KernelEvent): string {
  let key = numbers.get(event);
  if (key === undefined) {
    key = String(next++);
    numbers.set(event, key);
  }
  return key;
}

const details = (event: KernelEvent): string =>
  eventFields(event)
    .map(([name, text]) => (name ? `${name}=${text}` : text))
    .join(' ');

/** Who had most of the wait, else who ran last before it ended; an idle CPU is nobody. */
function behind(event: KernelEvent): number | undefined {
  if (event.type === 'BIO_LATENCY') return (event as BioLatencyEvent).culprits?.find(({pid}) => pid !== undefined)?.pid;
  if (event.type !== 'SCHED_LATENCY') return undefined;
  const {culprits, prev_pid} = event as SchedLatencyEvent;
  return culprits?.[0]?.pid ?? (prev_pid || undefined);
}

/** When, what and how it was: what every list of events has. */
export const TIME: Column<KernelEvent> = {
  id: 'time',
  title: 'TIME',
  width: 12,
  priority: 0,
  text: (event) => clock.at(event.time).clock,
};
export const TYPE: Column<KernelEvent> = {
  id: 'type',
  title: 'TYPE',
  width: 15,
  priority: 0,
  text: (event) => event.type,
  token: (event) => severityToken(event.severity),
};
export const DETAILS: Column<KernelEvent> = {
  id: 'details',
  title: 'DETAILS',
  width: 30,
  grow: true,
  priority: 0,
  text: details,
};

/** The process's own events, newest first. Enter looks into the one behind which it waited. */
export function eventList(find: (state: State) => ItsEvents): ListPane<KernelEvent> {
  return {
    kind: 'list',
    id: PID_EVENTS,
    title: 'Its events',
    rows: (state) => find(state).own,
    key: keyOf,
    columns: [
      TIME,
      TYPE,
      {id: 'cpu', title: 'CPU', width: 4, align: 'right', priority: 2, text: ({cpu}) => String(cpu ?? '-')},
      {id: 'tid', title: 'THREAD', width: 8, align: 'right', priority: 1, text: ({tid}) => String(tid ?? '-')},
      DETAILS,
    ],
    pid: behind,
    subject: eventSubject,
    empty: ({events}) => (events.length > 0 ? 'none of the events kept is its own' : 'no events'),
    note: () => 'Enter: the process behind which it waited',
  };
}
