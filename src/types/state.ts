import type {Detail} from './detail.ts';
import type {
  Counter,
  ErrorObject,
  Filter,
  Focus,
  FocusPages,
  FocusSyscall,
  Header,
  Histogram,
  KernelEvent,
  Loss,
  Overall,
  ProbeInfo,
  Sample,
  Stamp,
  Status,
  SubsystemName,
  Thresholds,
} from './stream.ts';
import type {TraceResult} from './trace.ts';

/** One tile: what a face shows of a subsystem. Latencies in microseconds; undefined is unknown. */
export interface SubsystemState {
  name: SubsystemName;
  status: Status;
  worstStatus: Status;
  /** Why it isn't OK, in a few words; empty when it is. */
  why: string;
  /** Events since start, by the kernel's count. */
  events: number;
  /** Events a second over the last sample. */
  rate: number;
  /** Over the last 10 s (p50, p99) and since start (worst). */
  p50_us?: number;
  p99_us?: number;
  worst_us?: number;
  /** The last 60 samples' p99 (latency subsystems) or event rate (others); undefined = no sample. */
  history: (number | undefined)[];
}

/** A distribution since start, by name and labels. */
export interface Distribution {
  name: string;
  labels: Record<string, string>;
  bounds: number[];
  counts: number[];
  sum: number;
  count: number;
  max: number;
  cpus?: number[][];
}

/** The process that is, or was last, looked into. */
export interface FocusState {
  /** As the last sample that spoke of it has it. */
  now: Focus;
  /** That sample's time. */
  time: string;
  /** The last sample that had figures of an interval; absent until there was one. */
  figures?: Focus;
  /** Its own distributions since it is looked into, as copies. */
  distributions: Distribution[];
  /** Its system calls since it is looked into, by name. */
  syscalls: FocusSyscall[];
  /** Where its pages came from, when that was counted last. */
  pages?: FocusPages;
  /** Resident memory in bytes by sample, oldest first (bounded). */
  rss: (number | undefined)[];
  /** Of resident memory over the last minute. */
  growth_bytes_per_s?: number;
}

/** Everything the faces read. Made by the model from Frames alone; plain data, never mutated by a face. */
export interface State {
  header?: Header;
  filter?: Filter;
  thresholds?: Thresholds;
  probes: ProbeInfo[];
  overall: Overall;
  subsystems: SubsystemState[];
  /** The newest buffered events, oldest first (bounded). */
  events: KernelEvent[];
  /** Number of events ever appended to `events`: a face knows how many are new, and that old ones left. */
  eventSeq: number;
  /** The last sample, and its histograms summed over the last 60 s and since start. */
  sample?: Sample;
  /** The last samples, at most 60, oldest first. */
  samples: Sample[];
  recent: Distribution[];
  total: Distribution[];
  counters: Counter[];
  focus?: FocusState;
  /** The calls of the cgroup that is watched alone, by name, since the start; absent until there were some. */
  syscalls?: FocusSyscall[];
  /** Percent of the TCP segments of the last 30 s that were sent again; fault-class drops a second over the last 10 s. */
  network: {resent_pct?: number; fault_drops_per_s?: number};
  /** What the views of single subsystems show beyond their tiles. */
  detail: Detail;
  loss: Record<string, Loss>;
  /** Own cost averaged over the run (memory: as of the last sample). */
  ownCost?: Sample['self'];
  errors: ErrorObject[];
  /** Ad-hoc traces that a recording holds, the newest last (bounded). */
  traces?: readonly (TraceResult & Stamp)[];
  /** Monotonic nanoseconds of first and last object. */
  startNs?: bigint;
  nowNs?: bigint;
  now?: string;
  findings: string[];
  recommendations: string[];
}

export type {Histogram};
