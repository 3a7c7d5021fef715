/** Any distribution: `counts` has one cell more than `bounds` (overflow). `max` is 0 when it isn't known. */
export interface Cells {
  bounds: readonly number[];
  counts: ArrayLike<number>;
  count: number;
  max: number;
}

/**
 * The q-quantile (0 < q ≤ 1) by nearest rank: the midpoint of the bucket that holds it, clamped to the known maximum.
 * With four buckets an octave the midpoint is at most 12.5 % off; what lies below the first bound is given as that
 * bound, where the scale begins. Undefined when nothing was counted.
 * In the overflow cell it is the maximum, or the last bound when no maximum is known.
 */
export function percentile(cells: Cells, q: number): number | undefined {
  const {bounds, counts, count, max} = cells;
  if (!(count > 0)) return undefined;
  // A hair below the exact rank, so that prorated (fractional) counts don't step over a bucket by rounding.
  const rank = q * count * (1 - 1e-12);
  let seen = 0;
  let last = -1;
  for (let i = 0; i < counts.length; i++) {
    const here = counts[i] ?? 0;
    if (here <= 0) continue;
    seen += here;
    last = i;
    if (seen >= rank) break;
  }
  return last < 0 ? undefined : valueIn(bounds, last, max);
}

function valueIn(bounds: readonly number[], cell: number, max: number): number {
  const low = cell === 0 ? 0 : (bounds[cell - 1] ?? 0);
  const high = bounds[cell];
  if (high === undefined) return Math.max(low, max);
  const middle = cell === 0 ? high : (low + high) / 2;
  // A maximum below the bucket can't be this distribution's: it is unknown (0) or wrong, and the counts are trusted.
  return max > low ? Math.min(middle, max) : middle;
}

/** Sum of `counts` in cells that lie wholly at or above `threshold`. */
export function countAtLeast(bounds: readonly number[], counts: ArrayLike<number>, threshold: number): number {
  let n = 0;
  for (let i = counts.length - 1; i > 0; i--) {
    if ((bounds[i - 1] ?? 0) < threshold) break;
    n += counts[i] ?? 0;
  }
  return n;
}
