import type {DropClass} from '../../types/stream.ts';
import {keep} from '../bounded.ts';
import type {Increase} from '../counters.ts';
import {Tally} from '../facts/tally.ts';

const SECOND_MS = 1000;
const TEN_MS = 10_000;
const RECENT_MS = 60_000;

/** Faults that one sample counted. */
interface Interval {
  startMs: number;
  endMs: number;
  faults: number;
  /** All classes, as `class reason`. */
  byReason: Tally;
}

/** Packets dropped in the period, by class and reason. */
export interface DropCount {
  class: DropClass;
  reason: string;
  n: number;
}

/** Dropped packets by the kernel's count: how fast now, and by reason over the last minute and the run. */
export class Drops {
  #intervals: Interval[] = [];
  readonly #run = new Tally();

  /** Takes in what a sample over (startMs, endMs] counted. */
  push(startMs: number, endMs: number, increases: readonly Increase[]): void {
    const byReason = new Tally();
    let faults = 0;
    // The sample of no length that starts a recording's later part only tells where the counters stood.
    const counted = endMs > startMs ? increases : increases.filter(({first}) => !first);
    for (const {name, labels, by} of counted) {
      if (name !== 'packet_drops' || by <= 0) continue;
      byReason.add(`${labels.class ?? ''} ${labels.reason ?? ''}`, by);
      if (labels.class === 'fault') faults += by;
    }
    this.#run.merge(byReason);
    this.#intervals = this.#intervals.filter((each) => each.endMs > endMs - RECENT_MS);
    keep(this.#intervals, {startMs, endMs, faults, byReason});
  }

  /** Fault-class drops a second in the last second, or in the last sample where that is longer. */
  perSecondNow(): number {
    const last = this.#intervals.at(-1);
    if (!last) return 0;
    const length = Math.max(SECOND_MS, last.endMs - last.startMs);
    return (this.#faults(last.endMs - length, last.endMs).n * 1000) / length;
  }

  /** The same over the last 10 s, and the share of those in samples that had any. */
  lastTen(nowMs: number): {perSecond: number; share: number} {
    const {n, ms} = this.#faults(nowMs - TEN_MS, nowMs);
    return {perSecond: (n * 1000) / TEN_MS, share: ms / TEN_MS};
  }

  /** The most frequent reason of the last minute's faults. */
  topFault(): string | undefined {
    return this.recent().find((each) => each.class === 'fault')?.reason;
  }

  /** The last minute (at least the last sample), most frequent first. */
  recent(): DropCount[] {
    const sum = new Tally();
    for (const {byReason} of this.#intervals) sum.merge(byReason);
    return countsOf(sum);
  }

  /** The whole run, most frequent first. */
  ofRun(): DropCount[] {
    return countsOf(this.#run);
  }

  /** Faults in (fromMs, toMs], by share of time where a sample lies only partly in it, and the time they came in. */
  #faults(fromMs: number, toMs: number): {n: number; ms: number} {
    let [n, ms] = [0, 0];
    for (const {startMs, endMs, faults} of this.#intervals) {
      const overlap = Math.min(endMs, toMs) - Math.max(startMs, fromMs);
      if (faults === 0 || overlap <= 0) continue;
      n += (faults * overlap) / (endMs - startMs);
      ms += overlap;
    }
    return {n, ms};
  }
}

function countsOf(tally: Tally): DropCount[] {
  return tally
    .keys()
    .map((key) => {
      const space = key.indexOf(' ');
      return {class: key.slice(0, space) as DropClass, reason: key.slice(space + 1), n: tally.get(key)};
    })
    .sort((a, b) => b.n - a.n);
}
