import type {Header, Loss, ProbeInfo, Status, SubsystemName} from '../types/stream.ts';
import type {Facts} from './facts.ts';
import type {NetnsLoss} from './retransmits.ts';

/** One latency distribution as findings need it (microseconds). */
export interface LatencyFigures {
  p99_us?: number;
  worst_us?: number;
  warn_us: number;
  /** The share of the slowest waits (at or above the warning threshold) that one CPU had, 0 to 1. */
  busiestCpu?: {cpu: number; share: number};
}

/** What the findings are drawn from: the same shape for "right now" and for the whole run. */
export interface Figures {
  /** `over the last 10 s` or `over the run`. */
  period: string;
  header?: Header;
  probes: readonly ProbeInfo[];
  status: (subsystem: SubsystemName) => Status;
  facts: Facts;
  sched?: LatencyFigures;
  /** Block devices, those with samples in the period. */
  devices: ({device: string} & LatencyFigures)[];
  /** Highest share of retransmitted segments by network namespace. */
  network?: NetnsLoss;
  loss: Readonly<Record<string, Loss>>;
  /** Cumulative hits by probe. */
  hits: (probe: string) => number | undefined;
  load1?: number;
  kernelCpuPct?: number;
}

/** A sentence with its evidence, and what to do about it. */
export interface Finding {
  text: string;
  advice?: string;
}
