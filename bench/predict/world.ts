import type {MemoryPoint} from '../../src/predict/point.ts';
import type {Random} from './random.ts';

/** Seconds of a step of the simulation; what is sampled once a second lies between. */
const STEP_S = 0.1;

/** What a scenario says of one cgroup. Bytes; times in seconds. */
export interface Plan {
  limit: (s: number) => number;
  /** Memory in use at the start. */
  base: number;
  /** Bytes a second that are kept, on average. */
  rate: (s: number) => number;
  /** What comes and goes besides, exactly given. */
  extra?: (s: number) => number;
  /** Bytes a second of page cache, which fills what is left. */
  cacheRate?: number;
  swap?: number;
  /** Memory is taken in large batches, seconds apart, and the load changes a lot. */
  uneven?: boolean;
  /** The growth that ends in a kill begins then; absent where none does. */
  leakS?: number;
  /** What the kill depends on can be known only from then on, if not from the growth's beginning. */
  knownS?: number;
  lengthS: number;
  /** After a kill it starts anew that often, as an orchestrator lets it. */
  restarts?: number;
}

/** What kstop would have read, and what happened. Times in monotonic milliseconds. */
export interface Run {
  points: MemoryPoint[];
  kills: Kill[];
}

export interface Kill {
  ms: number;
  /** When the growth began that led to it, and when it had used half of the headroom. */
  beganMs: number;
  halfMs: number;
  /** What is predicted before counts only as an alarm. */
  knownMs: number;
}

/** Seconds between two batches, on average, and by how much of it the pace changes within half a minute. */
const EVEN = {leastS: 0.02, mostS: 1, wander: 0.05};
const UNEVEN = {leastS: 1, mostS: 10, wander: 0.2};

/** Memory is taken in batches: requests, chunks, files. */
class Batches {
  readonly #random: Random;
  /** Mean seconds between two. */
  readonly #gapS: number;
  #next = 0;
  #pace = 0;

  readonly #wander: number;

  constructor(random: Random, uneven: boolean) {
    const {leastS, mostS, wander} = uneven ? UNEVEN : EVEN;
    this.#random = random;
    this.#gapS = random.scale(leastS, mostS);
    this.#wander = wander;
  }

  /** Bytes taken in one step at this mean rate. */
  take(rate: number): number {
    const random = this.#random;
    this.#pace += -this.#pace * (STEP_S / 30) + this.#wander * Math.sqrt((2 * STEP_S) / 30) * random.normal();
    let bytes = 0;
    for (this.#next -= STEP_S; this.#next < 0; this.#next += this.#gapS * random.wait()) {
      bytes += rate * Math.max(0, 1 + this.#pace) * this.#gapS * random.wait();
    }
    return bytes;
  }
}

/** Lives through a plan: memory grows, page cache fills the rest, the kernel swaps, samples come once a second, about. */
export function live(plan: Plan, random: Random): Run {
  let batches = new Batches(random, plan.uneven === true);
  const run: Run = {points: [], kills: []};
  let [kept, cache, swapped, life] = [plan.base, 0, 0, 0];
  let wander = 0;
  let nextS = random.unit();
  let halfMs = Number.NaN;
  let beganS = plan.leakS ?? 0;
  const start = random.between(1e5, 1e9);
  for (let s = 0; s < plan.lengthS; s += STEP_S) {
    const limit = plan.limit(s);
    kept += batches.take(plan.rate(s - life));
    wander += -wander * (STEP_S / 20) + 0.0015 * limit * Math.sqrt((2 * STEP_S) / 20) * random.normal();
    const demand = Math.max(0, kept + (plan.extra?.(s) ?? 0) + wander);
    swapped = Math.max(swapped, Math.min(plan.swap ?? 0, demand - 0.97 * limit), 0);
    const held = demand - swapped;
    cache = Math.max(0, Math.min(cache + (plan.cacheRate ?? 0) * STEP_S, limit - held));
    const full = limit + (plan.swap ?? 0);
    if (s >= beganS && Number.isNaN(halfMs) && demand - plan.base > (full - plan.base) / 2) halfMs = start + s * 1000;
    if (held > limit) {
      run.kills.push({
        ms: start + s * 1000,
        beganMs: start + beganS * 1000,
        halfMs,
        knownMs: start + (plan.knownS ?? beganS) * 1000,
      });
      if (run.kills.length > (plan.restarts ?? 0)) return run;
      [kept, swapped, life, beganS, halfMs] = [plan.base, 0, s, s + (plan.leakS ?? 0), Number.NaN];
      batches = new Batches(random, plan.uneven === true);
    }
    if (s < nextS) continue;
    nextS = Math.max(s, nextS) + 1 + (random.unit() < 0.02 ? 0.3 * random.wait() : 0.01 * random.normal());
    // memory.stat is some pages behind.
    const stat = Math.max(0, held * (1 + 0.0005 * random.normal()));
    run.points.push({
      ms: start + s * 1000,
      usage_bytes: Math.min(limit, held + cache),
      limit_bytes: limit,
      unreclaimable_bytes: stat,
      ...(plan.swap && {swapped_bytes: swapped, swap_allowance_bytes: plan.swap - swapped}),
    });
  }
  return run;
}
