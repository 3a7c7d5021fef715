import type {State} from '../types/state.ts';
import type {BlamedProcess, BlameSum, FocusSyscall, ProcessSums, Summary, SyscallSum} from '../types/stream.ts';
import {bytes, compact, count, duration} from '../util/format.ts';
import {visibleUpTo} from '../util/sanitize.ts';
import {columns} from './table.ts';

interface Column<Row> {
  head: string;
  /** Undefined where it isn't known. */
  cell: (row: Row) => string | undefined;
  right?: boolean;
  /** Left out where no row has anything in it. */
  spare?: boolean;
}

const MAX_NAME = 24;
const NOTHING: readonly (string | undefined)[] = [undefined, '0', '0B'];

/** The kernel's names of tasks have at most 15 characters; a recording's may be longer. */
const name = (text: string) => visibleUpTo(text, MAX_NAME);
const task = ({pid, comm}: BlamedProcess) => (pid === undefined ? name(comm) : `${name(comm)}[${pid}]`);
const containerOf = ({container}: BlamedProcess) => container && name(container.name ?? container.id);
const known = <T>(value: T | undefined, text: (value: T) => string) => (value === undefined ? undefined : text(value));
const millis = (value: number) => duration(value * 1000);
const signed = (value: number) => `${value > 0 ? '+' : ''}${bytes(value)}`;

/** A heading and a table; nothing without rows. */
function table<Row>(heading: string, all: readonly Column<Row>[], rows: readonly Row[] = []): string[] {
  if (rows.length === 0) return [];
  const shown = all.filter(({spare, cell}) => !spare || rows.some((row) => !NOTHING.includes(cell(row))));
  const right = new Set(shown.flatMap((column, i) => (column.right ? [i] : [])));
  const cells = rows.map((row) => shown.map(({cell}) => cell(row) ?? '-'));
  return [heading, ...columns([shown.map(({head}) => head), ...cells], right), ''];
}

const PROCESSES: readonly Column<ProcessSums>[] = [
  {head: 'PID', cell: ({pid}) => String(pid), right: true},
  {head: 'COMMAND', cell: ({comm}) => name(comm)},
  {head: 'CPU', cell: (row) => known(row.cpu_time_ms, millis), right: true},
  {head: 'RUNQ', cell: (row) => known(row.run_delay_ms, millis), right: true},
  {head: 'MAXWAIT', cell: (row) => known(row.longest_wait_ms, millis), right: true, spare: true},
  {head: 'VOL', cell: (row) => known(row.voluntary_switches, compact), right: true},
  {head: 'INVOL', cell: (row) => known(row.involuntary_switches, compact), right: true},
  {head: 'MAJFL', cell: (row) => known(row.major_faults, compact), right: true, spare: true},
  {head: 'RSS', cell: (row) => known(row.rss_bytes, bytes), right: true, spare: true},
  {head: 'GROWTH', cell: (row) => known(row.rss_growth_bytes, signed), right: true, spare: true},
];

const BLAME: readonly Column<BlameSum>[] = [
  {head: 'WAITED', cell: ({victim}) => task(victim)},
  {head: 'FOR A', cell: ({subsystem}) => (subsystem === 'block' ? 'disk' : 'CPU')},
  {head: 'TIME', cell: ({wait_ms}) => millis(wait_ms), right: true},
  {head: 'WAITS', cell: ({waits}) => count(waits), right: true},
  {head: 'WORST', cell: ({worst_ms}) => millis(worst_ms), right: true},
  {head: 'BECAUSE OF', cell: ({culprit}) => task(culprit)},
  {head: 'ITS CONTAINER', cell: ({victim}) => containerOf(victim), spare: true},
  {head: 'OF CONTAINER', cell: ({culprit}) => containerOf(culprit), spare: true},
];

const SYSCALLS: readonly Column<SyscallSum>[] = [
  {head: 'CALL', cell: ({syscall_name}) => name(syscall_name)},
  {head: 'CALLS', cell: ({calls}) => count(calls), right: true},
  {head: 'FAILED', cell: ({failed}) => count(failed), right: true},
  {head: 'TOTAL', cell: ({total_us}) => duration(total_us), right: true},
  {head: 'WORST', cell: ({max_us}) => duration(max_us), right: true},
  {head: 'OF', cell: ({worst_pid, worst_comm}) => ownerText(worst_pid, worst_comm)},
];

const CALLS: readonly Column<FocusSyscall>[] = [
  {head: 'CALL', cell: ({syscall_name}) => name(syscall_name)},
  {head: 'CALLS', cell: ({count: n}) => count(n), right: true},
  {head: 'TOTAL', cell: ({total_us}) => duration(total_us), right: true},
  {head: 'MEAN', cell: ({count: n, total_us}) => (n > 0 ? duration(total_us / n) : undefined), right: true},
  {head: 'WORST', cell: ({max_us}) => known(max_us, duration), right: true},
];
/** Rows of the table of calls. */
const MAX_CALLS = 10;

function ownerText(pid: number | undefined, comm: string | undefined): string | undefined {
  return pid === undefined && comm === undefined ? undefined : `${name(comm ?? '-')}[${pid ?? '-'}]`;
}

/** The calls of the cgroup that was watched alone, those that took longest in all; nothing where none was. */
export function callTable({syscalls = []}: State): string[] {
  const most = [...syscalls].sort((a, b) => b.total_us - a.total_us).slice(0, MAX_CALLS);
  return table('SYSTEM CALLS OF THE CGROUP (that took longest in all, waits too)', CALLS, most);
}

/** The tables of the summary that speak of processes, each with an empty line after it; only those that have rows. */
export function processTables({processes, blame, syscalls}: Summary): string[] {
  return [
    ...table('PROCESSES (over the run, while among the busiest of a sample: --top)', PROCESSES, processes),
    ...table('WHO WAITED BECAUSE OF WHOM (reported waits)', BLAME, blame),
    ...table('SLOW SYSTEM CALLS (reported ones, and whose the worst was)', SYSCALLS, syscalls),
  ];
}
