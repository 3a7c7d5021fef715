import {readFileSync} from 'node:fs';
import {cpus} from 'node:os';
import type {Engine} from '../native/engine.ts';
import type {ProbeCounts} from '../native/snapshot.ts';
import type {Counter} from '../types/stream.ts';
import {calibratedNs, hookNs, STATISTICS_NS} from './hook-costs.ts';

/** A probe that has run less often than this during a measurement is too quiet to be measured. */
const MIN_RUNS = 100;
/** So many runs that one that was interrupted (or whose CPU the hypervisor took away) doesn't spoil their mean. */
const SURE_RUNS = 10_000;
/** A mean of fewer may raise a figure by no more than this at a time. */
const MAX_RISE = 3;
const MEASURE_MS = 400;
const MEASURE_EVERY_MS = 30_000;
/**
 * What kstop itself spends in the kernel comes in lumps: the statistics are switched twice in 30 s, and the kernel tells a
 * thread's system time by sampling at its ticks. It is spread over so long, as a budget is one over ten seconds.
 */
const SPREAD_MS = 10_000;
/** Sooner when a probe is called twice as often as when it was last measured, but not more often than this. */
const MEASURE_AGAIN_MS = 5000;
/** Calls a second below which nobody minds what one costs. */
const MIN_RATE = 1000;

/** With isolated CPUs nothing may patch code on all CPUs (which switching the statistics does). */
function hasIsolatedCpus(): boolean {
  try {
    return readFileSync('/sys/devices/system/cpu/isolated', 'latin1').trim() !== '';
  } catch {
    return false;
  }
}

interface Measured {
  nsPerRun: number;
  before?: ProbeCounts;
  /** Runs as of the last account, and a second since the one before. */
  runs: number;
  rate: number;
  /** The rate that its time was measured at. */
  measuredRate: number;
  /** Of its runs since it was first seen, the hook included. */
  ns: number;
}

/** What an account found since the one before: percent of all CPUs' time. */
export interface CostShares {
  elapsedMs: number;
  probes: Map<string, number>;
  /** What belongs to none of them: measuring them, and reading what they counted. */
  own: number;
}

/**
 * What the probes cost the host: runs (counted by the programs) x nanoseconds a run + the hook. The nanoseconds are
 * measured by the kernel's BPF statistics, switched on for 0.4 s in 30 s because they cost every program on the host;
 * until then, and where that isn't allowed, they are those of another machine (hook-costs.ts).
 */
export class ProbeCost {
  private readonly probes = new Map<string, Measured>();
  private readonly allowed = !hasIsolatedCpus();
  private timer: NodeJS.Timeout | undefined;
  private lastStart = Number.NEGATIVE_INFINITY;
  private lastAccount: number | undefined;
  private measuring = false;
  private ownNs = 0;
  private ownAccounted = 0;
  private readonly cpus = cpus().length;

  constructor(
    private readonly engine: Pick<Engine, 'statistics'>,
    private readonly counts: (probe: string) => ProbeCounts,
    private readonly attached: () => {id: string; method: string}[],
  ) {}

  /** Cost since the last account; undefined at the first. `nowMs` is any steadily rising clock. */
  account(nowMs: number): CostShares | undefined {
    const elapsedMs = nowMs - (this.lastAccount ?? nowMs);
    const first = this.lastAccount === undefined;
    this.lastAccount = nowMs;
    const share = (ns: number) => (elapsedMs > 0 ? (ns / 1e6 / elapsedMs / this.cpus) * 100 : 0);
    const probes = new Map<string, number>();
    for (const {id, method} of this.attached()) {
      const probe = this.probe(id, method);
      const grown = this.grown(id, probe);
      probe.rate = elapsedMs > 0 ? (grown * 1000) / elapsedMs : 0;
      const ns = grown * this.runNs(id, method);
      probe.ns += ns;
      if (this.measuring) this.ownNs += grown * STATISTICS_NS;
      probes.set(id, share(ns));
    }
    const ownNs = (this.ownNs - this.ownAccounted) * (1 - Math.exp(-elapsedMs / SPREAD_MS));
    this.ownAccounted += ownNs;
    const own = share(ownNs);
    return first ? undefined : {elapsedMs, probes, own};
  }

