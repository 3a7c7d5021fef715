import {TRENDS, type TrendName, type Trends} from '../types/detail.ts';

/** How many seconds are kept. */
export const TREND_SECONDS = 600;

export function emptyTrends(): Trends {
  return Object.fromEntries(TRENDS.map((name) => [name, []])) as unknown as Trends;
}

/**
 * Figures second by second of the monotonic clock, whatever the interval: a longer sample fills each second that it
 * covers, of shorter ones a second keeps the highest, and seconds without a sample are undefined.
 */
export class TrendLog {
  /** All of the same length, changed in place. */
  readonly trends = emptyTrends();
  #lastS?: number;

  push(startMs: number, endMs: number, now: Partial<Record<TrendName, number>>): void {
    if (endMs <= startMs) return;
    const startS = Math.floor(startMs / 1000);
    const endS = Math.floor(endMs / 1000);
    const lastS = this.#lastS ?? Math.min(startS, endS - 1);
    if (endS <= lastS) {
      this.#raise(now);
      return;
    }
    const gap = Math.min(TREND_SECONDS, Math.max(0, startS - lastS));
    const covered = Math.min(TREND_SECONDS, endS - Math.max(lastS, startS));
    for (const name of TRENDS) {
      const values = this.trends[name];
      for (let i = 0; i < gap; i++) values.push(undefined);
      for (let i = 0; i < covered; i++) values.push(now[name]);
      if (values.length > TREND_SECONDS) values.splice(0, values.length - TREND_SECONDS);
    }
    this.#lastS = endS;
  }

  #raise(now: Partial<Record<TrendName, number>>): void {
    for (const name of TRENDS) {
      const values = this.trends[name];
      const value = now[name];
      const before = values.at(-1);
      if (value !== undefined && values.length > 0) values[values.length - 1] = Math.max(before ?? value, value);
    }
  }
}
