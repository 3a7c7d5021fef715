import type {
  Counter,
  ErrorObject,
  Filter,
  Header,
  Histogram,
  KernelEvent,
  Loss,
  Overall,
  ProbeInfo,
  Sample,
  Status,
  SubsystemName,
  Thresholds,
} from './stream.ts';

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
  recent: Distribution[];
  total: Distribution[];
  counters: Counter[];
  loss: Record<string, Loss>;
  /** Own cost averaged over the run (memory: as of the last sample). */
  ownCost?: Sample['self'];
  errors: ErrorObject[];
  /** Monotonic nanoseconds of first and last object. */
  startNs?: bigint;
  nowNs?: bigint;
  now?: string;
  findings: string[];
  recommendations: string[];
}

export type {Histogram};
