import type {Distribution} from '../types/state.ts';
import type {Histogram} from '../types/stream.ts';

/** More distributions than any host has devices: what comes beyond is dropped, so a hostile stream can't fill memory. */
export const MAX_DISTRIBUTIONS = 1024;
const RECENT_MS = 60_000;
/** Samples closer together than this share a slot, so 0.1-s intervals cost no more memory than 1-s ones. */
const SLOT_MS = 1000;

/**
 * Cells by CPU that are kept in all, 32 and 128 MiB: the run's of 4,000 CPUs, the last minute's of 1,000. Of more the
 * whole is kept, but not by CPU.
 */
export const MAX_TOTAL_CPU_CELLS = 2 ** 22;
export const MAX_RECENT_CPU_CELLS = 2 ** 24;

/** Name and labels as one string, whatever the labels' order. */
export function keyOf(name: string, labels: Record<string, string>): string {
  const pairs = Object.entries(labels);
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, ...pairs]);
}

function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}

function emptyLike(histogram: Histogram): Distribution {
  const {name, labels, bounds} = histogram;
  return {name, labels, bounds, counts: new Array(bounds.length + 1).fill(0), sum: 0, count: 0, max: 0};
}

function addCells(into: number[], from: readonly number[], sign: 1 | -1): void {
  for (let i = 0; i < from.length && i < into.length; i++) {
    const n = from[i] as number;
    if (n !== 0) into[i] = (into[i] as number) + sign * n;
  }
}

function add(into: Distribution, from: Distribution | Histogram, sign: 1 | -1): void {
  addCells(into.counts, from.counts, sign);
  into.sum += sign * from.sum;
  into.count += sign * from.count;
  if (sign > 0) into.max = Math.max(into.max, from.max);
  if (!from.cpus) return;
  into.cpus ??= [];
  for (let cpu = 0; cpu < from.cpus.length; cpu++) {
    into.cpus[cpu] ??= new Array(into.bounds.length + 1).fill(0);
    addCells(into.cpus[cpu] as number[], from.cpus[cpu] ?? [], sign);
  }
}

const cpuCells = ({cpus = [], bounds}: Pick<Histogram, 'cpus' | 'bounds'>): number => cpus.length * (bounds.length + 1);

/** The same, all CPUs as one. */
function whole({cpus: _, ...histogram}: Histogram): Histogram {
  return histogram;
}

/** Sums of histograms by name and labels. `list` keeps its objects: they grow in place. */
export class Totals {
  readonly list: Distribution[] = [];
  readonly #byKey = new Map<string, Distribution>();
  #cpuCells = 0;

  /** Adds a delta; false when it can't be (other bounds than before, or too many distributions). */
  add(key: string, histogram: Histogram): boolean {
    let into = this.#byKey.get(key);
    if (!into) {
      if (this.#byKey.size >= MAX_DISTRIBUTIONS) return false;
      into = emptyLike(histogram);
      this.#byKey.set(key, into);
      this.list.push(into);
    }
    if (!sameBounds(into.bounds, histogram.bounds)) return false;
    const more = Math.max(0, cpuCells(histogram) - cpuCells(into));
    const fits = this.#cpuCells + more <= MAX_TOTAL_CPU_CELLS;
    if (fits) this.#cpuCells += more;
    add(into, fits ? histogram : whole(histogram), 1);
    return true;
  }

  get(key: string): Distribution | undefined {
    return this.#byKey.get(key);
  }
}

interface Slot {
  endMs: number;
  startMs: number;
  /** A sample's own histogram where the slot has no other: it is only read. */
  parts: Map<string, Distribution | Histogram>;
  /** Keys of the parts that are sums, and may be added to. */
  sums: Set<string>;
}

function addPart({parts, sums}: Slot, key: string, histogram: Histogram): void {
  const part = parts.get(key);
  if (!part) {
    parts.set(key, histogram);
    return;
  }
  let sum = part as Distribution;
  if (!sums.has(key)) {
    sum = emptyLike(histogram);
    add(sum, part, 1);
    parts.set(key, sum);
    sums.add(key);
  }
  add(sum, histogram, 1);
}

/** The same sums over the last 60 s: what leaves is subtracted, in slots of at least a second. */
export class Recent {
  readonly list: Distribution[] = [];
  readonly #byKey = new Map<string, Distribution>();
  #slots: Slot[] = [];
  /** Of the parts, and as many for the sums. */
  #cpuCells = 0;

  add(key: string, given: Histogram, endMs: number): void {
    const slot = this.#slotFor(endMs);
    const part = slot.parts.get(key);
    const more = 2 * Math.max(0, cpuCells(given) - (part ? cpuCells(part) : 0));
    const fits = this.#cpuCells + more <= MAX_RECENT_CPU_CELLS;
    if (fits) this.#cpuCells += more;
    const histogram = fits ? given : whole(given);
    addPart(slot, key, histogram);
    const into = this.#byKey.get(key) ?? emptyLike(histogram);
    if (!this.#byKey.has(key)) {
      this.#byKey.set(key, into);
      this.list.push(into);
    }
    add(into, histogram, 1);
  }

  /** Time went backwards: there are no last 60 s. */
  forget(): void {
    this.#slots = [];
    this.#byKey.clear();
    this.list.length = 0;
    this.#cpuCells = 0;
  }

  /** Drops what is older than 60 s before `nowMs`. A distribution in which nothing is left leaves the list. */
  expire(nowMs: number): void {
    while (this.#slots[0] && this.#slots[0].endMs <= nowMs - RECENT_MS) {
      const gone = this.#slots.shift() as Slot;
      for (const [key, part] of gone.parts) this.#subtract(key, part);
    }
  }

  #slotFor(endMs: number): Slot {
    const last = this.#slots.at(-1);
    if (last && endMs - last.startMs < SLOT_MS) {
      last.endMs = endMs;
      return last;
    }
    const slot = {startMs: endMs, endMs, parts: new Map(), sums: new Set<string>()};
    this.#slots.push(slot);
    return slot;
  }

  #subtract(key: string, part: Distribution | Histogram): void {
    this.#cpuCells -= 2 * cpuCells(part);
    const from = this.#byKey.get(key);
    if (!from) return;
    add(from, part, -1);
    const left = this.#slots.map((slot) => slot.parts.get(key)?.max ?? 0);
    from.max = Math.max(0, ...left);
    if (this.#slots.some((slot) => slot.parts.has(key))) return;
    this.#byKey.delete(key);
    this.list.splice(this.list.indexOf(from), 1);
  }
}
