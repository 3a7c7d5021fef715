/**
 * What a sample carries of the process that the user looks into.
 */

import type {ContainerRef, Histogram, TaskState} from './common.ts';

/** The calls of one number that a process, or all of a cgroup, made. `syscall` is absent for all numbers that have no name together. */
export interface FocusSyscall {
  syscall?: number;
  syscall_name: string;
  count: number;
  total_us: number;
  /** The longest; absent where it is told with the next sample. */
  max_us?: number;
}

/** Pages that were asked for in one way. */
export interface PageStack {
  bytes: number;
  allocations: number;
  /** Kernel functions with offsets, innermost first; absent: unknown. */
  kernel?: string[];
  /** The program's own stack: `module+offset` in its file, or an address, innermost first; absent: unknown. */
  user?: string[];
}

/** The pages that the kernel gave to a process while they were counted. */
export interface FocusPages {
  /** Since it began. */
  duration_ms: number;
  /** Nothing more comes: its time is over, or somebody or something ended it. */
  ended?: true;
  /** Why it ended before its time, where nobody asked for that. */
  reason?: string;
  bytes: number;
  allocations: number;
  /** What of these had no room by its stacks, and how many stacks, which are unknown then, had none themselves. */
  lost_bytes: number;
  lost_allocations: number;
  lost_stacks: number;
  /** The largest first, fifty at most. */
  stacks: PageStack[];
}

/**
 * The process that the user looks into (drill-down), as of the sample. Its figures are of `interval_ms`, which may be
 * shorter than the sample's, and absent until there is something to compare with. Once it has `ended`, the rest is what
 * was seen last, without an interval's figures.
 */
export interface Focus {
  pid: number;
  comm: string;
  ended?: true;
  ppid?: number;
  uid?: number;
  user?: string;
  cgroup?: string;
  container?: ContainerRef;
  /** Only with --with-args. */
  args?: string[];
  kernel_thread?: true;
  threads?: number;
  /** Of its first thread. */
  state?: TaskState;
  /** RFC 3339, to a hundredth of a second. */
  started?: string;
  rss_bytes?: number;
  rss_peak_bytes?: number;
  swap_bytes?: number;
  virtual_bytes?: number;
  interval_ms?: number;
  /** Of its living threads; those that ended meanwhile by the process's clock ticks. */
  cpu_time_ms?: number;
  /** What its living threads waited for a CPU, how often they got one, and how they left it. */
  run_delay_ms?: number;
  timeslices?: number;
  voluntary_switches?: number;
  involuntary_switches?: number;
  minor_faults?: number;
  major_faults?: number;
  /** Through calls, whatever they read or wrote (pipes, sockets, cached files …). */
  read_bytes?: number;
  write_bytes?: number;
  read_calls?: number;
  write_calls?: number;
  /** What of it had to come from, or is to go to, storage. */
  storage_read_bytes?: number;
  storage_write_bytes?: number;
  /**
   * Distributions of its own since the last sample (`sched`, `syscall`, `block` and `vfs` by operation), from the first whole interval
   * on that somebody looked.
   */
  histograms?: Histogram[];
  /** With the probe `syscall`: the calls that it made, likewise, those that sleep by design too. */
  syscalls?: FocusSyscall[];
  /** With the probe `pages`, while it counts and once more when it has ended: where its pages came from since it began. */
  pages?: FocusPages;
}
