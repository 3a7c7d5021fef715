/**
 * Events of the JSON stream: one type for each thing that kstop reports.
 */

import type {BlockOp, ContainerRef, Owner, Severity, Stamp, SubsystemName} from './common.ts';

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

/** A process whose own memory (but that of files) grows. */
export interface Grower {
  pid: number;
  comm: string;
  growth_bytes_per_s: number;
  /** Of the scope's growth; measured over the last 20 s at most. */
  share_pct: number;
}

/** When a scope will be out of memory if it grows on as it does; times from the moment that it is told. */
export interface OutOfMemory {
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

/** The owner is the process below the scope whose memory grows most, where one makes half of the growth. */
export interface OomPredictionEvent extends EventBase, OutOfMemory {
  type: 'OOM_PREDICTION';
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
