import {findProbe} from '../probes/catalog.ts';
import type {Counter} from '../types/stream.ts';
import {percent} from '../util/format.ts';
import {type ProbeCost, systemNs} from './cost.ts';
import {Governor, type ProbeShare} from './governor.ts';
import type {LiveProbes} from './live-probes.ts';

/** How long a paused probe is attached to see what it would cost. */
const LOOK_MS = 20;
/** A sample that comes once a second comes before the timer: no wake-up more. */
const SLACK_MS = 200;

/** Measures what the probes cost, pauses those that are too dear, and brings them back when there is room. */
export class Overhead {
  private readonly governor: Governor;
  private timer: NodeJS.Timeout | undefined;
  private trial: {id: string; method: string; at: number} | undefined;
  private stopped = false;
  private saidHelpless = false;

  constructor(
    private readonly cost: ProbeCost,
    private readonly probes: LiveProbes,
    /** Percent of all CPUs' time. */
    private readonly budgetPct: number,
    /** Tells of a probe whose state has changed. */
    private readonly announce: (id: string) => void,
    /** Tells, once, that the budget is passed by what can't be paused: percent of all CPUs' time. */
    private readonly complain: (pct: number) => void,
  ) {
    this.governor = new Governor(budgetPct);
  }

  /** Does something whose time in the kernel counts as kstop's own: reading maps, iterators and files. */
  sampling<T>(read: () => T): T {
    const before = systemNs();
    const result = read();
    this.cost.spend(systemNs() - before);
    return result;
  }

  /** Nanoseconds of all until now. */
  totalNs(): number {
    this.look(SLACK_MS);
    return this.cost.totalNs();
  }

  counters(): Counter[] {
    return this.cost.counters();
  }

  /** Looks at the costs. From then on a timer does, so that whoever is slow to read the samples delays nothing. */
  look(slackMs = 0): void {
    if (this.stopped) {
      this.cost.account(performance.now());
      return;
    }
    const now = performance.now();
    if (this.trial && now - this.trial.at >= LOOK_MS) this.endTrial(this.trial);
    this.cost.tick(now);
    const spent = this.cost.account(now);
    // While a probe is tried its cost is nobody's: the look is over in a moment.
    if (spent && !this.trial) {
      const shares = [...spent.probes].map(([id, pct]) => ({id, pct, optional: findProbe(id)?.essential !== true}));
      for (const dear of this.governor.account(now, spent.elapsedMs, shares, spent.own)) this.pause(dear);
      this.admit(now);
      const due = this.governor.due(now, LOOK_MS);
      if (due !== undefined) this.try(due);
    }
    this.schedule(this.trial ? LOOK_MS - (now - this.trial.at) + 1 : this.governor.waitMs(now) + slackMs);
  }

  /** The user has switched a probe. */
  switched(id: string): void {
    if (this.trial?.id === id) this.trial = undefined;
    this.governor.forget(id);
    this.schedule(0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.cost.stop();
  }

  private admit(now: number): void {
    const pct = this.saidHelpless ? undefined : this.governor.helplessPct(now);
    if (pct === undefined) return;
    this.saidHelpless = true;
    this.complain(pct);
  }

  private pause({id, pct}: ProbeShare): void {
    const reason = `paused by the overhead governor: ${percent(pct)} of all CPUs’ time, budget ${percent(this.budgetPct)} (--max-overhead)`;
    this.probes.pause(id, reason);
    this.announce(id);
  }

  private try(id: string): void {
    const method = this.probes.try(id);
    if (method === undefined) {
      this.governor.forget(id);
      this.announce(id);
      return;
    }
    this.cost.rebase(id, method);
    this.trial = {id, method, at: performance.now()};
  }

  private endTrial({id, method, at}: {id: string; method: string; at: number}): void {
    this.trial = undefined;
    const now = performance.now();
    const pct = this.cost.since(id, method, now - at);
    const stays = this.governor.tried(id, pct, now - at, now);
    this.probes.settleTrial(id, stays);
    if (stays) this.announce(id);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.look(), Math.ceil(ms));
    this.timer.unref();
  }
}
