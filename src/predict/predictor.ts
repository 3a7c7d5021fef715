import {Alarm, type Urgency} from './alarm.ts';
import {type LeakHint, LeakWatch} from './leak.ts';
import {demandOf, type MemoryPoint} from './point.ts';
import {HORIZON_MS, type Outlook, type Prediction, Scope} from './scope.ts';

/** A prediction of the scope that was named so. */
export interface ScopePrediction extends Prediction {
  id: string;
  /** It is an event in this interval. */
  alarm?: Urgency;
}

/** A leak hint of the scope that was named so. */
export interface ScopeLeak extends LeakHint {
  id: string;
}

/** Scopes kept. What is more has no prediction. */
const MAX_SCOPES = 20_000;
/** Full looks in an interval: the most urgent scopes first; the others keep what was last said of them. */
const LOOKS = 40;
/** Those of the looks that go to scopes in turn, so that none waits for ever. */
const IN_TURN = 10;
/** Looks for growth over a long time in an interval. */
const LEAK_LOOKS = 40;
/** By a glance, more is far away (the exact time may be half of it). */
const FAR_MS = 2 * HORIZON_MS;
/** Nothing is told of them yet, but by a glance they are full within so long. */
const SUSPECT_MS = 120_000;
const MAX_SUSPECTS = 8;
/** What was last said of a scope is said again for so long. */
const STALE_MS = 5000;

interface Kept {
  scope: Scope;
  alarm: Alarm;
  leak: LeakWatch;
  hint?: LeakHint;
  identity?: string;
  lookedMs: number;
  outlook?: Outlook;
  round: number;
  /** The interval of its last point. */
  pushed: number;
}

/**
 * Predictions for any number of scopes (limited cgroups, processes below them, the host), each by a name of the caller's. An
 * interval is: a point for each scope (or `keep`), then `predict`; scopes that got neither have ended.
 */
export class Predictor {
  readonly #kept = new Map<string, Kept>();
  #round = 0;
  /** Monotonic milliseconds of the newest point. */
  #nowMs = 0;
  /** Names of scopes whose turn to be looked at comes. */
  #inTurn: string[] = [];
  #suspects: string[] = [];

  /** A point of another identity than the last one's, or of an earlier time, is the first of a new scope. */
  push(id: string, point: MemoryPoint): void {
    let kept = this.#kept.get(id);
    if (!kept || kept.identity !== point.identity || point.ms < kept.scope.ms) {
      if (!kept && this.#kept.size >= MAX_SCOPES) return;
      kept = {...fresh(), identity: point.identity};
      this.#kept.set(id, kept);
    }
    kept.round = kept.pushed = this.#round;
    this.#nowMs = point.ms;
    kept.scope.push(point);
    const demand = demandOf(point);
    if (demand !== undefined) kept.leak.push(point.ms, demand);
  }

  /** Nothing new is known of a scope, and it hasn't ended. */
  keep(id: string, identity?: string): void {
    const kept = this.#kept.get(id);
    if (kept && kept.identity === identity) kept.round = this.#round;
  }

  /** All predictions of this interval, the nearest first; forgets the scopes that have ended. */
  predict(): ScopePrediction[] {
    const candidates: [string, Kept, number][] = [];
    for (const [id, kept] of this.#kept) {
      if (kept.round !== this.#round) this.#kept.delete(id);
      else candidates.push([id, kept, kept.scope.urgencyMs]);
    }
    this.#look(candidates);
    this.#suspects = candidates
      .filter(([, kept, urgencyMs]) => !kept.outlook && urgencyMs < SUSPECT_MS)
      .toSorted((a, b) => a[2] - b[2])
      .slice(0, MAX_SUSPECTS)
      .map(([id]) => id);
    const told: ScopePrediction[] = [];
    for (const [id, kept] of candidates) {
      const isNew = kept.pushed === this.#round && kept.lookedMs === kept.scope.ms;
      const nowMs = isNew ? kept.scope.ms : Math.max(this.#nowMs, kept.scope.ms);
      const outlook = isNew ? kept.outlook : aged(kept.outlook, (nowMs - kept.lookedMs) / 1000);
      const alarm = kept.alarm.judge(outlook, nowMs);
      if (outlook) told.push({id, ...bare(outlook), ...(alarm && {alarm})});
    }
    this.#round++;
    return told.sort((a, b) => a.eta_s - b.eta_s);
  }

  /** The scopes that have only grown, over a long time. A few of all are looked at in each interval; the others stay as they were. */
  leaks(): ScopeLeak[] {
    let looks = Math.min(LEAK_LOOKS, this.#kept.size);
    while (looks-- > 0) {
      if (this.#inTurn.length === 0) this.#inTurn = [...this.#kept.keys()];
      const kept = this.#kept.get(this.#inTurn.pop() as string);
      if (kept) kept.hint = kept.leak.hint();
    }
    return [...this.#kept].flatMap(([id, {hint}]) => (hint ? [{id, ...hint}] : []));
  }

  /** The scopes, by the last `predict`, of which something may be told soon: by a glance they are full within two minutes. */
  suspects(): readonly string[] {
    return this.#suspects;
  }

  #look(all: [string, Kept, number][]): void {
    const due: [string, Kept, number][] = [];
    for (const each of all) {
      const [, kept, urgencyMs] = each;
      if (urgencyMs < FAR_MS) due.push(each);
      else this.#say(kept, undefined);
    }
    if (due.length > LOOKS) {
      due.sort((a, b) => a[2] - b[2]);
      const waiting = due.splice(LOOKS - IN_TURN).sort((a, b) => a[1].lookedMs - b[1].lookedMs);
      due.push(...waiting.slice(0, IN_TURN));
      for (const [, kept] of waiting.slice(IN_TURN)) {
        if (kept.scope.ms - kept.lookedMs > STALE_MS) kept.outlook = undefined;
      }
    }
    for (const [, kept] of due) this.#say(kept, kept.scope.outlook());
  }

  #say(kept: Kept, outlook: Outlook | undefined): void {
    kept.outlook = outlook;
    kept.lookedMs = kept.scope.ms;
  }
}

function fresh(): Kept {
  const [lookedMs, round] = [Number.NEGATIVE_INFINITY, 0];
  return {scope: new Scope(), alarm: new Alarm(), leak: new LeakWatch(), lookedMs, round, pushed: round};
}

/** What was told from a point of so many seconds ago; undefined when it should have come by now. */
function aged(outlook: Outlook | undefined, s: number): Outlook | undefined {
  if (!outlook || outlook.eta_high_s <= s) return undefined;
  const {eta_s, eta_low_s, eta_high_s} = outlook;
  return {
    ...outlook,
    eta_s: Math.max(0, eta_s - s),
    eta_low_s: Math.max(0, eta_low_s - s),
    eta_high_s: eta_high_s - s,
  };
}

function bare({quickening: _quickening, growing: _growing, ...prediction}: Outlook): Prediction {
  return prediction;
}
