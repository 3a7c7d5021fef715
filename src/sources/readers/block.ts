import {BLOCK_OPS} from '../../native/events/block.ts';
import {type HistRow, type ProbeCounts, readHistRows} from '../../native/snapshot.ts';
import {type WaitingContext, waitingRequests} from '../requests/waiting.ts';
import {Deltas, histogramOf} from './deltas.ts';
import {FocusRows} from './focus-rows.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/**
 * One histogram a disk and operation; those without requests in the interval are left out. And the requests that have been in
 * flight for too long.
 */
export class BlockReader implements ProbeReader {
  private readonly deltas = new Deltas();
  private readonly focus = new FocusRows('block');

  constructor(private readonly waiting: WaitingContext) {}

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const opOf = ({op}: HistRow) => BLOCK_OPS[op] ?? 'other';
    for (const row of this.focus.take(readHistRows(view), into.focus, (row) => ({op: opOf(row)}))) {
      const labels = {device: row.device, op: opOf(row)};
      const histogram = histogramOf('block', labels, this.deltas.next(`${row.dev} ${row.op}`, row));
      if (histogram.count > 0) into.histograms.push(histogram);
    }
    into.requests.push(...waitingRequests(this.waiting));
  }
}
