import type {Histogram} from '../../types/stream.ts';
import {keep} from '../bounded.ts';
import type {Cells} from '../percentile.ts';

/** What one sample counted, between two monotonic times (milliseconds): only the cells that aren't empty. */
interface Delta {
  startMs: number;
  endMs: number;
  cell: number[];
  n: number[];
  max: number;
}

/** Deltas up to a window's length are whole: half of one bad moment must not count as a second bad window. */
const WHOLE_MS = 10_000;

/** Part of a delta that counts in (fromMs, toMs]: by its end when it is short, else by its share of time. */
function share(delta: Delta, fromMs: number, toMs: number): number {
  const length = delta.endMs - delta.startMs;
  if (length <= WHOLE_MS) return delta.endMs > fromMs && delta.endMs <= toMs ? 1 : 0;
  return Math.max(0, Math.min(delta.endMs, toMs) - Math.max(delta.startMs, fromMs)) / length;
}

/**
 * The recent past of one distribution, by monotonic time and not by number of samples: right for any interval
 * and across gaps. A delta of more than 10 s counts in each window by its share of time, so one sample of 60 s stands
 * for each of the 10-s windows that it covers.
 */
export class Timeline {
  readonly bounds: readonly number[];
  #deltas: Delta[] = [];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  push(startMs: number, endMs: number, histogram: Pick<Histogram, 'counts' | 'max'>): void {
    const cell: number[] = [];
    const n: number[] = [];
    for (let i = 0; i <= this.bounds.length; i++) {
      const here = histogram.counts[i] ?? 0;
      if (here <= 0) continue;
      cell.push(i);
      n.push(here);
    }
    if (cell.length > 0) keep(this.#deltas, {startMs, endMs, cell, n, max: histogram.max});
  }

  /** Forgets what ended at or before `beforeMs`. */
  expire(beforeMs: number): void {
    let n = 0;
    while (n < this.#deltas.length && (this.#deltas[n]?.endMs ?? 0) <= beforeMs) n++;
    if (n > 0) this.#deltas.splice(0, n);
  }

  get empty(): boolean {
    return this.#deltas.length === 0;
  }

  /** Counts in (fromMs, toMs]; fractional where a delta is prorated. `max` is that of all deltas that overlap it. */
  window(fromMs: number, toMs: number): Cells {
    const counts = new Float64Array(this.bounds.length + 1);
    let count = 0;
    let max = 0;
    for (let i = this.#deltas.length - 1; i >= 0; i--) {
      const delta = this.#deltas[i] as Delta;
      if (delta.endMs <= fromMs) break;
      const part = share(delta, fromMs, toMs);
      if (part === 0) continue;
      max = Math.max(max, delta.max);
      for (let k = 0; k < delta.cell.length; k++) {
        const here = (delta.n[k] as number) * part;
        counts[delta.cell[k] as number] = (counts[delta.cell[k] as number] as number) + here;
        count += here;
      }
    }
    return {bounds: this.bounds, counts, count, max};
  }
}

/** Several distributions with the same bounds as one. Those with other bounds than the first are left out. */
export function merge(all: Cells[]): Cells | undefined {
  const first = all[0];
  if (!first) return undefined;
  const counts = new Float64Array(first.bounds.length + 1);
  let count = 0;
  let max = 0;
  for (const cells of all) {
    if (cells.bounds.length !== first.bounds.length) continue;
    for (let i = 0; i < counts.length; i++) counts[i] = (counts[i] as number) + (cells.counts[i] ?? 0);
    count += cells.count;
    max = Math.max(max, cells.max);
  }
  return {bounds: first.bounds, counts, count, max};
}
