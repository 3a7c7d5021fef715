/**
 * The JSON stream (schema 1): every object that kstop writes, records and replays, one a line.
 * The same objects travel through memory as Frames (see frame.ts), so a recording is the live data written down.
 * Units stand in the names (`_us`, `_ns`, `_ms`, `_s`, `_bytes`, `_pct`). An absent field is unknown, never 0.
 */

import type {TraceAnswer, TraceOutcome} from './trace.ts';

/** The schema that this program writes. A recording with a higher number is refused. */
export const SCHEMA = 1;

/** Subsystems in the order in which every face shows them. */
export const SUBSYSTEMS = ['sched', 'block', 'vfs', 'memory', 'network', 'syscall', 'process', 'lockup'] as const;
export type SubsystemName = (typeof SUBSYSTEMS)[number];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A judgement over the last minute. UNKNOWN: no probe of the subsystem is attached. */
export const STATUSES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
export type Status = (typeof STATUSES)[number];

export const OVERALLS = ['HEALTHY', 'ELEVATED ACTIVITY', 'CRITICAL'] as const;
export type Overall = (typeof OVERALLS)[number];

export const PROBE_STATES = ['attached', 'degraded', 'off', 'paused', 'unavailable'] as const;
export type ProbeStateName = (typeof PROBE_STATES)[number];

/** `time` is RFC 3339 in UTC with nanoseconds; `mono_ns` is CLOCK_MONOTONIC as a decimal string (it can pass 2^53). */
export interface Stamp {
  time: string;
  mono_ns: string;
}

export interface ContainerRef {
  id: string;
  name?: string;
  image?: string;
  pod?: string;
  namespace?: string;
  pod_uid?: string;
  runtime?: string;
}

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

/** Subsystems with a latency distribution of their own name, thresholds and p99 rules. */
export const LATENCY_SUBSYSTEMS = ['sched', 'block', 'vfs', 'syscall'] as const;
export type LatencySubsystem = (typeof LATENCY_SUBSYSTEMS)[number];

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

/** Who waited, or who owns the request or socket: never the task that an interrupt happened to hit. */
export interface Owner {
  pid?: number;
  tid?: number;
  comm?: string;
  uid?: number;
  cgroup?: string;
  container?: ContainerRef;
}

interface EventBase extends Stamp, Owner {
  kind: 'event';
  subsystem: SubsystemName;
  severity: Severity;
  /** The CPU that the kernel reported it on; absent where it was none. */
  cpu?: number;
}

/** A process that ran on the waiter's CPU while it waited; its name is the one its thread had then (its threads' may differ). */
export interface Culprit {
  pid: number;
  comm: string;
  ran_us: number;
  container?: ContainerRef;
}

export interface SchedLatencyEvent extends EventBase {
  type: 'SCHED_LATENCY';
  latency_us: number;
  /** `throttled`: the wait was CFS bandwidth control (cpu.max), nobody's fault. */
  cause: 'queue' | 'throttled' | 'unknown';
  /** The part of the wait spent throttled, where there is one. */
  throttled_us?: number;
  /** Kernel priority: 0-99 real-time, 100-139 fair (120 is nice 0). */
  prio: number;
  prev_pid: number;
  prev_comm: string;
  /** Who ran meanwhile, longest first; nobody where the CPU was idle or the wait was throttled. */
  culprits?: Culprit[];
  /** What they ran, as a share of the wait; absent where nobody looked (throttled, or begun before the probe). */
  covered_pct?: number;
}

/** Whose requests kept a disk busy while another one waited; nobody is known of requests that began before the probe. */
export interface DiskSharer {
  pid?: number;
  comm?: string;
  owner?: 'task' | 'writeback';
  /** About how many of them were with the disk in that time, and of what size together. */
  requests: number;
  size_bytes: number;
  /** Their part of the wait: as if at each moment the disk were shared evenly by the requests that it had. */
  wait_us: number;
  container?: ContainerRef;
}

export type BlockOp = 'read' | 'write' | 'flush' | 'discard' | 'other';

export interface BioLatencyEvent extends EventBase {
  type: 'BIO_LATENCY';
  latency_us: number;
  /** Insert to issue, and issue to completion; absent where the kernel gave no issue time. */
  queue_us?: number;
  device_us?: number;
  op: BlockOp;
  device: string;
  sector: string;
  size_bytes: number;
  owner?: 'task' | 'writeback';
  /** Who had most in flight on the device meanwhile, the heaviest first. */
  culprits?: DiskSharer[];
  /** Their parts as a share of the latency; absent where nobody looked or not far enough back. */
  covered_pct?: number;
}

