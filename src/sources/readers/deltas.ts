import {BOUNDS_US, CELLS, type HistRow} from '../../native/snapshot.ts';
import type {Histogram} from '../../types/stream.ts';

/** What a distribution grew by in an interval, and the largest value in it. */
export interface Delta {
  counts: number[];
  sumNs: number;
  maxNs: number;
}

interface Last {
  cells: Float64Array;
  sumNs: number;
  /** A maximum whose count had not come yet; 0: none. */
  leftNs: number;
  /** A maximum told already that the next snapshot will hold once more; 0: none. */
  toldNs: number;
}

/** Cumulative distributions -> what came since the last call, by a key of the row. */
export class Deltas {
  private readonly last = new Map<string, Last>();

  next(key: string, row: HistRow): Delta {
    const before = this.last.get(key);
    const counts = Array.from(row.cells, (cell, i) => Math.max(0, cell - (before?.cells[i] ?? 0)));
    const sumNs = Math.max(0, row.sumNs - (before?.sumNs ?? 0));
    const {maxNs, ...rest} = maximum(counts, row, before);
    this.last.set(key, {cells: row.cells, sumNs: row.sumNs, ...rest});
    return {counts, sumNs, maxNs};
  }
}

/**
 * Programs go on while cells and maxima are read, so a value may be counted in one interval and be a maximum of the next,
 * or the other way round. The one that belongs to these counts lies in their highest cell.
 */
function maximum(counts: readonly number[], row: HistRow, before?: Last) {
  const leftNs = before?.leftNs ?? 0;
  const top = counts.findLastIndex((count) => count > 0);
  if (top < 0) return {maxNs: 0, leftNs: Math.max(leftNs, row.maxNs === before?.toldNs ? 0 : row.maxNs), toldNs: 0};
  const highNs = (BOUNDS_US[top] ?? Number.POSITIVE_INFINITY) * 1000;
  const lowNs = (BOUNDS_US[top - 1] ?? 0) * 1000;
  const within = Math.max(0, ...[row.maxNs, row.nextMaxNs, leftNs].filter((ns) => ns <= highNs));
  // Hidden by a larger one that came right after it, or not written yet: only its cell is known.
  const known = within > lowNs || top === 0;
  return {
    maxNs: known ? within : Number.isFinite(highNs) ? highNs : lowNs,
    leftNs: row.maxNs > highNs && row.maxNs !== before?.toldNs ? row.maxNs : 0,
    toldNs: row.nextMaxNs > lowNs && row.nextMaxNs <= highNs ? row.nextMaxNs : 0,
  };
}

/** A row of no cells, to add others to. */
export function emptyCells(): number[] {
  return new Array<number>(CELLS).fill(0);
}

/** The stream's form of one interval's cells. */
export function histogramOf(name: string, labels: Record<string, string>, {counts, sumNs, maxNs}: Delta): Histogram {
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
