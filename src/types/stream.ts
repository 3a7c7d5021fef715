/**
 * The JSON stream (schema 1): every object that kstop writes, records and replays, one a line.
 * The same objects travel through memory as Frames (see frame.ts), so a recording is the live data written down.
 * Units stand in the names (`_us`, `_ns`, `_ms`, `_s`, `_bytes`, `_pct`). An absent field is unknown, never 0.
 */

import type {
  ContainerRef,
  Histogram,
  LatencySubsystem,
  Overall,
  ProbeStateName,
  Psi,
  Stamp,
  Status,
  SubsystemName,
} from './common.ts';
import type {KernelEvent} from './events.ts';
import type {Focus, FocusSyscall} from './focus.ts';
import type {Blame, ContainerRow, LeakRow, PredictionRow, ProcessRow, RequestInFlight} from './rows.ts';
import type {TraceAnswer, TraceOutcome} from './trace.ts';

export * from './common.ts';
export * from './events.ts';
export type * from './focus.ts';
export type * from './rows.ts';

/** The schema that this program writes. A recording with a higher number is refused. */
export const SCHEMA = 1;

/**
 * One probe as header and probe objects carry it.
 * `method` is how it is attached; `reason` says why it is unavailable, or what a lesser method loses.
 */
export interface ProbeInfo {
  id: string;
  subsystem: SubsystemName;
  state: ProbeStateName;
  method?: string;
  reason?: string;
  warn_us?: number;
  crit_us?: number;
}

/**
 * Warning and critical thresholds in microseconds, by subsystem. Recordings of older versions, and versions without a
 * subsystem's probe, lack its two.
 */
export type Thresholds = {
  [key in `${LatencySubsystem}_${'warn' | 'crit'}_us`]?: number;
};

export interface Filter {
  pid?: number;
  comm?: string;
  cgroup?: string;
  /** What `cgroup` is of, where a container was asked for. */
  container?: ContainerRef;
}

export interface Header extends Stamp {
  kind: 'header';
  schema: number;
  kstop: string;
  host: {
    name: string;
    kernel: string;
    arch: string;
    cpus: number;
    boot_id: string;
    /** CPU lists as the kernel writes them (`2-5,7`): isolcpus and nohz_full. Absent when there are none or unknown. */
    isolated_cpus?: string;
    nohz_full_cpus?: string;
  };
  interval_s: number;
  filter?: Filter;
  thresholds: Thresholds;
  probes: ProbeInfo[];
}

/** Cumulative since start, from the kernel's own counts, not from delivered events. */
export interface Counter {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface SubsystemSample {
  status: Status;
  /** Events since the last sample, by the kernel's count. */
  events: number;
  rate_per_s: number;
  p50_us?: number;
  p99_us?: number;
  max_us?: number;
}

/** Per probe since start: `held` by the rate limit, `lost` to a full buffer, `missed` because the kernel skipped the program. */
export interface Loss {
  held: number;
  lost: number;
  missed: number;
}

export interface Sample extends Stamp {
  kind: 'sample';
  interval_ms: number;
  host: {
    load1?: number;
    load5?: number;
    load15?: number;
    uptime_s?: number;
    cpu_pct?: number;
    /** CPU time that a hypervisor gave to others, percent of all CPUs' time (/proc/stat: steal). */
    steal_pct?: number;
    mem_available_bytes?: number;
    swap_free_bytes?: number;
  };
  subsystems: Partial<Record<SubsystemName, SubsystemSample>>;
  histograms: Histogram[];
  counters: Counter[];
  /** The busiest ones of the interval: so far by page faults, those that had some. */
  processes?: ProcessRow[];
  /** The busiest ones of the interval, where there are any. */
  containers?: ContainerRow[];
  /** The nearest first; absent while nothing is foretold. */
  predictions?: PredictionRow[];
  /** The quickest first; absent while nothing looks like a leak. */
  leaks?: LeakRow[];
  /** The longest first. */
  in_flight?: RequestInFlight[];
  /** Who waited because of whom, the longest first. */
  blame?: Blame[];
  /** While a process is looked into. */
  focus?: Focus;
  /** With --cgroup and the probe `syscall`, while none is: the calls of the cgroup, those that sleep by design too. */
  syscalls?: FocusSyscall[];
  pressure?: {cpu?: Psi; memory?: Psi; io?: Psi};
  /**
   * kernel_cpu_pct: the probes' estimated cost, percent of all CPUs' time, with that of measuring and reading them: what
   * --max-overhead limits. nice: the level that kstop gave itself because it came late, while it has it.
   */
  self: {cpu_pct?: number; rss_bytes?: number; kernel_cpu_pct?: number; map_bytes?: number; nice?: number};
  loss: Record<string, Loss>;
  accuracy?: {sched?: {cut_by_migration_pct?: number}};
}

export interface ProbeChange extends Stamp {
  kind: 'probe';
  id: string;
  state: ProbeStateName;
  method?: string;
  reason?: string;
  warn_us?: number;
  crit_us?: number;
}

export interface ErrorObject extends Stamp {
  kind: 'error';
  what: string;
  why: string;
  remedy?: string;
}

export interface SubsystemSummary {
  status: Status;
  /** The worst status at any time of the run. */
  worst_status: Status;
  events: number;
  p50_us?: number;
  p99_us?: number;
  max_us?: number;
}

/**
 * What one process had over the run, as far as samples carry it: of the intervals in which it was among the busiest. A figure
 * that is absent is unknown.
 */
export interface ProcessSums {
  pid: number;
  comm: string;
  cpu_time_ms?: number;
  run_delay_ms?: number;
  voluntary_switches?: number;
  involuntary_switches?: number;
  major_faults?: number;
  /** The longest that it was seen to be waiting, for a CPU or uninterruptibly. */
  longest_wait_ms?: number;
  /** As last seen, and what it is more than when first seen (less: negative). */
  rss_bytes?: number;
  rss_growth_bytes?: number;
}

/** What one process waited because of another over the run: `wait_ms` in `waits` reported waits, at most `worst_ms` in one. */
export interface BlameSum extends Blame {
  waits: number;
  worst_ms: number;
}

/** The reported calls of one system call over the run, without those that sleep by design. The owner is that of the longest. */
export interface SyscallSum {
  syscall_name: string;
  calls: number;
  failed: number;
  total_us: number;
  max_us: number;
  worst_pid?: number;
  worst_comm?: string;
}

export interface Summary extends Stamp {
  kind: 'summary';
  duration_s: number;
  overall: Overall;
  subsystems: Partial<Record<SubsystemName, SubsystemSummary>>;
  loss: Record<string, Loss>;
  /** The busiest processes of the run, who waited longest because of whom, the slowest system calls: ten of each at most. */
  processes?: ProcessSums[];
  blame?: BlameSum[];
  syscalls?: SyscallSum[];
  findings: string[];
  recommendations: string[];
}

/** The result of an ad-hoc trace. */
export interface TraceEnded extends Stamp, TraceOutcome {
  kind: 'trace';
}

/** All that became of one diagnostic request. */
export interface TraceAnswered extends Stamp, TraceAnswer {
  kind: 'trace';
}

export type TraceObject = TraceEnded | TraceAnswered;

export type StreamObject = Header | KernelEvent | Sample | ProbeChange | TraceObject | ErrorObject | Summary;
