import type {State} from '../../types/state.ts';
import type {ProcessRow, Sample} from '../../types/stream.ts';
import {rate} from '../../util/format.ts';
import type {ListPane, View} from '../panes/pane.ts';
import {starts} from './starts.ts';

/** A process and over how many seconds its figures were counted. */
interface Row {
  process: ProcessRow;
  seconds: number;
}

const ofSample = new WeakMap<Sample, Row[]>();

function rowsOf({sample}: State): readonly Row[] {
  if (!sample?.processes || sample.interval_ms <= 0) return [];
  let rows = ofSample.get(sample);
  if (!rows) {
    const seconds = sample.interval_ms / 1000;
    rows = sample.processes.map((process) => ({process, seconds}));
    ofSample.set(sample, rows);
  }
  return rows;
}

function emptyOf({probes, sample}: State): string {
  const faults = probes.find(({id}) => id === 'faults');
  if (!faults) return 'page faults were not counted here';
  if (faults.state !== 'attached' && faults.state !== 'degraded') return `the faults probe is ${faults.state}`;
  return sample ? 'no process had page faults since the last sample' : 'no sample yet';
}

const perSecond = (n: number | undefined, seconds: number): number | undefined =>
  n === undefined ? undefined : n / seconds;
const shown = (perS: number | undefined): string => (perS === undefined ? '-' : rate(perS));
const major = ({process, seconds}: Row) => perSecond(process.major_faults, seconds);
const minor = ({process, seconds}: Row) => perSecond(process.minor_faults, seconds);

const list: ListPane<Row> = {
  kind: 'list',
  id: 'processes',
  title: 'Processes with page faults',
  rows: rowsOf,
  key: ({process}) => String(process.pid),
  columns: [
    {
      id: 'pid',
      title: 'PID',
      width: 8,
      align: 'right',
      priority: 0,
      text: ({process}) => String(process.pid),
      value: ({process}) => process.pid,
    },
    {
      id: 'minor',
      title: 'MINOR FAULTS',
      width: 13,
      align: 'right',
      priority: 0,
      text: (row) => shown(minor(row)),
      value: minor,
    },
    {
      id: 'major',
      title: 'MAJOR FAULTS',
      width: 13,
      align: 'right',
      priority: 0,
      text: (row) => shown(major(row)),
      token: (row) => ((major(row) ?? 0) > 0 ? 'heat.warning' : 'text'),
      value: major,
    },
    {
      id: 'comm',
      title: 'COMMAND',
      width: 16,
      grow: true,
      priority: 0,
      text: ({process}) => process.comm,
      value: ({process}) => process.comm,
    },
  ],
  sort: {column: 'minor', descending: true},
  pid: ({process}) => process.pid,
  subject: ({process: {pid, comm}}) => ({pid, comm, text: `${pid} ${comm}`}),
  empty: emptyOf,
  note: () => 'CPU time, waits and memory by process come with a later version',
};

/** The processes that had page faults, so far (other figures by process come later); starts and ends of others. */
export const processes: View = {
  id: 'processes',
  title: 'Processes',
  places: [
    {pane: list, weight: 1, min: 4},
    {pane: starts, weight: 1, min: 4},
  ],
};
