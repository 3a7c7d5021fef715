import type {Line} from '../text/line.ts';
import type {Token} from '../theme.ts';

/** A value of a history; undefined where there was no sample. */
export type Point = number | undefined;

/** How values become heights and colours. */
export interface SparkScale {
  /** The value of the lowest bar. */
  low: number;
  /** The value of the highest bar. */
  high: number;
  log: boolean;
  /** From these on a bar is coloured as a warning, or as critical. */
  warn?: number;
  crit?: number;
}

/**
 * The scale of latencies stands still: two decades below the warning threshold to one above it, so that a bar's height
 * means the same from one look to the next, and quiet doesn't look like trouble.
 */
export function latencyScale(warnUs: number, critUs = warnUs * 10): SparkScale {
  return {low: warnUs / 100, high: warnUs * 10, log: true, warn: warnUs, crit: critUs};
}

/** The scale of rates goes from 0 to the highest of the history. */
export function rateScale(history: readonly Point[]): SparkScale {
  return {low: 0, high: Math.max(1, highest(history) ?? 0), log: false};
}

/** Reduces a history to at most `width` points, newest last: the worst of each group. */
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

/** The height of a bar: 0 to `levels - 1`. */
export function barLevel(value: number, scale: SparkScale, levels: number): number {
  const {low, high, log} = scale;
  const share = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.max(0, Math.min(levels - 1, Math.round(share * (levels - 1))));
}

function barToken(value: number, {warn, crit}: SparkScale): Token {
  if (crit !== undefined && value >= crit) return 'heat.critical';
  return warn !== undefined && value >= warn ? 'heat.warning' : 'spark';
}

/** Draws a history into the rest of a line, at most `width` cells: the newest at the right, gaps for missing samples. */
export function addSparkline(
  line: Line,
  history: readonly Point[],
  width: number,
  bars: string,
  scale: SparkScale,
): void {
  const levels = [...bars];
  const points = resample(history, width);
  line.repeat(' ', width - points.length);
  for (const point of points) {
    if (point === undefined) line.add(' ');
    else line.add(levels[barLevel(point, scale, levels.length)] ?? ' ', barToken(point, scale));
  }
}
