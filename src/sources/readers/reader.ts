import type {ProbeCounts} from '../../native/snapshot.ts';
import type {
  ContainerRow,
  Counter,
  FocusSyscall,
  Histogram,
  LeakRow,
  PredictionRow,
  ProcessRow,
  RequestInFlight,
  Sample,
} from '../../types/stream.ts';

/** What the probes add to a sample. */
export interface SampleParts {
  /** What the sample is of; 0: nothing can be told a second. */
  readonly intervalMs: number;
  histograms: Histogram[];
  /** Of the process that is looked into alone. */
  focus: Histogram[];
  /** Likewise: its system calls. */
  focusSyscalls: FocusSyscall[];
  counters: Counter[];
  accuracy: NonNullable<Sample['accuracy']>;
  processes: Omit<ProcessRow, 'time_bucket'>[];
  requests: RequestInFlight[];
  predictions: PredictionRow[];
  leaks: LeakRow[];
  containers: Omit<ContainerRow, 'time_bucket'>[];
}

/**
 * Turns a kernel probe's snapshots (struct ks_snapshot and its rows, cumulative) into a sample's parts. One reader lives
 * as long as the source.
 */
export interface ProbeReader {
  /** `view` is valid until the call returns. */
  read(view: DataView, counts: ProbeCounts, into: SampleParts): void;
  close?(): void;
}
