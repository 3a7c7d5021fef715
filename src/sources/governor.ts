/** What a probe costs, in percent of all CPUs' time. */
export interface ProbeShare {
  id: string;
  pct: number;
  /** May it be paused? */
  optional: boolean;
}

/** Time over which the cost is held to the budget: what is dearer is noticed the sooner. */
const WINDOW_MS = 4000;
/** A probe that costs less than this share of the budget is no help when it is paused. */
const DEAR = 0.05;
/** The same where the budget is passed by what can't be paused: only what is much of it by itself. */
const DEAR_IN_VAIN = 0.2;
/** What shall be left of the budget when a probe has come back: else it would soon have to go again. */
const ROOM = 0.8;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 300_000;
/** A look that finds no room is cheap: it makes the next one wait no longer than this. */
const LONGEST_LOOK_WAIT_MS = 60_000;
/**
 * How long a probe that is tried is attached before it is looked at, time after time: a short look may fall into a lull of
 * the load, and the first must be short, for it is made blindly.
 */
const LOOKS_MS = [20, 40, 80, 160, 320, 640] as const;
/** Attaching, the first look and detaching again, until it is known how long they take. */
const FIRST_LOOK_MS = 60;
/** One that took longer met a hiccup of the machine. */
const SLOWEST_LOOK_MS = 200;
/** What is left of the budget over so long may go into one look. */
const LOOK_CREDIT_MS = 8000;
/** A probe that has just come back is watched closely for so long. */
const PROBATION_MS = 10_000;
/** A probe that has run so long since it came back starts anew with the shortest wait. */
const RAN_WELL_MS = 60_000;
/** Over the budget for so long with nothing left to pause: that is how it will stay. */
const HELPLESS_MS = 10_000;
const CALM_MS = 1000;
const ALERT_MS = 250;

interface Account {
  ms: number;
  shares: Map<string, number>;
  fixed: number;
}

interface Paused {
  /** What it cost when it was paused, or last tried. */
  pct: number;
  tryAt: number;
  /** Looks of the present trial that found room. */
  looks: number;
}

/** After a look at a probe that is tried: it is on again, waits on, or is looked at once more. */
export type Verdict = 'stays' | 'waits' | 'look on';

/** What became of a probe that was on again. */
interface Returned {
  at: number;
  waitMs: number;
}

/**
 * Holds the probes' cost to a budget: says which to pause and when to try one again. Pure: costs and time come from
 * outside. What is spent over 4 s may not be more than the budget allows; of the probes that may be paused the dearest
 * goes first. One that was paused is tried after 10 s, and stays when look after look, in 1.3 s, finds room for it. Else the
 * wait for the next trial doubles, up to a minute; when it came back and soon had to go again, up to 5 min.
 */
export class Governor {
  readonly #budget: number;
  readonly #accounts: Account[] = [];
  readonly #paused = new Map<string, Paused>();
  readonly #returned = new Map<string, Returned>();
  readonly #tookMs = new Map<string, number>();
  #overSince?: number;

  /** `budgetPct`: percent of all CPUs' time. */
  constructor(budgetPct: number) {
    this.#budget = budgetPct;
  }