export interface OomKillEvent extends EventBase {
  type: 'OOM_KILL';
  victim_pid: number;
  victim_comm: string;
  total_vm_bytes?: number;
  rss_bytes?: number;
  oom_score_adj?: number;
  constraint?: 'none' | 'cpuset' | 'memory_policy' | 'memcg';
  memcg?: string;
  limit_bytes?: number;
  trigger_pid?: number;
  trigger_comm?: string;
}

export interface TcpRetransmitEvent extends EventBase {
  type: 'TCP_RETRANSMIT';
  saddr: string;
  sport: number;
  daddr: string;
  dport: number;
  family: 'IPv4' | 'IPv6';
  state: string;
  segments: number;
  /** Inode number of the socket's network namespace. */
  netns?: number;
}

export type VfsOp = 'read' | 'write' | 'fsync' | 'open';
export type FileType = 'regular' | 'directory' | 'block' | 'socket' | 'pipe' | 'char' | 'symlink' | 'other';

export interface VfsSlowEvent extends EventBase {
  type: 'VFS_SLOW';
  latency_us: number;
  op: VfsOp;
  /** The whole path, as the task that called would write it; absent where the method can't build it. */
  path?: string;
  /** The last part of the path. */
  name?: string;
  inode?: string;
  /** Name of the file system type (`ext4`), or its magic number as `0x…`. */
  fs?: string;
  /** What was asked for. */
  size_bytes?: number;
  file_type: FileType;
}

/** A system call past its threshold, told when it ends. */
export interface SyscallSlowEvent extends EventBase {
  type: 'SYSCALL_SLOW';
  latency_us: number;
  /** Its number on this architecture, or among those of 32-bit programs. */
  syscall: number;
  /** `read`, of a 32-bit program `read (32-bit)`; `syscall_600` where it has no name. */
  syscall_name: string;
  /** What it returned, -errno where it failed; absent where a number can't hold it. */
  ret?: number;
  /** By name. `ERESTARTSYS` and its kin: a signal interrupted it, and it starts anew or fails with EINTR. */
  errno?: string;
}

/** A process runs another program: the owner is the new one, `pid` as before. */
export interface ProcessExecEvent extends EventBase {
  type: 'PROCESS_EXEC';
  ppid: number;
  /** As it was asked for, of a script its own; `…` at its end stands for what is beyond 255 bytes. */
  filename: string;
  /** It is what a container runs: the first process of its PID namespace, begun from outside of its cgroup. */
  main?: true;
  /** Only with --with-args: the command line with spaces between; `…` for what is beyond 511 bytes. */
  args?: string;
}

/** A process makes another one (not a thread); the owner is the maker. */
export interface ProcessForkEvent extends EventBase {
  type: 'PROCESS_FORK';
  child_pid: number;
  /** The maker's own until the child runs a program. */
  child_comm: string;
}

/** The end of a process, that is, of its last thread. The owner is the process by the name of its first thread. */
export interface ProcessExitEvent extends EventBase {
  type: 'PROCESS_EXIT';
  ppid: number;
  /** 128 + the signal where one ended it, as shells say it. */
  exit_code: number;
  signal?: number;
  /** `SIGSEGV`, `SIGRTMIN+3`. */
  signal_name?: string;
  core?: true;
  /** It was what a container ran: the first process of its PID namespace, begun from outside of its cgroup. */
  main?: true;
  /** Since the fork. */
  lifetime_ms: number;
  /** Of all its threads, but for the last moments (a tick at most) before the end; absent where that is all. */
  cpu_time_ms?: number;
  max_rss_bytes?: number;
}

/** `fault`: trouble; `policy`: somebody's rule (firewall, socket filter, XDP); `normal`: part of a healthy network. */
export const DROP_CLASSES = ['fault', 'policy', 'normal'] as const;
export type DropClass = (typeof DROP_CLASSES)[number];

export interface PacketDropEvent extends EventBase {
  type: 'PACKET_DROP';
  /** As the running kernel names it (`SOCKET_RCVBUFF`); `UNKNOWN` on kernels without reasons. */
  reason: string;
  class: DropClass;
  /** Kernel function and offset where it was dropped (`udp_queue_rcv_one_skb+0x1a3`), or the address. */
  location: string;
  /** `TCP`, `UDP`, `ICMP`, `ICMPv6`, `ARP` …, or `0x…` of the EtherType. */
  protocol: string;
  saddr?: string;
  daddr?: string;
  sport?: number;
  dport?: number;
  /** The interface that it came in by or was to leave by. */
  device?: string;
  netns?: number;
}

