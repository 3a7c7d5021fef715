import type {Laws} from './laws.ts';
import type {Series} from './series.ts';
import {theilSen} from './theil-sen.ts';

/** How a level grows right now. Rates in bytes a millisecond. */
export interface Growth {
  rate: number;
  /** The rate is between these in nine of ten cases. */
  low: number;
  high: number;
  /** Bytes by which a path of growth strays in a millisecond; over t of them by √t times as much. */
  stray: number;
  /** Length of the stretch that it was told from. */
  spanMs: number;
  /** How it may go on, if not evenly. */
  laws?: Laws;
}

/** Lengths of the stretches that are looked at, all up to now, in points of a second and in coarse ones. */
export const FINE_MS = [6_000, 12_000, 24_000, 48_000, 96_000] as const;
const COARSE_MS = [192_000, 384_000, 768_000] as const;
/** Points that each of these has at least: with long intervals they are longer. */
const LEAST_POINTS = [6, 7, 8, 10, 12] as const;
/** Points that quick growth is told from. */
const LAST_POINTS = 4;
/** The same of a saw's troughs. */
const FEW = [6, 10, 20, 40] as const;
/** Standard deviations that hold nine of ten; a bit more where the deviation is told from few differences. */
const Z = 1.645;
const T = 1.9;
/** Nothing grows quite evenly, however well it fits: the least half-width as a share of the rate. */
const LEAST_WIDTH = 0.04;
/** A difference that is so much of all is a step. */
const STEP_SHARE = 0.6;
/** Differences that a stretch is cut into, to see how far it strays. */
const PIECES = 8;

/** Of `n` squares the mean's root; without the largest one where that alone is most of them: a single step isn't how something grows. */
function deviation(sum: number, most: number, n: number): number {
  const step = n > 2 && most > STEP_SHARE * sum;
  return Math.sqrt(step ? (sum - most) / (n - 1) : sum / Math.max(1, n));
}

/**
 * How far the level strays from a straight line, in bytes per √ms: from its differences over `lag` points. What is measured imprecisely strays less the longer the lag; what grows in
 * batches strays the same.
 */
function stray(series: Series, from: number, lag: number, rate: number): number {
  const {ms, level, length} = series;
  let sum = 0;
  let most = 0;
  let n = 0;
  for (let i = length - 1; i - lag >= from; i -= lag) {
    const dt = (ms[i] as number) - (ms[i - lag] as number);
    const off = (level[i] as number) - (level[i - lag] as number) - rate * dt;
    const each = (off * off) / dt;
    sum += each;
    most = Math.max(most, each);
    n++;
  }
  return deviation(sum, most, n);
}

/** The growth from point `from` to the last one, by one fit; `usual`: what it strays at least. */
function growthSince(series: Series, from: number, usual: number): Growth | undefined {
  const {ms, length} = series;
  const fit = theilSen(ms, series.level, from, length, Z);
  if (!fit) return undefined;
  const spanMs = (ms[length - 1] as number) - (ms[from] as number);
  const lag = Math.max(1, Math.round((length - 1 - from) / PIECES));
  const strays = Math.max(usual, stray(series, from, lag, fit.slope));
  const width = (side: number) => Math.hypot(side, (T * strays) / Math.sqrt(spanMs), LEAST_WIDTH * fit.slope);
  return {
    rate: fit.slope,
    low: fit.slope - width(fit.slope - fit.low),
    high: fit.slope + width(fit.high - fit.slope),
    stray: strays,
    spanMs,
  };
}

/**
 * The same from how differences over `lag` points differ from the next ones, so that a change of pace in between counts once.
 */
