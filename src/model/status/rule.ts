import type {KernelEvent, Sample, Thresholds} from '../../types/stream.ts';
import type {Increase} from '../counters.ts';
import type {Facts} from '../facts/facts.ts';
import type {Restarts} from '../restarts.ts';
import type {Verdict} from './judge.ts';

/** What a sample, which covers (startMs, endMs], brings to a rule. */
export interface RuleContext {
  sample: Sample;
  startMs: number;
  endMs: number;
  increases: readonly Increase[];
  /** Reports of the last 60 s. */
  facts: Facts;
  restarts: Restarts;
  thresholds?: Thresholds;
  /** Only some processes are watched: what the whole host does says nothing of them. */
  filtered: boolean;
}

/** One thing that is enough by itself. */
export interface Trigger {
  level: 'WARNING' | 'CRITICAL';
  why: string;
}

/** When a subsystem isn't OK. Hysteresis is the judge's. */
export interface StatusRule {
  event?(event: KernelEvent): Trigger | undefined;
  sample?(context: RuleContext): {verdict: Verdict; triggers?: Trigger[]};
}
