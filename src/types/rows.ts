/**
 * Rows of a sample: processes, containers, predictions, requests in flight and blame.
 */

import type {BlockOp, ContainerRef, Owner, Psi, SubsystemName, TaskState} from './common.ts';
import type {OutOfMemory, ProcessExitEvent} from './events.ts';

/** One process over the interval. Figures that are absent are unknown; those of its time are absent in its first sample. */
export interface ProcessRow {
  /** The interval's end, seconds since 1970. */
  time_bucket: number;
  pid: number;
  ppid?: number;
  comm: string;
  uid?: number;
  context_switches?: number;
  voluntary_switches?: number;
  involuntary_switches?: number;
  /** Only while the probe `wakeups` is on. */
  wakeups?: number;
  cpu_time_ms?: number;
  /** CPU time by task switch; absent without one. */
  avg_timeslice_us?: number;
  /** Waits for a CPU that ended in the interval; those of threads that ended in it are not kept. */
  run_delay_ms?: number;
  /** How long the longest waiting of its threads has waited, for a CPU or uninterruptibly, and still does. */
  waiting_ms?: number;
  minor_faults?: number;
  major_faults?: number;
  /** Absent for a process without memory of its own: of the kernel, or a zombie. */
  rss_bytes?: number;
  rss_growth_bytes_per_s?: number;
  threads?: number;
  state?: TaskState;
  container?: ContainerRef;
}

/** How a main process of a container ended. */
export type ContainerEnd = Pick<ProcessExitEvent, 'exit_code' | 'signal' | 'signal_name' | 'core' | 'comm'>;
/** Processes that ended in one way. */
export type ContainerEnds = Pick<ProcessExitEvent, 'exit_code' | 'signal' | 'signal_name'> & {count: number};

/** A container by the files of its cgroup. Of the interval; limit hits and OOM kills since it was made. */
export interface ContainerRow {
  /** Seconds since 1970. */
  time_bucket: number;
  container: ContainerRef;
  cgroup: string;
  /** Of the interval, as `throttled_ms`, `throttled_periods`, `run_delay_ms`, `memory_events` and `exits` are. */
  cpu_time_ms?: number;
  /** How long those of its threads that live were ready to run and others ran. */
  run_delay_ms?: number;
  processes?: number;
  threads?: number;
  /** How long and in how many periods cpu.max held its tasks back. */
  throttled_ms?: number;
  throttled_periods?: number;
  memory_usage_bytes?: number;
  /** Without the inactive page cache. */
  working_set_bytes?: number;
  /** The least of its cgroup and those above it; absent where there is none. */
  limit_bytes?: number;
  /** Working set as a share of the limit. */
  utilization_pct?: number;
  /** Anonymous memory. */
  rss_bytes?: number;
  /** How often its memory met the limit. */
  limit_hits?: number;
  oom_kills?: number;
  /** How often its memory passed memory.high, met its limit, found no memory below it, and how many processes were killed. */
  memory_events?: {high?: number; max?: number; oom?: number; oom_kill?: number};
  /** Its processes that ended, as far as their ends were delivered; absent where none did. */
  exits?: ContainerEnds[];
  /**
   * How often its main process began again after an end since kstop runs, under another id too where it has a name. Absent where none
   * can be told (a shared PID namespace, no cgroup of version 2).
   */
  restarts?: number;
  /** How its main process ended last. */
  last_exit?: ContainerEnd;
  /** Of the unified hierarchy's cgroup of that path. */
  pressure?: {cpu?: Psi; memory?: Psi; io?: Psi};
}

/** The same as of a sample, whether it is near enough to be an event or not. */
export interface PredictionRow extends OutOfMemory {
  pid?: number;
  comm?: string;
  container?: ContainerRef;
}

/** Memory that the kernel can't take back, of a scope or of a process, which has only grown for ten minutes or longer. */
export interface LeakRow {
  /** `host`, or the path of a cgroup with a limit; absent where it is a process. */
  scope?: string;
  pid?: number;
  comm?: string;
  container?: ContainerRef;
  growth_bytes_per_s: number;
  /** Since when, to about a minute. */
  growing_s: number;
  grown_bytes: number;
}

/** A request that has been in flight for longer than the threshold, and still is. */
export interface RequestInFlight extends Owner {
  /** `8:16` (major and minor number) where it has no name. */
  device: string;
  op: BlockOp;
  size_bytes: number;
  /** Since it was made. */
  waiting_ms: number;
  /** Since the disk has it; absent when it hasn't, or nobody knows. */
  device_ms?: number;
  owner?: 'task' | 'writeback';
}

/** A process, as blame names it; without a number where it is the kernel's writeback. */
export interface BlamedProcess {
  pid?: number;
  comm: string;
  container?: ContainerRef;
}

/** How long one process waited because of another: the sum over the interval's reported events. */
export interface Blame {
  subsystem: SubsystemName;
  victim: BlamedProcess;
  culprit: BlamedProcess;
  wait_ms: number;
}
