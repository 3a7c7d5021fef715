import {percentile} from '../../model/percentile.ts';
import type {Distribution, State} from '../../types/state.ts';
import type {Sample} from '../../types/stream.ts';

/** Octaves from 1 µs to 60 s: column k counts what took more than 2^(k-1) and at most 2^k µs. */
export const OCTAVES = 27;

/** One CPU's distribution, ready to paint. */
export interface HeatRow {
  cpu: number;
  /** Counts by octave. */
  cells: number[];
  count: number;
  p50?: number;
  p99?: number;
  /** Upper bound of the highest bucket that isn't empty (buckets keep no exact maximum by CPU). */
  max?: number;
}

/** The octave that a bucket's upper bound belongs to; the overflow bucket counts to the last. */
export function octaveOf(bound: number | undefined): number {
  if (bound === undefined) return OCTAVES - 1;
  return Math.max(0, Math.min(OCTAVES - 1, Math.ceil(Math.log2(bound) - 1e-9)));
}

/** Rows by CPU. CPUs that never counted are left out when there are more rows than `online` CPUs. */
export function heatRows(distribution: Distribution, online: number): HeatRow[] {
  const rows = (distribution.cpus ?? []).map((counts, cpu) => heatRow(distribution, counts, cpu));
  return rows.length > online ? rows.filter((row) => row.count > 0) : rows;
}

const ofSample = new WeakMap<Sample, HeatRow[]>();

/** The rows of a state's last minute. They change with samples only, and the screen repaints more often than that. */
export function heatRowsOf({recent, sample, header}: State): HeatRow[] {
  const known = sample && ofSample.get(sample);
  if (known) return known;
  const distribution = recent.find((d) => d.name === 'sched' && d.cpus);
  const rows = distribution ? heatRows(distribution, header?.host.cpus ?? 0) : [];
  if (sample) ofSample.set(sample, rows);
  return rows;
}

function heatRow(distribution: Distribution, counts: number[], cpu: number): HeatRow {
  const cells = new Array<number>(OCTAVES).fill(0);
  let count = 0;
  let top = -1;
  for (let i = 0; i < counts.length; i++) {
    const n = counts[i] ?? 0;
    if (n <= 0) continue;
    cells[octaveOf(distribution.bounds[i])]! += n;
    count += n;
    top = i;
  }
  if (count === 0) return {cpu, cells, count};
  const shape = {bounds: distribution.bounds, counts, count, max: distribution.max};
  const bound = distribution.bounds[top] ?? distribution.max;
  const max = distribution.max > 0 ? Math.min(bound, distribution.max) : bound;
  return {cpu, cells, count, p50: percentile(shape, 0.5), p99: percentile(shape, 0.99), max};
}

/** All rows by CPU id when they fit; else worst first (p99, then maximum), so that the worst are the ones seen. */
export function foldRows(rows: HeatRow[], height: number): HeatRow[] {
  if (rows.length <= height) return rows;
  return [...rows].sort((a, b) => (b.p99 ?? -1) - (a.p99 ?? -1) || (b.max ?? -1) - (a.max ?? -1) || a.cpu - b.cpu);
}

/** Merges the highest octaves when fewer columns fit. */
export function mergeCells(cells: readonly number[], columns: number): number[] {
  if (cells.length <= columns) return [...cells];
  const out = cells.slice(0, columns);
  for (let i = columns; i < cells.length; i++) out[columns - 1]! += cells[i]!;
  return out;
}