function strayOfNeighbours(series: Series, from: number, lag: number): number {
  const {ms, level, length} = series;
  let sum = 0;
  let most = 0;
  let n = 0;
  for (let i = length - 1; i - 2 * lag >= from; i -= lag) {
    const late = (ms[i] as number) - (ms[i - lag] as number);
    const early = (ms[i - lag] as number) - (ms[i - 2 * lag] as number);
    const middle = level[i - lag] as number;
    const off = ((level[i] as number) - middle) / late - (middle - (level[i - 2 * lag] as number)) / early;
    const each = (off * off) / (1 / late + 1 / early);
    sum += each;
    most = Math.max(most, each);
    n++;
  }
  return deviation(sum, most, n);
}

/** What strays from one point to the next, over the longest stretch, is there in the short ones too, seen or not. */
function usualStray(series: Series, from: number): number {
  return Math.min(strayOfNeighbours(series, from, 1), strayOfNeighbours(series, from, 3));
}

/** A level's last points: each second's of two minutes, and those of a quarter of an hour, some seconds apart. */
export interface History {
  fine: Series;
  coarse: Series;
}

interface Stretch {
  series: Series;
  from: number;
}

/** The stretches that don't begin before `firstMs`, shortest first; of the first longer one the part that doesn't. */
function stretches({fine, coarse}: History, firstMs: number): Stretch[] {
  const found: Stretch[] = [];
  const first = fine.indexOf(firstMs);
  for (const [i, span] of FINE_MS.entries()) {
    const from = Math.min(fine.indexOf(fine.lastMs - span), fine.length - (LEAST_POINTS[i] as number));
    if (from < first) {
      if (fine.length - first >= LEAST_POINTS[0] && first !== found.at(-1)?.from)
        found.push({series: fine, from: first});
      return found;
    }
    found.push({series: fine, from});
  }
  for (const span of COARSE_MS) {
    const from = coarse.indexOf(Math.max(firstMs, coarse.lastMs - span));
    const whole = (coarse.ms[0] as number) <= coarse.lastMs - span && firstMs <= coarse.lastMs - span;
    if (whole) found.push({series: coarse, from});
    else {
      const spanMs = coarse.lastMs - (coarse.ms[from] as number);
      if (spanMs > 1.25 * (span / 2)) found.push({series: coarse, from});
      return found;
    }
  }
  return found;
}

/**
 * Of several stretches that end now, the longest that agrees with all shorter ones: a short one soon sees that something has
 * begun, ended or become quicker; a long one tells an even growth exactly (Goldenshluger and Nemirovski 1997: the
 * intersection of confidence intervals). What came before `firstMs` doesn't count. Undefined with too few points.
 */
export function growthOf(history: History, firstMs: number): Growth | undefined {
  const all = stretches(history, firstMs);
  if (all.length === 0) return undefined;
  const {fine} = history;
  const usual = usualStray(fine, Math.max(fine.indexOf(firstMs), fine.indexOf(fine.lastMs - FINE_MS[4])));
  return longestAgreeing(all, usual);
}

/** Growth in the last few seconds alone, for what is full before a longer stretch can tell; only a step is left out. */
export function growthOfLast(fine: Series, firstMs: number): Growth | undefined {
  const from = fine.length - LAST_POINTS;
  return from < fine.indexOf(firstMs) ? undefined : growthSince(fine, from, 0);
}

/** Of stretches that end now, shortest first, the growth in the longest whose rate all shorter ones allow. */
function longestAgreeing(all: Stretch[], usual: number): Growth | undefined {
  let best: Growth | undefined;
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (const {series, from} of all) {
    const stretch = growthSince(series, from, usual);
    if (!stretch || stretch.rate < low || stretch.rate > high) break;
    low = Math.max(low, stretch.low);
    high = Math.min(high, stretch.high);
    best = stretch;
  }
  return best;
}

/** The same for a few points far apart: of the last six, the last ten … all */
export function growthOfFew(series: Series): Growth | undefined {
  const counts = FEW.filter((n) => n < series.length);
  return longestAgreeing(
    [...counts, series.length].map((n) => ({series, from: series.length - n})),
    0,
  );
}
