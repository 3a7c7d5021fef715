/** A value of a history; undefined where there was no sample. */
export type Point = number | undefined;

/** Reduces a history to `width` points, newest last: the worst of each group; undefined where a group had none. */
export function resample(history: readonly Point[], width: number): Point[] {
  if (width <= 0) return [];
  const per = Math.ceil(history.length / width);
  const out: Point[] = [];
  for (let end = history.length; end > 0 && out.length < width; end -= per) {
    out.unshift(highest(history.slice(Math.max(0, end - per), end)));
  }
  return out;
}

function highest(points: readonly Point[]): Point {
  let max: Point;
  for (const point of points) if (point !== undefined && (max === undefined || point > max)) max = point;
  return max;
}

/**
 * One line of bars, as wide as `width`: the newest at the right, a space where there was no sample. The scale is
 * logarithmic when `floor` is given (latencies: from `floor` to the highest), else linear from 0.
 */
export function sparkline(history: readonly Point[], width: number, bars: string, floor?: number): string {
  const points = resample(history, width);
  const max = highest(points) ?? 0;
  const levels = [...bars];
  const text = points.map((point) => (point === undefined ? ' ' : levels[level(point, max, levels.length, floor)]));
  return ' '.repeat(Math.max(0, width - points.length)) + text.join('');
}

function level(value: number, max: number, levels: number, floor: number | undefined): number {
  if (!(value > 0) || max <= 0) return 0;
  const share = floor === undefined ? value / max : scale(value, floor) / Math.max(scale(max, floor), 1e-9);
  return Math.max(0, Math.min(levels - 1, Math.round(share * (levels - 1))));
}

function scale(value: number, floor: number): number {
  return Math.log2(Math.max(1, value / floor));
}
