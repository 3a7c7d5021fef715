import {RECLAIMS} from '../../native/events/reclaim.ts';
import {type ProbeCounts, readHistRows} from '../../native/snapshot.ts';
import {Deltas, histogramOf} from './deltas.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** One histogram by whose memory was short, and what was freed so; those without reclaims in the interval are left out. */
export class ReclaimReader implements ProbeReader {
  private readonly deltas = new Deltas();

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    for (const row of readHistRows(view)) {
      const labels = {reclaim: RECLAIMS[row.op] ?? 'direct'};
      const histogram = histogramOf('reclaim', labels, this.deltas.next(labels.reclaim, row));
      if (histogram.count > 0) into.histograms.push(histogram);
      into.counters.push({name: 'reclaimed_bytes', labels, value: row.bytes});
    }
  }
}
