import type {ProcessRow, TaskState} from '../../types/stream.ts';
import {containerLabel} from '../../util/container-label.ts';
import {bytes, compact, count, duration, percent} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import type {Column, ListPane, View} from '../panes/pane.ts';
import {whyNothing} from '../panes/shared.ts';
import type {Token} from '../theme.ts';
import {byContainer} from './by-container.ts';
import {processRows, type Row} from './process-row.ts';
import {starts} from './starts.ts';

/** The letters of ps and top. */
const LETTERS: Readonly<Record<TaskState, string>> = {
  running: 'R',
  sleeping: 'S',
  uninterruptible: 'D',
  stopped: 'T',
  traced: 't',
  dead: 'X',
  zombie: 'Z',
  parked: 'P',
  idle: 'I',
};

type Figure = {[K in keyof ProcessRow]-?: ProcessRow[K] extends number | undefined ? K : never}[keyof ProcessRow];

const perSecond =
  (of: Figure, scale = 1) =>
  ({process, seconds}: Row): number | undefined => {
    const value = process[of];
    return value === undefined ? undefined : (value * scale) / seconds;
  };

/** Percent of one CPU's time, as top has it. */
const cpuPct = perSecond('cpu_time_ms', 0.1);
/** Percent of the time, summed over its threads, that it was ready to run and another one ran. */
const delayPct = perSecond('run_delay_ms', 0.1);
const waitingUs = ({process: {waiting_ms: ms}}: Row) => (ms === undefined ? undefined : ms * 1000);
const growth = ({process}: Row) => process.rss_growth_bytes_per_s;
/** A cut figure would read as another one: of a share that small its size is of no matter. */
const share = (pct: number): string => (pct > 0 && pct < 0.1 ? '<0.1%' : percent(pct));
const signed = (value: number): string => `${value > 0 ? '+' : ''}${bytes(value)}`;

/** Waiting for a CPU as long as it runs is much. */
const heat =
  (of: (row: Row) => number | undefined, warn: number, crit: number) =>
  (row: Row): Token => {
    const value = of(row) ?? 0;
    return value >= crit ? 'heat.critical' : value >= warn ? 'heat.warning' : 'text';
  };

const columns: readonly Column<Row>[] = [
  figure(['pid', 'PID', 8, 0], ({process}) => process.pid, String),
  figure(['uid', 'UID', 6, 8], ({process}) => process.uid, String),
  label(['state', 'S', 1, 1], ({process}) => process.state && LETTERS[process.state]),
  figure(['cpu', 'CPU', 6, 0], cpuPct, share),
  figure(['delay', 'RUNQ', 6, 0], delayPct, share, {token: heat(delayPct, 50, 200)}),
  figure(['waiting', 'WAITING', 8, 3], waitingUs, duration, {token: heat(waitingUs, 100_000, 1_000_000)}),
  figure(['voluntary', 'VOL/S', 6, 5], perSecond('voluntary_switches'), compact),
  figure(['involuntary', 'INV/S', 6, 5], perSecond('involuntary_switches'), compact),
  figure(['wakeups', 'WAKE/S', 6, 9], perSecond('wakeups'), compact),
  figure(['slice', 'SLICE', 7, 6], ({process}) => process.avg_timeslice_us, duration),
  figure(['rss', 'RSS', 8, 1], ({process}) => process.rss_bytes, bytes),
  figure(['growth', 'GROWTH/S', 9, 4], growth, signed, {token: heat(growth, 1 << 20, 64 << 20)}),
  figure(['minor', 'MINFL/S', 7, 2], perSecond('minor_faults'), compact),
  figure(['major', 'MAJFL/S', 7, 2], perSecond('major_faults'), compact, {
    token: (row) => ((row.process.major_faults ?? 0) > 0 ? 'heat.warning' : 'text'),
  }),
  figure(['threads', 'THR', 5, 3], ({process}) => process.threads, count),
  label(['container', 'CONTAINER', 14, 7], ({process: {container}}) => container && containerLabel(container)),
  label(['comm', 'COMMAND', 16, 0], ({process}) => process.comm, {grow: true}),
];

/** The process table. */
export const processList: ListPane<Row> = {
  kind: 'list',
  id: 'processes',
  title: 'Processes',
  rows: processRows,
  key: ({process, heading}) => heading?.key ?? String(process.pid),
  tree: {column: 'comm', parent: ({process}) => (process.ppid === undefined ? undefined : String(process.ppid))},
  columns,
  groups: byContainer(columns),
  sort: {column: 'cpu', descending: true},
  pid: ({process}) => process.pid,
  subject: ({process: {pid, comm, container}}) => ({pid, comm, container, text: `${pid} ${comm}`}),
  empty: (state) => whyNothing(state, 'tasks', 'figures come with the next sample'),
  note: () => 'percent of one CPU; RUNQ: ready, but another ran; WAITING: so long now',
};

/** Every process, with what the kernel accounted to it in the last interval; starts and ends. */
export const processes: View = {
  id: 'processes',
  title: 'Processes',
  places: [
    {pane: processList, weight: 2, min: 4},
    {pane: starts, weight: 1, min: 4},
  ],
};
