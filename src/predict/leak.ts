import {theilSen} from './theil-sen.ts';

/** Memory that grows for a long time and never shrinks. */
export interface LeakHint {
  growth_bytes_per_s: number;
  /** Monotonic milliseconds: when the growth began, to about a minute. */
  since_ms: number;
  /** By how much it has grown since then. */
  grown_bytes: number;
}

/** Lowest levels kept, a minute each at first. */
const MAX_TROUGHS = 120;
const MINUTE_MS = 60_000;
/** A leak shows in that many of them. */
const LEAST_TROUGHS = 10;
/** A trough may be lower than the highest before by this share of the growth: measured between two allocations. */
const DIP = 0.05;
/** Less growth, as a share of the level that it began at, is a warm-up or an index that grew. */
const LEAST_GROWTH = 0.03;
/** Of the steps from a trough to the next, the share that must go up: growth in a single leap is none. */
const STEADY = 0.7;
const Z = 1.645;

/**
 * The lowest level of each minute, and whether they only ever grow. After two hours twice: of all the time, in ever longer slots, and of the
 * last one or two hours in minutes, since a leak may begin late.
 */
export class LeakWatch {
  readonly #all = new Troughs(() => {
    this.#late ??= this.#all.lastHalf();
    this.#all.halve();
  });
  #late?: Troughs;

  push(ms: number, level: number): void {
    this.#all.push(ms, level);
    this.#late?.push(ms, level);
  }

  hint(): LeakHint | undefined {
    return this.#all.hint() ?? this.#late?.hint();
  }
}

/** The lowest level of each slot of time. */
class Troughs {
  readonly #full: () => void;
  #ms = new Float64Array(MAX_TROUGHS);
  #low = new Float64Array(MAX_TROUGHS);
  #length = 0;
  #slotMs = MINUTE_MS;
  /** The slot that isn't over yet. */
  #openSlot = Number.NaN;
  #openMs = 0;
  #openLow = 0;
  /** As of the slots that are over. */
  #hint?: LeakHint;
  #due = false;

  /** `full`: makes room. */
  constructor(full: () => void) {
    this.#full = full;
  }

  /** The newer ones alone, and as many in future. */
  lastHalf(): Troughs {
    const half = new Troughs(() => half.#forgetHalf());
    half.#ms.set(this.#ms);
    half.#low.set(this.#low);
    half.#length = this.#length;
    half.#openSlot = this.#openSlot;
    half.#openMs = this.#openMs;
    half.#openLow = this.#openLow;
    half.#forgetHalf();
    return half;
  }

  push(ms: number, level: number): void {
    if (!Number.isFinite(ms) || !Number.isFinite(level)) return;
    const slot = Math.floor(ms / this.#slotMs);
    if (slot === this.#openSlot) {
      if (level >= this.#openLow) return;
    } else if (slot < this.#openSlot) this.#forget();
    else if (slot > this.#openSlot) this.#close();
    this.#openSlot = Math.floor(ms / this.#slotMs);
    this.#openMs = ms;
    this.#openLow = level;
  }

  /** Looked for anew once a slot is over; none once it has fallen, which may be long before: slots get longer. */
  hint(): LeakHint | undefined {
    if (this.#due) this.#hint = this.#find();
    this.#due = false;
    return this.#hint && !this.#hasFallen(this.#hint) ? this.#hint : undefined;
  }

  #hasFallen({grown_bytes}: LeakHint): boolean {
    return this.#openLow < (this.#low[this.#length - 1] as number) - DIP * grown_bytes;
  }

  #forget(): void {
    this.#length = 0;
    this.#due = true;
  }

  #find(): LeakHint | undefined {
    const first = this.#growsFrom();
    const n = this.#length - first;
    if (n < LEAST_TROUGHS || (this.#ms[this.#length - 1] as number) - (this.#ms[first] as number) < 9 * MINUTE_MS) {
      return undefined;
    }
    const start = this.#low[first] as number;
    const grown = (this.#low[this.#length - 1] as number) - start;
    if (!(grown > LEAST_GROWTH * start) || this.#ups(first) < STEADY * (n - 1)) return undefined;
    const fit = theilSen(this.#ms, this.#low, first, this.#length, Z);
    if (!fit || !(fit.low > 0)) return undefined;
    return {growth_bytes_per_s: fit.slope * 1000, since_ms: this.#ms[first] as number, grown_bytes: grown};
  }

  #close(): void {
    if (this.#length === MAX_TROUGHS) this.#full();
    this.#ms[this.#length] = this.#openMs;
    this.#low[this.#length] = this.#openLow;
    this.#length++;
    this.#due = true;
  }

  #forgetHalf(): void {
    this.#ms.copyWithin(0, this.#length - MAX_TROUGHS / 2, this.#length);
    this.#low.copyWithin(0, this.#length - MAX_TROUGHS / 2, this.#length);
    this.#length = MAX_TROUGHS / 2;
  }

  /** Two become one. */
  halve(): void {
    for (let i = 0; i < MAX_TROUGHS / 2; i++) {
      const lower = (this.#low[2 * i] as number) <= (this.#low[2 * i + 1] as number) ? 2 * i : 2 * i + 1;
      this.#ms[i] = this.#ms[lower] as number;
      this.#low[i] = this.#low[lower] as number;
    }
    this.#length = MAX_TROUGHS / 2;
    this.#slotMs *= 2;
  }

  /**
   * Index of the trough where it began: going back in time while nothing before was higher, and of that stretch the point from
   * which a flat line and then a rising one fit best.
   */
  #growsFrom(): number {
    const last = this.#length - 1;
    const low = this.#low;
    let from = last;
    let lowest = low[last] ?? 0;
    while (from > 0) {
      const before = low[from - 1] as number;
      if (before > lowest + DIP * Math.max(0, (low[last] as number) - lowest)) break;
      lowest = Math.min(lowest, before);
      from--;
    }
    return this.#kneeAfter(from);
  }

  #kneeAfter(from: number): number {
    const last = this.#length - 1;
    let best = from;
    let least = Number.POSITIVE_INFINITY;
    for (let knee = from; knee < last; knee++) {
      const off = this.#misfit(from, knee);
      if (off < least) [best, least] = [knee, off];
    }
    return best;
  }

  /** Sum of squares off a line that is flat up to `knee` and straight from there to the last trough. */
  #misfit(from: number, knee: number): number {
    const last = this.#length - 1;
    const base = this.#low[knee] as number;
    const pace = ((this.#low[last] as number) - base) / ((this.#ms[last] as number) - (this.#ms[knee] as number));
    let sum = 0;
    for (let i = from; i <= last; i++) {
      const expected = i <= knee ? base : base + pace * ((this.#ms[i] as number) - (this.#ms[knee] as number));
      sum += ((this.#low[i] as number) - expected) ** 2;
    }
    return sum;
  }

  #ups(first: number): number {
    let ups = 0;
    for (let i = first + 1; i < this.#length; i++) if ((this.#low[i] as number) > (this.#low[i - 1] as number)) ups++;
    return ups;
  }
}
