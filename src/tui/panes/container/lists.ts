import type {State} from '../../../types/state.ts';
import type {KernelEvent} from '../../../types/stream.ts';
import {eventSubject} from '../../filter/subject.ts';
import {COMMAND, details, keyOf, PID, TIME, TYPE} from '../event-columns.ts';
import type {ListPane} from '../pane.ts';
import type {ItsEvents} from '../pid/its-events.ts';

type Rows<Row> = (state: State) => readonly Row[];

/** Those of another list's rows that are of one container: the same array as long as that one has the same. */
export function onlyThose<Row, Kept extends Row>(rows: Rows<Row>, wanted: (row: Row) => row is Kept): Rows<Kept>;
export function onlyThose<Row>(rows: Rows<Row>, wanted: (row: Row) => boolean): Rows<Row>;
export function onlyThose<Row>(rows: Rows<Row>, wanted: (row: Row) => boolean): Rows<Row> {
  let from: readonly Row[] | undefined;
  let kept: readonly Row[] = [];
  return (state) => {
    const all = rows(state);
    if (all !== from) {
      from = all;
      kept = all.filter(wanted);
    }
    return kept;
  };
}

/** The events of a container's processes, newest first. Enter looks into their process. */
export function containerEvents(find: (state: State) => ItsEvents): ListPane<KernelEvent> {
  return {
    kind: 'list',
    id: 'container-events',
    title: 'Its events',
    rows: (state) => find(state).own,
    key: keyOf,
    columns: [TIME, TYPE, PID, COMMAND, details(['container'])],
    pid: ({pid}) => pid,
    subject: eventSubject,
    empty: ({events}) => (events.length > 0 ? 'none of the events kept is its own' : 'no events'),
    note: () => 'newest first',
  };
}
