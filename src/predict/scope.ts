import {confidenceOf} from './confidence.ts';
import {growthOfTroughs, isTooth, roomAbovePeaks} from './envelope.ts';
import {BLUR, type Eta, etaOf, type Room} from './eta.ts';
import {type Growth, growthOf, growthOfLast} from './growth.ts';
import {lawsOf} from './laws.ts';
import {demandOf, headroomOf, limitOf, type MemoryPoint} from './point.ts';
import {Series} from './series.ts';
import {Teeth} from './teeth.ts';

/** When a scope will run out of memory if it goes on as it does. Rates a second; times from the point it was told from. */
export interface Prediction {
  growth_bytes_per_s: number;
  eta_s: number;
  eta_low_s: number;
  eta_high_s: number;
  /** Probability that the kill comes between the two. */
  confidence_pct: number;
  usage_bytes: number;
  limit_bytes?: number;
}

/** What is told with a prediction inside: how sure an alarm may be of it. */
export interface Outlook extends Prediction {
  /** It clearly gets quicker and quicker. */
  quickening: boolean;
  /** It did so in the last seconds too, as far as these tell. */
  growing: boolean;
}

interface Ahead {
  growth: Growth;
  eta: Eta;
  /** It is what a saw leaves. */
  saw: boolean;
}

/** What lies further ahead than that isn't told: too much will change until then. */
export const HORIZON_MS = 30 * 60_000;
/** A prediction is worth telling from this confidence on. */
const LEAST_CONFIDENCE_PCT = 70;
/** An interval whose end is more than that many times the likeliest time, and so many milliseconds, says nothing. */
const VAGUE = 4;
const VAGUE_MS = 3000;
/** A limit that moved by more than this share is another one. */
const SAME_LIMIT = 0.002;
/** After a change of limit the kernel takes back what it can, for about that long. */
const SETTLE_MS = 3000;
/** What will be full within so long can't wait for the points of a longer stretch. */
const QUICK_MS = 20_000;
/** Points are at least so far apart: those of two minutes, and those of a quarter of an hour. */
const FINE_MS = 750;
const COARSE_MS = 7500;
/** A scope's habits are known after so long. */
const KNOWN_MS = 60_000;
/** Growth that isn't clear for so long has ended. */
const UNCLEAR_MS = 30_000;
/** It counts as the same growth where it was slower by this factor. */
const SLOWER = 1.4;
/** Of what is shorter the first part may have been flat: what it has risen by counts, at the pace that it has now. */
const SHORT_MS = 15_000;
/** A pause longer than this may be an end. */
const PAUSE_MS = 2200;
/** Deviations that a pause is off what is usual. */
const UNUSUAL = 2;
/** Probability from which on it gets quicker all the time. */
const CLEARLY = 0.5;
/** The cheap look: growth over the last so many milliseconds. */
const LOOKS_MS = [10_000, 60_000];

/** One scope's memory, and what will become of it. A few arrays of 120 numbers; `push` is cheap, `outlook` may cost 0.1 ms. */
export class Scope {
  readonly #fine = new Series(FINE_MS);
  readonly #coarse = new Series(COARSE_MS);
  readonly #teeth = new Teeth();
  #point?: MemoryPoint;
  #headroom?: number;
  #limit?: number;
  /** Monotonic milliseconds of the first point, and of the last change of limit. */
  #firstMs = 0;
  #limitMs = Number.NEGATIVE_INFINITY;
  /** Since when it has grown, and when that was last clear. */
  #began?: {ms: number; clearMs: number};

  /** Takes the next point. Time must not go back: such a point is left out. */
  push(point: MemoryPoint): void {
    if (!Number.isFinite(point.ms) || !Number.isFinite(point.usage_bytes)) return;
    const last = this.#point;
    if (last && point.ms <= last.ms) return;
    if (!last) this.#firstMs = point.ms;
    this.#point = point;
    this.#headroom = headroomOf(point);
    this.#watchLimit(point);
    const demand = demandOf(point);
    if (demand === undefined) return;
    this.#fine.push(point.ms, demand);
    this.#coarse.push(point.ms, demand);
    this.#teeth.push(point.ms, demand, demand + (this.#headroom ?? demand));
  }

