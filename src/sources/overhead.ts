import {findProbe} from '../probes/catalog.ts';
import type {Counter} from '../types/stream.ts';
import {percent} from '../util/format.ts';
import {type ProbeCost, systemNs} from './cost.ts';
import {Governor, type ProbeShare} from './governor.ts';
import type {LiveProbes} from './live-probes.ts';

/** A sample that comes once a second comes before the timer: no wake-up more. */
const SLACK_MS = 200;

/** A probe that is tried. */
interface Trial {
  id: string;
  method: string;
  /** When it was last looked at, or began to be attached, and when it was attached. */
  at: number;
  attachedAt: number;
  looked: boolean;
}

/** Measures what the probes cost, pauses those that are too dear, and brings them back when there is room. */
export class Overhead {
  private readonly governor: Governor;
  private timer: NodeJS.Timeout | undefined;
  private trial: Trial | undefined;
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
    this.cost.tick(now);
    const spent = this.cost.account(now);
    if (spent) {
      const shares = [...spent.probes].map(([id, pct]) => ({id, pct, optional: findProbe(id)?.essential !== true}));
      for (const dear of this.governor.account(now, spent.elapsedMs, shares, spent.own)) this.pause(dear);
      this.admit(now);
    }
    if (this.trial) this.lookAt(this.trial, now);
    else if (spent) this.tryNext(now);
    const next = this.trial && this.lookDue(this.trial) - performance.now() + 1;
    this.schedule(next ?? this.governor.waitMs(now) + slackMs);
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

  /** Attaching may take longer than the look: what the probe costs meanwhile counts too. */
  private tryNext(now: number): void {
    const id = this.governor.due(now);
    if (id === undefined) return;
    this.cost.rebase(id);
    const at = performance.now();
    const method = this.probes.try(id);
    if (method === undefined) {
      this.governor.forget(id);
      this.announce(id);
    } else this.trial = {id, method, at, looked: false, attachedAt: performance.now()};
  }

  /** Looks at a probe that is tried, when it is time. */
  private lookAt(trial: Trial, now: number): void {
    const {id, method} = trial;
    if (now < this.lookDue(trial)) return;
    const ms = now - trial.at;
    const verdict = this.governor.tried(id, this.cost.since(id, method, ms), ms, now);
    this.trial = verdict === 'look on' ? {...trial, at: now, looked: true} : undefined;
    if (verdict === 'look on') return;
    this.probes.settleTrial(id, verdict === 'stays');
    if (verdict === 'stays') this.announce(id);
    else if (!trial.looked) this.governor.took(id, performance.now() - trial.at);
  }

  /** When a probe that is tried is to be looked at (again). */
  private lookDue({id, at, looked, attachedAt}: Trial): number {
    return (looked ? at : attachedAt) + this.governor.lookMs(id);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => this.look(), Math.ceil(ms));
    this.timer.unref();
  }
}
