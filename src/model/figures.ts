import type {Header, LeakRow, Loss, ProbeInfo, Psi, Status, SubsystemName} from '../types/stream.ts';
import type {Facts} from './facts/facts.ts';
import type {Tally} from './facts/tally.ts';
import type {Pause} from './pauses.ts';
import type {Restarting} from './restarts.ts';
import type {DropCount} from './status/drops.ts';
import type {NetnsLoss} from './status/retransmits.ts';
import type {Stolen} from './steal.ts';

/** One latency distribution as findings need it (microseconds). */
export interface LatencyFigures {
  p99_us?: number;
  worst_us?: number;
  warn_us: number;
}

/** Which figures speak of how long. */
export interface Periods {
  /** Percentiles: `over the last 10 s` or `over the run`. */
  latency: string;
  /** Retransmitted of sent segments. */
  segments: string;
  /** Reports and other counts. */
  counts: string;
  restarts: string;
}

/** What the findings are drawn from: the same shape for "right now" and for the whole run. */
export interface Figures {
  periods: Periods;
  /** How long `counts` is, in milliseconds. */
  spanMs: number;
  header?: Header;
  probes: readonly ProbeInfo[];
  status: (subsystem: SubsystemName) => Status;
  facts: Facts;
  sched?: LatencyFigures;
  /** Waits at or above the warning threshold by CPU, where the distribution keeps CPUs apart. */
  slowWaits?: readonly number[];
  vfs?: LatencyFigures;
  /** Block devices, those with samples in the period. */
  devices: ({device: string} & LatencyFigures)[];
  /** Highest share of retransmitted segments by network namespace. */
  network?: NetnsLoss;
  /** What had only grown for long as of the last sample, the quickest first. */
  leaks: readonly LeakRow[];
  /** Packets dropped, most frequent reason first. */
  drops: readonly DropCount[];
  /** Memory pressure: of now, or the highest of the run. */
  pressure?: Psi;
  /** How much counters of files grew, as in CounterSums. */
  counts: Tally;
  /** Probes that were paused at any time of the run. */
  pauses: readonly Pause[];
  loss: Readonly<Record<string, Loss>>;
  /** Cumulative hits by probe. */
  hits: (probe: string) => number | undefined;
  load1?: number;
  /** CPU time that a hypervisor gave to others. */
  stolen?: Stolen;
  kernelCpuPct?: number;
  /** Nice level that kstop gave itself because it came late. */
  ownNice?: number;
  /** Containers that begin again and again, most often first. */
  restarting: readonly Restarting[];
}

/** A sentence with its evidence, and what to do about it. */
export interface Finding {
  text: string;
  advice?: string;
}
