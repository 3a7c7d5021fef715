import type {Histogram} from '../../types/stream.ts';
import {percentileText} from '../../util/format.ts';
import {type Cells, percentile} from '../percentile.ts';
import {OK, type Verdict} from './judge.ts';
import {merge, Timeline} from './timeline.ts';

export const WINDOW_MS = 10_000;
const WINDOWS = 3;
const NEEDED = 2;
const MIN_SAMPLES = 20;
/** Where more than one slow sample is asked for, this part of a small window's samples is enough. */
const FIRM_PART = 0.05;
/** What is slow so soon after a window that was over belongs to that one: a short burst must not count twice. */
const SPILL_MS = 3000;
/** A hostile stream can't make more of them than this. */
const MAX_KEYS = 256;

/** A window that has passed. Percentiles in microseconds; undefined: too few samples. */
interface Closed {
  endMs: number;
  p99?: number;
  /** What is judged of it, and of it without its first SPILL_MS. */
  firm?: number;
  lateFirm?: number;
}

interface Line {
  timeline: Timeline;
  /** Oldest first; one more than is judged, for what spills out of it. */
  closed: Closed[];
}

/**
 * The judgement by percentile: over threshold in 2 of the last 3 10-s windows with at least 20 samples each.
 * The windows are fixed and disjoint: they begin at the whole tens of seconds of the monotonic clock, and count once
 * they have passed. Kept apart by key (block: by device), because a busy fast disk must not hide a slow one.
 */
export class LatencyWindows {
  readonly #byKey = new Map<string, Line>();

  /** `slowNeeded`: how many samples of a window must be slow before its p99 counts, or 5 % of them where it has few. */
  constructor(private readonly slowNeeded = 1) {}

  push(key: string, startMs: number, endMs: number, histogram: Histogram): void {
    let line = this.#byKey.get(key);
    if (!line) {
      if (this.#byKey.size >= MAX_KEYS) return;
      line = {timeline: new Timeline(histogram.bounds), closed: []};
      this.#byKey.set(key, line);
    }
    if (line.timeline.bounds.length === histogram.bounds.length) line.timeline.push(startMs, endMs, histogram);
  }

  /** Judges the windows that have passed at `nowMs` and forgets what no longer counts. After all pushes of a sample. */
  advance(nowMs: number): void {
    const endMs = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;
    const oldestMs = endMs - WINDOWS * WINDOW_MS;
    for (const [key, line] of this.#byKey) {
      const {timeline} = line;
      const doneMs = line.closed.at(-1)?.endMs ?? 0;
      for (let end = Math.max(oldestMs, doneMs + WINDOW_MS); end <= endMs; end += WINDOW_MS)
        line.closed.push(close(timeline, end, this.slowNeeded));
      line.closed = line.closed.filter((each) => each.endMs >= oldestMs);
      // The last 10 s are shown, and what hasn't passed yet is to be judged.
      timeline.expire(Math.min(endMs, nowMs - WINDOW_MS));
      if (timeline.empty && line.closed.every(({p99}) => p99 === undefined)) this.#byKey.delete(key);
    }
  }

  /** All keys as one, over the last 10 s. */
  last(nowMs: number): Cells | undefined {
    return merge([...this.lastByKey(nowMs).values()]);
  }

  /** The last 10 s by key. */
  lastByKey(nowMs: number): Map<string, Cells> {
    const window = ({timeline}: Line) => timeline.window(nowMs - WINDOW_MS, nowMs);
    return new Map([...this.#byKey].map(([key, line]) => [key, window(line)]));
  }

  /** The keys that are over a threshold in enough windows. */
  over(warnUs: number, critUs: number): Map<string, Over> {
    const found = new Map<string, Over>();
    for (const [key, {closed}] of this.#byKey) {
      const warning = over(closed, warnUs);
      if (warning.length < NEEDED) continue;
      const critical = over(closed, critUs);
      if (critical.length >= NEEDED) found.set(key, {level: 'CRITICAL', p99s: critical});
      else found.set(key, {level: 'WARNING', p99s: warning});
    }
    return found;
  }
}

/** A key's level, and the p99s of the windows that made it so (oldest first, microseconds). */
export interface Over {
  level: 'WARNING' | 'CRITICAL';
  p99s: number[];
}

/** The worst key's verdict. `describe` completes the sentence with what is known of the key. */
export function worstOf(all: ReadonlyMap<string, Over>, describe: (key: string, text: string) => string): Verdict {
  let worst: {verdict: Verdict; p99: number} = {verdict: OK, p99: 0};
  for (const [key, {level, p99s}] of all) {
    const p99 = p99s.at(-1) as number;
    const better = worst.verdict.level === 'CRITICAL' && level === 'WARNING';
    if (better || (p99 <= worst.p99 && level === worst.verdict.level)) continue;
    const why = describe(key, `p99 ${percentileText(p99)} in ${p99s.length} of the last 3 10-s windows`);
    worst = {verdict: {level, why}, p99};
  }
  return worst.verdict;
}

function close(timeline: Timeline, endMs: number, slowNeeded: number): Closed {
  const startMs = endMs - WINDOW_MS;
  const whole = timeline.window(startMs, endMs);
  // A hair less, as prorated counts are fractions.
  if (whole.count < MIN_SAMPLES - 1e-6) return {endMs};
  return {
    endMs,
    p99: percentile(whole, 0.99),
    firm: firm(whole, slowNeeded),
    lateFirm: firm(timeline.window(startMs + SPILL_MS, endMs), slowNeeded),
  };
}

/**
 * The 99th percentile where it rests on `slowNeeded` samples; of a smaller distribution the percentile that so many lie
 * above, but at least the 95th. Never the slowest sample: of fewer than 100 that would be the p99, and one slow wait is
 * an event (with a rule of its own), not a distribution.
 */
function firm(cells: Cells, slowNeeded: number): number | undefined {
  if (cells.count < 2) return undefined;
  const above = Math.max(1, Math.min(slowNeeded, FIRM_PART * cells.count));
  return percentile(cells, Math.min(0.99, 1 - above / cells.count));
}

/** The p99s of those of the last three windows that are over the threshold, oldest first. */
function over(closed: readonly Closed[], thresholdUs: number): number[] {
  const p99s: number[] = [];
  let spilling = Number.NEGATIVE_INFINITY;
  const last = closed.at(-1)?.endMs ?? 0;
  for (const {endMs, p99, firm, lateFirm} of closed) {
    const decisive = spilling === endMs - WINDOW_MS ? Math.min(firm ?? 0, lateFirm ?? 0) : (firm ?? 0);
    if (decisive < thresholdUs) continue;
    spilling = endMs;
    if (endMs > last - WINDOWS * WINDOW_MS) p99s.push(p99 as number);
  }
  return p99s;
}
