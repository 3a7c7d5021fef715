import {BOUNDS_US, CELLS, type HistRow} from '../native/snapshot.ts';
import type {Histogram} from '../types/stream.ts';

/** Cumulative rows -> what came since the last call, by a key of the row. */
class Deltas {
  private readonly last = new Map<string, {cells: Float64Array; sumNs: number}>();

  next(key: string, row: HistRow): {counts: number[]; sumNs: number} {
    const before = this.last.get(key);
    const counts = Array.from(row.cells, (cell, i) => Math.max(0, cell - (before?.cells[i] ?? 0)));
    const sumNs = Math.max(0, row.sumNs - (before?.sumNs ?? 0));
    this.last.set(key, {cells: row.cells, sumNs: row.sumNs});
    return {counts, sumNs};
  }
}

function histogram(name: string, labels: Record<string, string>, counts: number[], sumNs: number, maxNs: number) {
  return {
    name,
    labels,
    unit: 'us' as const,
    bounds: [...BOUNDS_US],
    counts,
    sum: sumNs / 1000,
    count: counts.reduce((sum, count) => sum + count, 0),
    max: maxNs / 1000,
  };
}

/** Turns snapshots of the kernel's cumulative histograms into the stream's, one interval each. */
export class LiveHistograms {
  private readonly deltas = new Deltas();

  /** One histogram over all CPUs, with a row for each; none while nothing was counted. */
  sched(rows: HistRow[]): Histogram[] {
    const total = new Array<number>(CELLS).fill(0);
    const cpus: number[][] = [];
    let sumNs = 0;
    let maxNs = 0;
    for (const row of rows) {
      const delta = this.deltas.next(`sched ${row.cpu}`, row);
      delta.counts.forEach((count, i) => {
        total[i] += count;
      });
      sumNs += delta.sumNs;
      maxNs = Math.max(maxNs, row.maxNs);
      cpus[row.cpu] = delta.counts;
    }
    const all = histogram('sched', {}, total, sumNs, maxNs);
    return all.count > 0 ? [{...all, cpus}] : [];
  }

  /** One histogram a disk and operation; those without requests in the interval are left out. */
  block(rows: HistRow[]): Histogram[] {
    return rows
      .map((row) => {
        const {counts, sumNs} = this.deltas.next(`block ${row.dev} ${row.op}`, row);
        return histogram('block', {device: row.device, op: row.op}, counts, sumNs, row.maxNs);
      })
      .filter(({count}) => count > 0);
  }
}