  /** Monotonic milliseconds of the last point. */
  get ms(): number {
    return this.#point?.ms ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * By a glance: the time in milliseconds until the headroom is used at the quicker of the paces of the last 10 s and of the last
   * minute. Infinite when nothing grows or is limited. A scope with more than an hour needs no outlook.
   */
  get urgencyMs(): number {
    const {ms, level, length} = this.#fine;
    if (this.#headroom === undefined || length < 2) return Number.POSITIVE_INFINITY;
    const last = length - 1;
    let rate = this.#teeth.teeth.length > 0 ? this.#headroom / HORIZON_MS : 0;
    for (const span of LOOKS_MS) {
      const i = Math.min(this.#fine.indexOf(this.#fine.lastMs - span), Math.max(0, last - 2));
      const dt = (ms[last] as number) - (ms[i] as number);
      if (dt > 0) rate = Math.max(rate, ((level[last] as number) - (level[i] as number)) / dt);
    }
    return rate > 0 ? this.#headroom / rate : Number.POSITIVE_INFINITY;
  }

  /** What will become of it; undefined when there is nothing to say. */
  outlook(): Outlook | undefined {
    const point = this.#point;
    if (!point || this.#headroom === undefined || this.#fine.length < 2 || this.#fine.lastMs !== point.ms)
      return undefined;
    const level = this.#fine.level[this.#fine.length - 1] as number;
    const found = this.#ahead(point.ms, level, this.#headroom);
    if (!found || point.ms - this.#limitMs < SETTLE_MS) return undefined;
    return this.#tell(point, found);
  }

  #watchLimit(point: MemoryPoint): void {
    const limit = limitOf(point);
    const before = this.#limit;
    this.#limit = limit;
    if (limit === undefined || before === undefined || Math.abs(limit - before) <= SAME_LIMIT * before) return;
    this.#limitMs = point.ms;
  }

  #ahead(ms: number, level: number, headroom: number): Ahead | undefined {
    const total = level + headroom;
    const saw = isTooth(this.#teeth, ms, level);
    const growth = saw ? growthOfTroughs(this.#teeth) : this.#plainGrowth(headroom);
    this.#noteGrowth(ms, growth);
    if (!growth || !(growth.rate > 0)) return undefined;
    const room = saw ? roomAbovePeaks(this.#teeth, ms, total, growth.rate) : blurred(headroom, total);
    const eta = etaOf(room, growth);
    return eta && {growth, eta, saw};
  }

  /** Growth of what came after the last fall, accelerated or not; of a few points where it is quick. */
  #plainGrowth(headroom: number): Growth | undefined {
    const history = {fine: this.#fine, coarse: this.#coarse};
    const firstMs = this.#teeth.fell ? this.#teeth.troughMs : this.#firstMs;
    const growth = growthOf(history, firstMs);
    const quick = growthOfLast(this.#fine, firstMs);
    if (quick && quick.low > 0 && headroom < quick.rate * QUICK_MS && !(growth && growth.high >= quick.rate))
      return quick;
    if (!growth || !(growth.rate > 0)) return growth;
    const sinceMs = Math.min(this.#began?.ms ?? Number.POSITIVE_INFINITY, this.#fine.lastMs - growth.spanMs);
    return {...growth, laws: lawsOf(history, Math.max(firstMs, sinceMs), growth.stray)};
  }

  /** Since when it grows: it may have done so before the stretch that the rate is told from. */
  #noteGrowth(ms: number, growth: Growth | undefined): void {
    const clear = growth !== undefined && growth.low > 0;
    const before = this.#began;
    if (!growth || !(growth.rate > 0) || (before && !clear && ms - before.clearMs > UNCLEAR_MS))
      this.#began = undefined;
    else if (clear) {
      this.#began = {ms: Math.min(before?.ms ?? ms, ms - growth.spanMs), clearMs: ms};
    }
  }

  /** For how many milliseconds it has grown like that: on average by half of the rate or more. */
  #grownMs(ms: number, level: number, {rate, spanMs, laws}: Growth): number {
    // What accelerates was slow at first.
    if (laws && laws.quickening > CLEARLY && this.#began) return ms - this.#began.ms;
    let grownMs = spanMs;
    let from = this.#fine.level[this.#fine.indexOf(ms - spanMs)] as number;
    const found = () => (grownMs > SHORT_MS ? grownMs : Math.max(0, Math.min(grownMs, (level - from) / rate)));
    for (const series of [this.#fine, this.#coarse]) {
      for (let i = series.length - 1; i >= 0; i--) {
        const before = ms - (series.ms[i] as number);
        if (before <= grownMs) continue;
        const then = series.level[i] as number;
        if (level - then < (rate * before) / SLOWER) return found();
        [grownMs, from] = [before, then];
      }
    }
    return found();
  }

  #tell(point: MemoryPoint, {growth, eta, saw}: Ahead): Outlook | undefined {
    if (!(eta.ms <= HORIZON_MS) || eta.highMs > VAGUE * eta.ms + VAGUE_MS) return undefined;
    const grownMs = this.#grownMs(point.ms, this.#fine.level[this.#fine.length - 1] as number, growth);
    const known = point.ms - grownMs - this.#firstMs >= KNOWN_MS && (saw || this.#teeth.teeth.length === 0);
    const confidence = confidenceOf(grownMs, eta.ms, known);
    if (!(confidence >= LEAST_CONFIDENCE_PCT)) return undefined;
    return {
      growth_bytes_per_s: growth.rate * 1000,
      eta_s: eta.ms / 1000,
      eta_low_s: eta.lowMs / 1000,
      eta_high_s: eta.highMs / 1000,
      confidence_pct: confidence,
      usage_bytes: point.usage_bytes,
      limit_bytes: this.#limit,
      quickening: growth.laws !== undefined && growth.laws.quickening > CLEARLY,
      growing: this.#growing(growth),
    };
  }

  /** The last points have risen by half of what the rate says, or by less than that for a reason: it goes up and down anyway. */
  #growing({rate, stray}: Growth): boolean {
    const {ms, level, length} = this.#fine;
    const last = length - 1;
    const from = Math.min(this.#fine.indexOf(this.#fine.lastMs - PAUSE_MS), last - 1);
    const dt = (ms[last] as number) - (ms[from] as number);
    const risen = (level[last] as number) - (level[from] as number);
    return this.#teeth.teeth.length > 0 || risen >= (rate * dt) / 2 - UNUSUAL * stray * Math.sqrt(dt);
  }
}

function blurred(headroom: number, total: number): Room {
  const blur = BLUR * total;
  return {low: Math.max(0, headroom - blur), likely: headroom, high: headroom + blur};
}
