import {VFS_OPS} from '../../native/events/vfs.ts';
import {type HistRow, type ProbeCounts, readHistRows} from '../../native/snapshot.ts';
import {Deltas, histogramOf} from './deltas.ts';
import {FocusRows} from './focus-rows.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/**
 * One histogram an operation, of files; a second one by the name of `vfs_waits` of what may sleep by design. Those
 * without calls in the interval are left out.
 */
export class VfsReader implements ProbeReader {
  private readonly deltas = new Deltas();
  private readonly focus = new FocusRows('vfs');

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const opOf = ({op}: HistRow) => VFS_OPS[op % VFS_OPS.length] ?? '';
    for (const row of this.focus.take(readHistRows(view), into.focus, (row) => ({op: opOf(row)}))) {
      const name = row.op < VFS_OPS.length ? 'vfs' : 'vfs_waits';
      const histogram = histogramOf(name, {op: opOf(row)}, this.deltas.next(`${row.op}`, row));
      if (histogram.count > 0) into.histograms.push(histogram);
    }
  }
}
