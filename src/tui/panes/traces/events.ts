import type {TraceEvent, TraceResult} from '../../../types/trace.ts';
import {count} from '../../../util/format.ts';
import {LocalClock} from '../../../util/stamp.ts';
import type {TraceBoard} from '../../state/traces.ts';
import {figure, label} from '../columns.ts';
import type {ListPane} from '../pane.ts';

/** Its id. */
export const TRACE_EVENTS = 'trace-events';

/** An event by its number, as it has none of its own. */
interface Row {
  event: TraceEvent;
  number: number;
}

const clock = new LocalClock();
const NONE: readonly Row[] = [];
/** The rows as made last: an event's row stays the same while others come. */
let last: {events: readonly TraceEvent[]; rows: Row[]} | undefined;

function rowsOf({events}: TraceResult): readonly Row[] {
  if (last?.events === events && last.rows.length === events.length) return last.rows;
  const known = last?.events === events ? last.rows.toReversed() : [];
  for (let number = known.length; number < events.length; number++) known.push({event: events[number]!, number});
  last = {events, rows: known.reverse()};
  return last.rows;
}

/** Nanoseconds since 1970 as the time of day, to the millisecond. */
function timeOf({event: {timestamp}}: Row): string {
  const ms = Number(timestamp.slice(0, -6));
  return Number.isSafeInteger(ms) && Math.abs(ms) <= 8.64e15 ? clock.at(new Date(ms).toISOString()).clock : '-';
}

/** The events of the selected trace, newest first. Enter looks into the process. */
export const traceEvents = (traces: TraceBoard): ListPane<Row> => ({
  kind: 'list',
  id: TRACE_EVENTS,
  title: 'Its events',
  rows: () => (traces.shown ? rowsOf(traces.shown.result) : NONE),
  key: ({number}) => String(number),
  columns: [
    {id: 'time', title: 'TIME', width: 12, priority: 1, text: timeOf},
    figure(['pid', 'PID', 8, 0], ({event}) => event.pid, String),
    figure(['tid', 'THREAD', 8, 6], ({event}) => event.tid, String),
    figure(['uid', 'UID', 6, 5], ({event}) => event.uid, String),
    figure(['cpu', 'CPU', 3, 4], ({event}) => event.cpu, String),
    label(['comm', 'COMMAND', 15, 0], ({event}) => event.process_name),
    label(['function', 'FUNCTION', 18, 3], ({event}) => event.function),
    label(['message', 'MESSAGE', 24, 0], ({event}) => event.message, {grow: true}),
  ],
  pid: ({event}) => event.pid,
  subject: ({event}) => ({
    pid: event.pid,
    comm: event.process_name,
    text: `${event.process_name} ${event.function} ${event.message}`,
  }),
  empty: () => (traces.shown ? 'none so far' : 'no trace is selected'),
  note: () => (traces.shown ? remark(traces.shown.result) : ''),
});

/** What isn't in the list. */
function remark({stats}: TraceResult): string {
  const more = stats.total_events - stats.kept_events;
  return more > 0 && stats.kept_events > 0 ? `${count(more)} more counted, not kept` : '';
}
