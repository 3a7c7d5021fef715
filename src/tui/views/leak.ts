import type {State} from '../../types/state.ts';
import type {LeakRow} from '../../types/stream.ts';
import {bytes} from '../../util/format.ts';
import {clockOf} from './clock.ts';

/** Local time at which a leak of the sample of that time began, to the second. */
export function sinceOf(time: string | undefined, {growing_s}: LeakRow): string {
  const ms = Date.parse(time ?? '') - growing_s * 1000;
  return Number.isFinite(ms) ? clockOf(new Date(ms).toISOString()) : '-';
}

/** Whether a process has only grown: `only grows since 12:00:00, by 2MiB, 3KiB/s`. */
export function growthOf(pid: number, {sample}: State): string | undefined {
  const row = sample?.leaks?.find((each) => each.scope === undefined && each.pid === pid);
  if (!sample || !row) return undefined;
  return `only grows since ${sinceOf(sample.time, row)}, by ${bytes(row.grown_bytes)}, ${bytes(row.growth_bytes_per_s)}/s`;
}
