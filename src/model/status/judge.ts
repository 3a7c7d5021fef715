import type {Status} from '../../types/stream.ts';

/** What a rule says now. `why` is empty when it is OK. */
export interface Verdict {
  level: 'OK' | 'WARNING' | 'CRITICAL';
  why: string;
}

export const OK: Verdict = {level: 'OK', why: ''};

const LEVELS = ['WARNING', 'CRITICAL'] as const;
type Level = (typeof LEVELS)[number];

/** One event meets its rule this long; a level clears this long after its rule was last met (milliseconds). */
const HOLD_MS = 30_000;
const CLEAR_MS = 30_000;

interface LevelState {
  /** Until when the rule was last met: the sample's time, or a trigger's end. Undefined: not raised. */
  metMs?: number;
  /** When the evidence for it was last seen. */
  seenMs?: number;
  /** Since when it has been seen below. */
  belowMs?: number;
  why: string;
}

const RANK: Record<Status, number> = {UNKNOWN: 0, OK: 1, WARNING: 2, CRITICAL: 3};

export function worse(a: Status, b: Status): Status {
  return RANK[a] >= RANK[b] ? a : b;
}

export function worseVerdict(a: Verdict, b: Verdict): Verdict {
  return RANK[b.level] > RANK[a.level] ? b : a;
}

/**
 * Status of one subsystem with hysteresis. Rules look at the last 30 s, a level clears after 30 s below its rule:
 * together the judgement is over the last 60 s, and what is older than that never counts, also across gaps.
 */
export class Judge {
  readonly #levels: Record<Level, LevelState> = {WARNING: {why: ''}, CRITICAL: {why: ''}};

  /**
   * A rule over windows, judged at a sample that covers (startMs, nowMs].
   * Time that no sample covers is not taken as time below the rule.
   */
  rule(verdict: Verdict, startMs: number, nowMs: number): void {
    for (const level of LEVELS) {
      const state = this.#levels[level];
      if (RANK[verdict.level] >= RANK[level]) {
        state.metMs = Math.max(nowMs, state.metMs ?? nowMs);
        state.seenMs = nowMs;
        state.belowMs = undefined;
        state.why = verdict.why;
      } else if (state.metMs !== undefined) {
        state.belowMs ??= Math.max(state.metMs, startMs);
      }
    }
  }

  /** One event that is enough by itself: its rule is met until 30 s after it. */
  trigger(level: Level, why: string, atMs: number): void {
    for (const each of LEVELS) {
      if (RANK[level] < RANK[each]) continue;
      const state = this.#levels[each];
      const until = atMs + HOLD_MS;
      if (state.metMs === undefined || until > state.metMs) {
        state.metMs = until;
        state.seenMs = atMs;
        state.belowMs = undefined;
      }
      state.why = why;
    }
  }

  /** The status at `nowMs`, and why it isn't OK (with how long ago, once its rule is no longer met). */
  at(nowMs: number): {status: Status; why: string} {
    for (const level of ['CRITICAL', 'WARNING'] as const) {
      const state = this.#levels[level];
      if (state.metMs === undefined) continue;
      if (this.#cleared(state, nowMs)) {
        this.#levels[level] = {why: ''};
        continue;
      }
      const ago = Math.round((nowMs - state.metMs) / 1000);
      return {status: level, why: ago > 0 ? `${state.why}; below for ${ago} s` : state.why};
    }
    return {status: 'OK', why: ''};
  }

  #cleared({seenMs = 0, belowMs}: LevelState, nowMs: number): boolean {
    return nowMs - seenMs >= HOLD_MS + CLEAR_MS || (belowMs !== undefined && nowMs - belowMs >= CLEAR_MS);
  }
}
