import type {Histogram} from '../types/stream.ts';
import {percentileText} from '../util/format.ts';
import {OK, type Verdict} from './judge.ts';
import {type Cells, percentile} from './percentile.ts';
import {merge, Timeline} from './timeline.ts';

export const WINDOW_MS = 10_000;
const WINDOWS = 3;
const NEEDED = 2;
const MIN_SAMPLES = 20;
/** A hostile stream can't make more of them than this. */
const MAX_KEYS = 256;

/**
 * The judgement by percentile: over threshold in 2 of the last 3 10-s windows with at least 20 samples each.
 * Kept apart by key (block: by device), because a busy fast disk must not hide a slow one.
 */
export class LatencyWindows {
  readonly #byKey = new Map<string, Timeline>();

  push(key: string, startMs: number, endMs: number, histogram: Histogram): void {
    let timeline = this.#byKey.get(key);
    if (!timeline) {
      if (this.#byKey.size >= MAX_KEYS) return;
      timeline = new Timeline(histogram.bounds);
      this.#byKey.set(key, timeline);
    }
    if (timeline.bounds.length === histogram.bounds.length) timeline.push(startMs, endMs, histogram);
  }

  expire(nowMs: number): void {
    for (const [key, timeline] of this.#byKey) {
      timeline.expire(nowMs - WINDOWS * WINDOW_MS);
      if (timeline.empty) this.#byKey.delete(key);
    }
  }

  /** All keys as one, over the last 10 s. */
  last(nowMs: number): Cells | undefined {
    return merge([...this.#byKey.values()].map((timeline) => timeline.window(nowMs - WINDOW_MS, nowMs)));
  }

  /** The last 10 s by key. */
  lastByKey(nowMs: number): Map<string, Cells> {
    return new Map([...this.#byKey].map(([key, timeline]) => [key, timeline.window(nowMs - WINDOW_MS, nowMs)]));
  }

  /** The worst key's verdict. `describe` completes the sentence with what is known of the key. */
  verdict(nowMs: number, warnUs: number, critUs: number, describe: (key: string, text: string) => string): Verdict {
    let worst: {verdict: Verdict; p99: number} = {verdict: OK, p99: 0};
    for (const [key, timeline] of this.#byKey) {
      const p99s = p99sOf(timeline, nowMs);
      const over = (threshold: number) => p99s.filter((p99) => p99 >= threshold).length;
      if (over(warnUs) < NEEDED) continue;
      const critical = over(critUs) >= NEEDED;
      const limit = critical ? critUs : warnUs;
      const p99 = p99s.find((each) => each >= limit) ?? 0;
      const why = describe(key, `p99 ${percentileText(p99)} in ${over(limit)} of the last 3 10-s windows`);
      const level = critical ? 'CRITICAL' : 'WARNING';
      const better = worst.verdict.level === 'CRITICAL' && !critical;
      if (!better && (p99 > worst.p99 || level !== worst.verdict.level)) worst = {verdict: {level, why}, p99};
    }
    return worst.verdict;
  }
}

/** The p99 of each of the last three windows that has enough samples, newest first. */
function p99sOf(timeline: Timeline, nowMs: number): number[] {
  const p99s: number[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    const cells = timeline.window(nowMs - (i + 1) * WINDOW_MS, nowMs - i * WINDOW_MS);
    const p99 = cells.count >= MIN_SAMPLES - 1e-6 ? percentile(cells, 0.99) : undefined;
    if (p99 !== undefined) p99s.push(p99);
  }
  return p99s;
}
