import {readFileSync} from 'node:fs';
import {busiest, byCgroup, type CgroupTasks, type ProcessEntry} from '../../native/processes.ts';
import type {ProbeCounts} from '../../native/snapshot.ts';
import type {ContainerRef, ProcessRow} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** So many rows get their resident memory from /proc, where newer kernels sum up what each CPU keeps apart. */
const EXACT_ROWS = 100;

export interface TasksOptions {
  /** Rows of a sample. */
  top: number;
  /** How often a process was woken up in the interval, where that is known. */
  wakeups?(pid: number): number | undefined;
  /** Do process numbers here mean what they mean in /proc? */
  sameNumbers: boolean;
  /** The container that a cgroup of the unified hierarchy belongs to. */
  container?(cgroup: bigint): ContainerRef | undefined;
  /** Takes what each cgroup's processes had; undefined: there was no pass. */
  cgroups?(tasks: CgroupTasks[] | undefined): void;
}

/** The process table: the busiest processes of the interval, from what the kernel accounts to every task anyway. */
export class TasksReader implements ProbeReader {
  private begun = false;

  constructor(private readonly options: TasksOptions) {}

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const {processes, all} = busiest(view, this.options.top);
    if (into.intervalMs > 0) this.options.cgroups?.(byCgroup(view));
    const {begun} = this;
    // A pass that brought nothing was none: the probe is off.
    this.begun = all > 0;
    if (!begun || into.intervalMs <= 0) return;
    const seconds = into.intervalMs / 1000;
    for (const [i, entry] of processes.entries()) into.processes.push(this.row(entry, seconds, i < EXACT_ROWS));
  }

  private row(entry: ProcessEntry, seconds: number, exact: boolean): Omit<ProcessRow, 'time_bucket'> {
    const {pid, ppid, uid, cgroup, comm, threads, state, waitingNs, rssGrowthBytes} = entry;
    const container = this.options.container?.(cgroup);
    const wakeups = this.options.wakeups?.(pid);
    const pages = exact && this.options.sameNumbers ? residentPages(pid) : undefined;
    const rss = pages === undefined ? entry.rssBytes : pages * entry.pageBytes;
    return {
      pid,
      ppid,
      comm,
      uid,
      ...(entry.known && intervalFigures(entry)),
      ...(wakeups !== undefined && {wakeups}),
      ...(waitingNs > 0 && {waiting_ms: round(waitingNs / 1e6, 3)}),
      ...(rss > 0 && {
        rss_bytes: rss,
        ...(entry.known && {rss_growth_bytes_per_s: Math.round(rssGrowthBytes / seconds)}),
      }),
      threads,
      state,
      ...(container && {container}),
    };
  }
}

function intervalFigures({voluntary, involuntary, cpuNs, delayNs, minor, major}: ProcessEntry): Partial<ProcessRow> {
  const switches = voluntary + involuntary;
  return {
    context_switches: switches,
    voluntary_switches: voluntary,
    involuntary_switches: involuntary,
    cpu_time_ms: round(cpuNs / 1e6, 3),
    ...(switches > 0 && {avg_timeslice_us: round(cpuNs / 1000 / switches, 3)}),
    run_delay_ms: round(delayNs / 1e6, 3),
    minor_faults: minor,
    major_faults: major,
  };
}

/** Undefined when it is gone or can't be read. */
function residentPages(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return Number.isSafeInteger(pages) ? pages : undefined;
  } catch {
    return undefined;
  }
}