  /**
   * Takes what the probes that are on have cost since the last account (`fixedPct`: what belongs to none of them);
   * returns those to pause now, each with what it costs.
   */
  account(nowMs: number, elapsedMs: number, probes: readonly ProbeShare[], fixedPct: number): ProbeShare[] {
    if (elapsedMs > 0) {
      const ms = Math.min(elapsedMs, WINDOW_MS);
      this.#accounts.push({ms, shares: new Map(probes.map(({id, pct}) => [id, pct])), fixed: fixedPct});
      this.#expire();
    }
    const pausable = probes.filter(({optional}) => optional).map((probe) => ({...probe, pct: this.#costOf(probe.id)}));
    pausable.sort((a, b) => b.pct - a.pct);
    let spent = this.spentPct(probes.map(({id}) => id));
    const rest = probes.reduce((sum, {optional, pct}) => sum + (optional ? 0 : pct), fixedPct);
    const dear = (rest > this.#budget ? DEAR_IN_VAIN : DEAR) * this.#budget;
    const out: ProbeShare[] = [];
    for (const probe of pausable) {
      if (spent <= this.#budget || probe.pct < dear) break;
      spent -= this.#mean(probe.id);
      this.#pause(probe, nowMs);
      out.push(probe);
    }
    this.#overSince = spent > this.#budget ? (this.#overSince ?? nowMs) : undefined;
    return out;
  }

  /** How long the next look at this probe lasts, or the first at any. */
  lookMs(id?: string): number {
    return LOOKS_MS[(id !== undefined && this.#paused.get(id)?.looks) || 0]!;
  }

  /** A first look that led to nothing kept the probe attached for so long. */
  took(id: string, ms: number): void {
    this.#tookMs.set(id, Math.min(ms, SLOWEST_LOOK_MS));
  }

  /** The probe to try now, if one is due and the first look at it can be afforded. */
  due(nowMs: number): string | undefined {
    const left = (this.#budget - this.spentPct()) * LOOK_CREDIT_MS;
    const ready = [...this.#paused].filter(
      ([id, {pct, tryAt}]) =>
        nowMs >= tryAt && (pct * (this.#tookMs.get(id) ?? FIRST_LOOK_MS) <= left || nowMs >= tryAt + LONGEST_WAIT_MS),
    );
    ready.sort(([, a], [, b]) => a.pct - b.pct);
    return ready[0]?.[0];
  }

  /** What a probe that is tried has cost since the look before, `lookMs` ago. */
  tried(id: string, pct: number, lookMs: number, nowMs: number): Verdict {
    const paused = this.#paused.get(id);
    if (!paused) return 'stays';
    const wait = this.#returned.get(id)?.waitMs ?? FIRST_WAIT_MS;
    if (pct + this.spentPct() <= ROOM * this.#budget) {
      paused.looks++;
      if (paused.looks < LOOKS_MS.length) {
        this.#spend(id, pct, lookMs);
        return 'look on';
      }
      this.#paused.delete(id);
      this.#forgetCost(id);
      this.#returned.set(id, {at: nowMs, waitMs: wait});
      return 'stays';
    }
    this.#spend(id, pct, lookMs);
    const next = Math.max(wait, Math.min(2 * wait, LONGEST_LOOK_WAIT_MS));
    this.#returned.set(id, {at: nowMs, waitMs: next});
    this.#paused.set(id, {pct, tryAt: nowMs + next, looks: 0});
    return 'waits';
  }

  /** The user has switched it: what was is forgotten. */
  forget(id: string): void {
    this.#paused.delete(id);
    this.#returned.delete(id);
    this.#forgetCost(id);
  }

  /** Mean cost over the window of these probes, and of what belongs to none; without ids of all. */
  spentPct(ids?: readonly string[]): number {
    let sum = 0;
    for (const {ms, shares, fixed} of this.#accounts) {
      sum += fixed * ms;
      for (const [id, pct] of shares) if (!ids || ids.includes(id)) sum += pct * ms;
    }
    return sum / WINDOW_MS;
  }

  /** Percent of all CPUs' time that is spent although nothing is left to pause; undefined while the budget is held. */
  helplessPct(nowMs: number): number | undefined {
    if (this.#overSince === undefined || nowMs - this.#overSince < HELPLESS_MS) return undefined;
    return this.spentPct();
  }

  /** Milliseconds until the next account is wanted. */
  waitMs(nowMs: number): number {
    const alert = this.spentPct() > this.#budget / 4 || this.#isOnProbation(nowMs);
    const most = alert ? ALERT_MS : CALM_MS;
    const tries = [...this.#paused.values()].map(({tryAt}) => Math.max(ALERT_MS, tryAt - nowMs));
    return Math.min(most, ...tries);
  }

  /** Has a probe come back a moment ago? */
  #isOnProbation(nowMs: number): boolean {
    return [...this.#returned].some(([id, {at}]) => nowMs - at < PROBATION_MS && !this.#paused.has(id));
  }

  #pause({id, pct}: ProbeShare, nowMs: number): void {
    const before = this.#returned.get(id);
    const again = before !== undefined && nowMs - before.at < RAN_WELL_MS;
    const waitMs = again ? Math.min(2 * before.waitMs, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    this.#returned.set(id, {at: nowMs, waitMs});
    this.#paused.set(id, {pct, tryAt: nowMs + waitMs, looks: 0});
  }

  /** What it costs now: a storm that has just begun is still small over the window. */
  #costOf(id: string): number {
    return Math.max(this.#accounts.at(-1)?.shares.get(id) ?? 0, this.#mean(id));
  }

  #mean(id: string): number {
    return this.#accounts.reduce((sum, {ms, shares}) => sum + (shares.get(id) ?? 0) * ms, 0) / WINDOW_MS;
  }

  /** A look is paid for whatever it leads to: within the last account, for its time is accounted anyway. */
  #spend(id: string, pct: number, lookMs: number): void {
    const last = this.#accounts.at(-1);
    if (last) last.shares.set(id, (last.shares.get(id) ?? 0) + (pct * lookMs) / last.ms);
  }

  #forgetCost(id: string): void {
    for (const {shares} of this.#accounts) shares.delete(id);
  }

  /** Leaves exactly the window, or less in its beginning. */
  #expire(): void {
    let over = this.#accounts.reduce((sum, {ms}) => sum + ms, 0) - WINDOW_MS;
    while (over > 0) {
      const oldest = this.#accounts[0]!;
      if (oldest.ms > over) {
        oldest.ms -= over;
        return;
      }
      over -= oldest.ms;
      this.#accounts.shift();
    }
  }
}
