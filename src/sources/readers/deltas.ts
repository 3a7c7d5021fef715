import {BOUNDS_US, CELLS, type HistRow} from '../../native/snapshot.ts';
import type {Histogram} from '../../types/stream.ts';

/** Cumulative distributions -> what came since the last call, by a key of the row. */
export class Deltas {
  private readonly last = new Map<string, {cells: Float64Array; sumNs: number}>();

  next(key: string, row: HistRow): {counts: number[]; sumNs: number} {
    const before = this.last.get(key);
    const counts = Array.from(row.cells, (cell, i) => Math.max(0, cell - (before?.cells[i] ?? 0)));
    const sumNs = Math.max(0, row.sumNs - (before?.sumNs ?? 0));
    this.last.set(key, {cells: row.cells, sumNs: row.sumNs});
    return {counts, sumNs};
  }
}

/** A row of no cells, to add others to. */
export function emptyCells(): number[] {
  return new Array<number>(CELLS).fill(0);
}

/** The stream's form of one interval's cells. */
export function histogramOf(
  name: string,
  labels: Record<string, string>,
  counts: number[],
  sumNs: number,
  maxNs: number,
): Histogram {
  return {
    name,
    labels,
    unit: 'us',
    bounds: [...BOUNDS_US],
    counts,
    sum: sumNs / 1000,
    count: counts.reduce((sum, count) => sum + count, 0),
    max: maxNs / 1000,
  };
}
