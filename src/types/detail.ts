import type {
  Counter,
  OomKillEvent,
  ProcessExecEvent,
  ProcessExitEvent,
  Status,
  SubsystemName,
  VfsOp,
} from './stream.ts';

/** Whom a row is about, as far as it is known. */
export interface Who {
  pid?: number;
  comm?: string;
  /** Its name, else its id. */
  container?: string;
}

/** A task's reported waits for a CPU (those past the threshold). */
export interface Waiter extends Who {
  waits: number;
  total_us: number;
  worst_us: number;
  /** Who ran before it for most of that time, as `comm[pid]`, or what else held it back. */
  behind?: string;
}

/** What one process waited because of another: that one's parts of its reported waits. */
export interface BlameRow {
  subsystem: SubsystemName;
  victim: Who;
  culprit: Who;
  wait_us: number;
  /** Reported waits in which it had a part, how long these were in all, and its longest part of one. */
  waits: number;
  of_us: number;
  worst_us: number;
}

/** Slow calls on a file; the owner is that of the worst. */
export interface SlowFile extends Who {
  /** Its path; its name or inode number where that is all that is known. */
  file: string;
  op: VfsOp;
  fs?: string;
  calls: number;
  total_us: number;
  worst_us: number;
}

/** Slow calls of one system call; the owner is that of the worst. */
export interface SlowSyscall extends Who {
  name: string;
  calls: number;
  /** Those that failed. */
  failed: number;
  total_us: number;
  worst_us: number;
}

/** A device's reported requests: queue and device time are means over those of which both are known. */
export interface SlowRequests {
  device: string;
  reports: number;
  queue_us?: number;
  device_us?: number;
  /** Whose requests took most of the time, as `comm[pid]`, or `writeback`. */
  submitter?: string;
}

/** A process's page faults. `worst_us`: its longest reported one, where faults are timed. */
export interface Faulter extends Who {
  major: number;
  minor?: number;
  worst_us?: number;
}

/** Segments sent again to an address, and which port, TCP state and process most of them had. */
export interface Peer {
  address: string;
  segments: number;
  port?: string;
  state?: string;
  owner?: string;
}

/** Where most of the reported drops of one reason happened, on which device and whose they were. */
export interface DropPlace {
  class: string;
  reason: string;
  reports: number;
  location?: string;
  device?: string;
  owner?: string;
}

/** Dropped packets of the last minute by the kernel's count; `per_s` over the last sample. */
export interface DropRow extends Omit<DropPlace, 'reports'> {
  packets: number;
  per_s?: number;
}

/** How a device is judged: by its own percentiles and worst request, as the block subsystem is. */
export interface DeviceRow extends Omit<SlowRequests, 'reports'> {
  status: Status;
  reports: number;
}

/** A counter and how it moves. */
export interface CounterRate extends Counter {
  /** Increase a second over the last sample; undefined in a counter's first. */
  per_s?: number;
  /** Increase since it was first seen in this run. */
  grown: number;
}

/** What is kept second by second. */
export const TRENDS = [
  'sched_p99_us',
  'block_p99_us',
  'vfs_p99_us',
  'syscall_p99_us',
  'memory_some_pct',
  'memory_full_pct',
  'major_faults_per_s',
  'minor_faults_per_s',
  'swap_in_per_s',
  'swap_out_per_s',
  'resent_pct',
  'fault_drops_per_s',
] as const;
export type TrendName = (typeof TRENDS)[number];

/** One value a second, oldest first, up to the last ten minutes; undefined where there was no sample or figure. */
export type Trends = Record<TrendName, (number | undefined)[]>;

/** What the views of single subsystems show beyond their tiles: lists over the last minute, worst first. */
export interface Detail {
  waiters: Waiter[];
  blame: BlameRow[];
  /** The same by container, `host` for what is in none: those in which a container has a part. */
  containerBlame: BlameRow[];
  files: SlowFile[];
  syscalls: SlowSyscall[];
  devices: DeviceRow[];
  faulters: Faulter[];
  peers: Peer[];
  drops: DropRow[];
  /** The newest OOM kills of the run, oldest first. */
  ooms: OomKillEvent[];
  /** The newest starts and ends of programs, oldest first. */
  starts: (ProcessExecEvent | ProcessExitEvent)[];
  /** In the order of the sample's counters. */
  rates: CounterRate[];
  trends: Trends;
}
