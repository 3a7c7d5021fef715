import type {State} from '../../../types/state.ts';
import type {BioLatencyEvent, KernelEvent, SchedLatencyEvent} from '../../../types/stream.ts';
import {eventSubject} from '../../filter/subject.ts';
import {CPU, details, keyOf, THREAD, TIME, TYPE} from '../event-columns.ts';
import type {ListPane} from '../pane.ts';
import type {ItsEvents} from './its-events.ts';

/** Its id: names the focus of the view. */
export const PID_EVENTS = 'pid-events';

/** Who had most of the wait, else who ran last before it ended; an idle CPU is nobody. */
function behind(event: KernelEvent): number | undefined {
  if (event.type === 'BIO_LATENCY') return (event as BioLatencyEvent).culprits?.find(({pid}) => pid !== undefined)?.pid;
  if (event.type !== 'SCHED_LATENCY') return undefined;
  const {culprits, prev_pid} = event as SchedLatencyEvent;
  return culprits?.[0]?.pid ?? (prev_pid || undefined);
}

/** The process's own events, newest first. Enter looks into the one behind which it waited. */
export function eventList(find: (state: State) => ItsEvents): ListPane<KernelEvent> {
  return {
    kind: 'list',
    id: PID_EVENTS,
    title: 'Its events',
    rows: (state) => find(state).own,
    key: keyOf,
    columns: [TIME, TYPE, CPU, THREAD, details()],
    pid: behind,
    subject: eventSubject,
    empty: ({events}) => (events.length > 0 ? 'none of the events kept is its own' : 'no events'),
    note: () => 'Enter: the process behind which it waited',
  };
}
