import type {LeakHint} from '../../predict/leak.ts';
import type {LeakRow} from '../../types/stream.ts';

/** A hint as a row of the sample that ends at `ms` (monotonic), of a scope or of a process. */
export function leakRow(
  {growth_bytes_per_s, since_ms, grown_bytes}: LeakHint,
  ms: number,
  of: Pick<LeakRow, 'scope' | 'pid' | 'comm' | 'container'>,
): LeakRow {
  return {
    ...of,
    growth_bytes_per_s: Math.round(growth_bytes_per_s),
    growing_s: Math.max(0, Math.round((ms - since_ms) / 1000)),
    grown_bytes: Math.round(grown_bytes),
  };
}