  /** Nanoseconds that kstop spent in the kernel besides: they belong to no probe. */
  spend(ns: number): void {
    this.ownNs += ns;
  }

  /** Nanoseconds of all since the first account, what belongs to no probe included. */
  totalNs(): number {
    let sum = this.ownNs;
    for (const {ns} of this.probes.values()) sum += ns;
    return sum;
  }

  /** A probe's programs are about to be attached again: what was counted meanwhile is nobody's interval. */
  rebase(id: string): void {
    const probe = this.probes.get(id);
    if (probe) this.grown(id, probe);
  }

  /** Percent of all CPUs' time that a probe took since `rebase`, `elapsedMs` ago. It counts as spent. */
  since(id: string, method: string, elapsedMs: number): number {
    const probe = this.probe(id, method);
    const ns = this.grown(id, probe) * this.runNs(id, method);
    probe.ns += ns;
    return elapsedMs > 0 ? (ns / 1e6 / elapsedMs / this.cpus) * 100 : 0;
  }

  /** Runs and their time (the hook's included) by probe, as of the last account. */
  counters(): Counter[] {
    return this.attached().flatMap(({id}) => {
      const probe = this.probes.get(id);
      if (!probe) return [];
      const labels = {probe: id};
      return [
        {name: 'probe_runs', labels, value: probe.runs},
        {name: 'probe_run_ns', labels, value: Math.round(probe.ns)},
      ];
    });
  }

  /** Starts a measurement when one is due. */
  tick(nowMs: number): void {
    if (!this.allowed || this.measuring) return;
    const since = nowMs - this.lastStart;
    if (since < MEASURE_EVERY_MS && !(since >= MEASURE_AGAIN_MS && this.hasGrown())) return;
    this.lastStart = nowMs;
    if (!this.switch(true)) return;
    this.measuring = true;
    for (const {id, method} of this.attached()) this.probe(id, method).before = this.counts(id);
    this.timer = setTimeout(() => this.finish(), MEASURE_MS);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.measuring) this.switch(false);
    this.measuring = false;
  }

  /** Is a probe called so much more often that its calls may be of another kind? */
  private hasGrown(): boolean {
    return [...this.probes.values()].some(({rate, measuredRate}) => rate >= MIN_RATE && rate >= 2 * measuredRate);
  }

  /**
   * The switch patches code on all CPUs, which this thread does: the time that it takes is a cost like the programs'. Not
   * what it waits for a CPU meanwhile: on a busy machine that may be as much again.
   */
  private switch(on: boolean): boolean {
    const start = systemNs();
    const done = this.engine.statistics(on);
    this.ownNs += systemNs() - start;
    return done;
  }

  private runNs(id: string, method: string): number {
    return this.probe(id, method).nsPerRun + hookNs(id, method);
  }

  private grown(id: string, probe: Measured): number {
    const {runs} = this.counts(id);
    const grown = Math.max(0, runs - probe.runs);
    probe.runs = runs;
    return grown;
  }

  private probe(id: string, method: string): Measured {
    let probe = this.probes.get(id);
    if (!probe) {
      probe = {runs: 0, rate: 0, measuredRate: 0, ns: 0, nsPerRun: calibratedNs(id, method)};
      this.probes.set(id, probe);
    }
    return probe;
  }

  private finish(): void {
    if (!this.measuring) return;
    for (const {id, method} of this.attached()) this.learn(id, method);
    this.stop();
  }

  private learn(id: string, method: string): void {
    const probe = this.probe(id, method);
    const after = this.counts(id);
    const {before} = probe;
    probe.before = undefined;
    // It wasn't on when the measurement began.
    if (!before) return;
    const runs = after.runCount - before.runCount;
    if (runs < MIN_RUNS) return;
    const mean = (after.runNs - before.runNs) / runs;
    probe.nsPerRun = runs >= SURE_RUNS ? mean : Math.min(mean, MAX_RISE * probe.nsPerRun);
    probe.measuredRate = (runs * 1000) / MEASURE_MS;
  }
}

/** Nanoseconds that this thread (on Node before 23.9: this process) has run in the kernel. */
export function systemNs(): number {
  return (process.threadCpuUsage ?? process.cpuUsage)().system * 1000;
}
