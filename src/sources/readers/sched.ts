import {type ProbeCounts, readHistRows} from '../../native/snapshot.ts';
import {Deltas, emptyCells, histogramOf} from './deltas.ts';
import {FocusRows} from './focus-rows.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** One histogram over all CPUs, with a row for each; none while nothing was counted. */
export class SchedReader implements ProbeReader {
  private readonly deltas = new Deltas();
  private readonly focus = new FocusRows('sched');
  private lastCut = 0;

  read(view: DataView, counts: ProbeCounts, into: SampleParts): void {
    const total = emptyCells();
    const cpus: number[][] = [];
    let sumNs = 0;
    let maxNs = 0;
    for (const row of this.focus.take(readHistRows(view), into.focus, () => ({}))) {
      const delta = this.deltas.next(`${row.cpu}`, row);
      delta.counts.forEach((count, i) => {
        total[i] += count;
      });
      sumNs += delta.sumNs;
      maxNs = Math.max(maxNs, delta.maxNs);
      cpus[row.cpu] = delta.counts;
    }
    const all = histogramOf('sched', {}, {counts: total, sumNs, maxNs});
    const cut = counts.cut - this.lastCut;
    this.lastCut = counts.cut;
    if (all.count === 0) return;
    into.histograms.push({...all, cpus});
    // Waits whose part before a migration is unknown: an upper bound of what was cut.
    const pct = Math.min(100, (cut / all.count) * 100);
    into.accuracy.sched = {cut_by_migration_pct: Math.round(pct * 100) / 100};
  }
}
