/** A slope in units a millisecond, and the interval that holds the true one with the confidence asked for. */
export interface Slope {
  slope: number;
  low: number;
  high: number;
}

/** More points than this are averaged in blocks first: the work grows with the square. */
const MAX_BLOCKS = 24;

const x = new Float64Array(MAX_BLOCKS);
const y = new Float64Array(MAX_BLOCKS);
const slopes = new Float64Array((MAX_BLOCKS * (MAX_BLOCKS - 1)) / 2);

/** Averages the points `from` to `to` - 1 in blocks; the number of these. */
function fill(ms: Float64Array, level: Float64Array, from: number, to: number): number {
  const blocks = Math.min(MAX_BLOCKS, to - from);
  for (let b = 0; b < blocks; b++) {
    const first = from + Math.floor(((to - from) * b) / blocks);
    const end = from + Math.floor(((to - from) * (b + 1)) / blocks);
    let sumX = 0;
    let sumY = 0;
    for (let i = first; i < end; i++) {
      sumX += (ms[i] as number) - (ms[from] as number);
      sumY += (level[i] as number) - (level[from] as number);
    }
    x[b] = sumX / (end - first);
    y[b] = sumY / (end - first);
  }
  return blocks;
}

/**
 * The median of the slopes between all pairs of points (Theil 1950), which up to 29 % of outliers don't move, with Sen's
 * interval (1968): of N sorted slopes those of rank (N ∓ C) / 2, where C = z √(n (n - 1) (2n + 5) / 18) is z deviations of
 * Kendall's statistic. Undefined of fewer than three points.
 */
export function theilSen(
  ms: Float64Array,
  level: Float64Array,
  from: number,
  to: number,
  z: number,
): Slope | undefined {
  if (to - from < 3) return undefined;
  const n = fill(ms, level, from, to);
  let pairs = 0;
  for (let j = 1; j < n; j++) {
    for (let i = 0; i < j; i++) {
      slopes[pairs++] = ((y[j] as number) - (y[i] as number)) / ((x[j] as number) - (x[i] as number));
    }
  }
  const sorted = slopes.subarray(0, pairs).sort();
  const c = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = Math.max(0, Math.floor((pairs - c) / 2) - 1);
  const at = (rank: number) => sorted[rank] as number;
  return {
    slope: (at((pairs - 1) >> 1) + at(pairs >> 1)) / 2,
    low: at(low),
    high: at(pairs - 1 - low),
  };
}
