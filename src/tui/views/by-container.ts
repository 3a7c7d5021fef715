import {nameOfContainer} from '../../model/restarts.ts';
import type {ProcessRow} from '../../types/stream.ts';
import {count} from '../../util/format.ts';
import type {Column, Grouping} from '../panes/pane.ts';
import type {Row} from './process-row.ts';

/** What can be summed up of processes. */
const SUMS = [
  'context_switches',
  'voluntary_switches',
  'involuntary_switches',
  'wakeups',
  'cpu_time_ms',
  'run_delay_ms',
  'minor_faults',
  'major_faults',
  'rss_bytes',
  'rss_growth_bytes_per_s',
  'threads',
] as const;

/** Columns that mean nothing of several processes. */
const OF_ONE = ['pid', 'uid', 'state', 'slice'];

/** What is known of them, undefined where nothing is. */
function known(rows: readonly Row[], of: keyof ProcessRow): number[] {
  return rows.map(({process}) => (process as ProcessRow)[of]).filter((value) => typeof value === 'number');
}

/** Sums of the processes, and the longest of their waits that still last. */
function summedUp(rows: readonly Row[]): Partial<ProcessRow> {
  const sums: Partial<ProcessRow> = {};
  for (const of of SUMS) {
    const values = known(rows, of);
    if (values.length > 0) sums[of] = values.reduce((sum, value) => sum + value, 0);
  }
  const waits = known(rows, 'waiting_ms');
  if (waits.length > 0) sums.waiting_ms = Math.max(...waits);
  return sums;
}

/** Containers have their id, whatever it is; all that is in none stands together. */
const keyOf = ({process: {container}}: Row): string => (container ? `container ${container.id}` : 'host');

function headingOf(rows: readonly Row[]): Row {
  const [first] = rows as readonly [Row, ...Row[]];
  const {process, seconds, inContainer} = first;
  const {time_bucket, container} = process;
  const comm = container ? nameOfContainer(container) : 'host';
  return {
    process: {time_bucket, comm, ...summedUp(rows), ...(container && {container})},
    seconds,
    inContainer,
    heading: {key: keyOf(first), processes: rows.length},
  };
}

/** `3`, or `3 of 12` where a sample or the filter leaves some out. */
function processes({heading, inContainer = 0}: Row): string {
  if (!heading) return '';
  const {processes: n} = heading;
  return inContainer > n ? `${count(n)} of ${count(inContainer)}` : count(n);
}

const PROCESSES: Column<Row> = {
  id: 'processes',
  title: 'PROCS',
  width: 9,
  align: 'right',
  priority: 2,
  text: processes,
  value: ({heading}) => heading?.processes,
};

/** Processes below their containers. The headings' figures are the sums of what stands below, folded or not. */
export function byContainer(columns: readonly Column<Row>[]): Grouping<Row> {
  const kept = columns
    .filter(({id}) => id !== 'container')
    .map((column) => (OF_ONE.includes(column.id) ? ofOne(column) : column));
  const last = kept.findIndex(({id}) => id === 'threads');
  return {
    of: keyOf,
    heading: headingOf,
    // Of whom there are most is not what this was asked for.
    isRest: ({process}) => process.container === undefined,
    columns: kept.toSpliced(last, 0, PROCESSES),
    column: 'comm',
  };
}

/** Empty in headings: unknown it is not. */
function ofOne(column: Column<Row>): Column<Row> {
  return {...column, text: (row) => (row.heading ? '' : column.text(row))};
}
