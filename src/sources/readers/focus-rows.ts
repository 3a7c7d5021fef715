import type {HistRow} from '../../native/snapshot.ts';
import type {Histogram} from '../../types/stream.ts';
import {Deltas, histogramOf} from './deltas.ts';

/**
 * A snapshot's rows of the one process that is looked into. They are cumulative over all processes that were, so the
 * first snapshot of each is only what later ones are compared with.
 */
export class FocusRows {
  private deltas = new Deltas();
  private pid = 0;

  constructor(private readonly name: string) {}

  /** Returns the rows of all processes; the others become histograms, those without counts left out. */
  take(rows: HistRow[], into: Histogram[], labelsOf: (row: HistRow) => Record<string, string>): HistRow[] {
    const own = rows.filter(({focusPid}) => focusPid !== 0);
    const pid = own[0]?.focusPid ?? 0;
    const first = pid !== this.pid;
    this.pid = pid;
    for (const row of own) {
      const histogram = histogramOf(this.name, labelsOf(row), this.deltas.next(`${row.op}`, row));
      if (!first && histogram.count > 0) into.push(histogram);
    }
    return rows.filter(({focusPid}) => focusPid === 0);
  }
}
