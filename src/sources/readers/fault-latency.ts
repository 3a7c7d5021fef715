import {type ProbeCounts, readHistRows} from '../../native/snapshot.ts';
import {Deltas, histogramOf} from './deltas.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

const KINDS = ['minor', 'major'] as const;

/** One histogram a kind of fault; those without faults in the interval are left out. */
export class FaultLatencyReader implements ProbeReader {
  private readonly deltas = new Deltas();

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    for (const row of readHistRows(view)) {
      const kind = KINDS[row.op] ?? 'minor';
      const histogram = histogramOf('fault', {kind}, this.deltas.next(kind, row));
      if (histogram.count > 0) into.histograms.push(histogram);
    }
  }
}