/** A major fault: the page had to be read from a disk or from swap. */
export interface PageFaultEvent extends EventBase {
  type: 'PAGE_FAULT';
  /** User-space address as 0x and hexadecimal digits. */
  address: string;
  /** With `fault-latency`: how long the fault took. */
  latency_us?: number;
}

/** A task had to free memory before it got its own. */
export interface ReclaimStallEvent extends EventBase {
  type: 'RECLAIM_STALL';
  latency_us: number;
  /** Whose memory was short: the host's (`direct`), or that of a memory cgroup at its limit. */
  reclaim: 'direct' | 'memcg';
  /** It asked for 2^order pages in one piece; absent where the kernel doesn't tell. */
  order?: number;
  reclaimed_bytes: number;
}

export interface MemoryPressureEvent extends EventBase {
  type: 'MEMORY_PRESSURE';
  /** `host`, or the path of a cgroup. */
  scope: string;
  some_avg10_pct?: number;
  full_avg10_pct?: number;
  working_set_bytes?: number;
  usage_bytes?: number;
  limit_bytes?: number;
  utilization_pct?: number;
}

/** When a scope will be out of memory if it grows on as it does; times from the moment that it is told. */
interface OutOfMemory {
  /** `host`, or the path of a cgroup with a limit. */
  scope: string;
  growth_bytes_per_s: number;
  eta_s: number;
  /** The kill comes between the two with a probability of `confidence_pct`. */
  eta_low_s: number;
  eta_high_s: number;
  confidence_pct: number;
  usage_bytes: number;
  /** The least of the scope and its ancestors. */
  limit_bytes: number;
  /** Below a cgroup: who makes a tenth of the growth or more, the quickest first (at most three). */
  growers?: Grower[];
}

/** A process whose own memory (but that of files) grows. */
export interface Grower {
  pid: number;
  comm: string;
  growth_bytes_per_s: number;
  /** Of the scope's growth; measured over the last 20 s at most. */
  share_pct: number;
}

/** The owner is the process below the scope whose memory grows most, where one makes half of the growth. */
export interface OomPredictionEvent extends EventBase, OutOfMemory {
  type: 'OOM_PREDICTION';
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

/** A container by the files of its cgroup. Of the interval; limit hits and OOM kills since it was made. */
/** How a main process of a container ended. */
export type ContainerEnd = Pick<ProcessExitEvent, 'exit_code' | 'signal' | 'signal_name' | 'core' | 'comm'>;
/** Processes that ended in one way. */
export type ContainerEnds = Pick<ProcessExitEvent, 'exit_code' | 'signal' | 'signal_name'> & {count: number};

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

/** `cpu` is the CPU that is stuck (a hung task: where it last ran); the owner the task, where it is known. */
export interface LockupEvent extends EventBase {
  type: 'SOFT_LOCKUP' | 'HUNG_TASK' | 'RCU_STALL';
  stuck_ms?: number;
  /** Kernel functions with offsets, innermost first. */
  stack?: string[];
}

/** Every event type of this version. A replayed stream may hold others: faces must show those too (as UnknownEvent). */
export type KnownEvent =
  | SchedLatencyEvent
  | BioLatencyEvent
  | VfsSlowEvent
  | SyscallSlowEvent
  | ProcessExecEvent
  | ProcessExitEvent
  | ProcessForkEvent
  | OomKillEvent
  | PageFaultEvent
  | ReclaimStallEvent
  | MemoryPressureEvent
  | OomPredictionEvent
  | TcpRetransmitEvent
  | PacketDropEvent
  | LockupEvent;
export interface UnknownEvent extends EventBase {
  type: string;
  [field: string]: unknown;
}
export type KernelEvent = KnownEvent | UnknownEvent;

/** One distribution since the last sample. `bounds` are upper-inclusive; `counts` has one cell more: overflow. */
export interface Histogram {
  name: string;
  labels: Record<string, string>;
  unit: 'us';
  bounds: number[];
  counts: number[];
  sum: number;
  count: number;
  max: number;
  /** Counts by CPU (row = CPU id), where the probe keeps them apart; an offline CPU's row is all 0. */
  cpus?: number[][];
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

export interface Psi {
  some_avg10_pct?: number;
  full_avg10_pct?: number;
}

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

export type TaskState =
  | 'running'
  | 'sleeping'
  | 'uninterruptible'
  | 'stopped'
  | 'traced'
  | 'dead'
  | 'zombie'
  | 'parked'
  | 'idle';

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
