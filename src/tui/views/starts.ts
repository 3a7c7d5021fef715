import type {ProcessExecEvent, ProcessExitEvent} from '../../types/stream.ts';
import {bytes, duration} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import type {ListPane} from '../panes/pane.ts';
import {perSample, whyNothing} from '../panes/shared.ts';
import type {Token} from '../theme.ts';
import {clockOf} from './clock.ts';

export type Row = ProcessExecEvent | ProcessExitEvent;

const exit = (row: Row): ProcessExitEvent | undefined => (row.type === 'PROCESS_EXIT' ? row : undefined);
const exec = (row: Row): ProcessExecEvent | undefined => (row.type === 'PROCESS_EXEC' ? row : undefined);

/** `starts`, `exit 3`, `SIGSEGV core`. */
function whatOf(row: Row): string {
  const ended = exit(row);
  if (!ended) return 'starts';
  if (ended.signal === undefined) return `exit ${ended.exit_code}`;
  return `${ended.signal_name ?? `signal ${ended.signal}`}${ended.core ? ' core' : ''}`;
}

function tokenOf(row: Row): Token {
  if (row.severity !== 'info') return 'heat.warning';
  return row.type === 'PROCESS_EXIT' ? 'text' : 'dim';
}

const micros = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1000);

/** Newest first. */
const rows = perSample(({detail}): Row[] => [...detail.starts].reverse());

/** Programs that are run, and how processes end. */
export const starts: ListPane<Row> = {
  kind: 'list',
  id: 'starts',
  subsystem: 'process',
  title: 'Starts and exits',
  note: () => 'newest first',
  rows,
  key: ({mono_ns, pid, type}) => `${mono_ns} ${pid} ${type}`,
  columns: [
    label(['time', 'TIME', 9, 1], ({time}) => clockOf(time)),
    figure(['pid', 'PID', 8, 0], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 0], ({comm}) => comm),
    label(['what', 'WHAT', 12, 0], whatOf, {token: tokenOf}),
    figure(['lifetime', 'LIVED', 8, 1], (row) => micros(exit(row)?.lifetime_ms), duration),
    figure(['cpu', 'CPU TIME', 8, 2], (row) => micros(exit(row)?.cpu_time_ms), duration),
    figure(['memory', 'PEAK MEM', 8, 3], (row) => exit(row)?.max_rss_bytes, bytes),
    figure(['parent', 'PARENT', 8, 3], ({ppid}) => ppid, String),
    label(['file', 'FILE', 16, 2], (row) => exec(row)?.args ?? exec(row)?.filename, {grow: true}),
  ],
  pid: ({pid}) => pid,
  subject: (row) => ({
    pid: row.pid,
    comm: row.comm,
    type: row.type,
    severity: row.severity,
    container: row.container,
    cgroup: row.cgroup,
    text: exec(row)?.args ?? exec(row)?.filename ?? whatOf(row),
  }),
  empty: (state) => whyNothing(state, 'process', 'no program was run and none ended'),
};
