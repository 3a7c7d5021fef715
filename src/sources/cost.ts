import {readFileSync} from 'node:fs';
import {cpus} from 'node:os';
import type {Engine} from '../native/engine.ts';
import type {ProbeCounts} from '../native/snapshot.ts';
import type {Counter} from '../types/stream.ts';

/** Cost of the hook itself in ns a run, which the kernel's run time leaves out (raw_tp 5, kprobe 17: cilium/ebpf). */
const HOOK_NS: Record<string, number> = {
  tp_btf: 5,
  raw_tp: 5,
  tracepoint: 12,
  fentry: 6,
  fexit: 7,
  kprobe: 30,
  perf_event: 100,
};
/** With programs at sys_enter and sys_exit every system call leaves the kernel's fast path: measured, for each side. */
const SYSCALL_HOOK_NS: Record<string, number> = {'vfs tp_btf': 58};
/** A probe that has run less often than this during a measurement is too quiet to be measured. */
const MIN_RUNS = 30;
/** What a run of a probe too quiet to measure is taken to cost: more than any of ours. */
const UNMEASURED_NS = 2000;
const MEASURE_MS = 400;
const MEASURE_EVERY_MS = 30_000;

/** With isolated CPUs nothing may patch code on all CPUs (which switching the statistics does). */
function hasIsolatedCpus(): boolean {
  try {
    return readFileSync('/sys/devices/system/cpu/isolated', 'latin1').trim() !== '';
  } catch {
    return false;
  }
}

interface Measured {
  nsPerRun?: number;
  before?: ProbeCounts;
  runs: number;
  /** Time of its runs since it was first measured. */
  ns: number;
}

/**
 * What the probes cost the host: runs (counted by the programs) x nanoseconds a run (by the kernel's BPF statistics,
 * switched on for 0.4 s in 30 s, because they cost every program on the host) + the hook.
 */
export class ProbeCost {
  private readonly probes = new Map<string, Measured>();
  private readonly allowed = !hasIsolatedCpus();
  private timer: NodeJS.Timeout | undefined;
  private lastStart = Number.NEGATIVE_INFINITY;
  private measuring = false;
  private everMeasured = false;
  private readonly cpus = cpus().length;

  constructor(
    private readonly engine: Engine,
    private readonly counts: (probe: string) => ProbeCounts,
    private readonly attached: () => {id: string; method: string}[],
  ) {}

  /** Percent of all CPUs' time since the last call; undefined until a measurement has been made. */
  percent(runs: Map<string, number>, elapsedMs: number): number | undefined {
    let ns = 0;
    for (const {id, method} of this.attached()) {
      const probe = this.probe(id);
      const grown = Math.max(0, (runs.get(id) ?? 0) - probe.runs);
      probe.runs = runs.get(id) ?? 0;
      const hookNs = SYSCALL_HOOK_NS[`${id} ${method}`] ?? HOOK_NS[method] ?? 0;
      const used = grown * ((probe.nsPerRun ?? UNMEASURED_NS) + hookNs);
      if (probe.nsPerRun !== undefined) probe.ns += used;
      ns += used;
    }
    if (!this.everMeasured || elapsedMs <= 0) return undefined;
    return Math.round((ns / 1e6 / elapsedMs / this.cpus) * 100 * 1000) / 1000;
  }

  /** Runs and their time (the hook's included) by probe, as of the last `percent`; only of those that were measured. */
  counters(): Counter[] {
    return this.attached().flatMap(({id}) => {
      const {nsPerRun, runs, ns} = this.probe(id);
      if (nsPerRun === undefined) return [];
      const labels = {probe: id};
      return [
        {name: 'probe_runs', labels, value: runs},
        {name: 'probe_run_ns', labels, value: Math.round(ns)},
      ];
    });
  }

  /** Starts a measurement when one is due. `nowMs` is any steadily rising clock. */
  tick(nowMs: number): void {
    if (!this.allowed || this.measuring || nowMs - this.lastStart < MEASURE_EVERY_MS) return;
    this.lastStart = nowMs;
    if (!this.engine.statistics(true)) return;
    this.measuring = true;
    for (const {id} of this.attached()) this.probe(id).before = this.counts(id);
    this.timer = setTimeout(() => this.finish(), MEASURE_MS);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.measuring) this.engine.statistics(false);
    this.measuring = false;
  }

  private probe(id: string): Measured {
    let probe = this.probes.get(id);
    if (!probe) {
      probe = {runs: 0, ns: 0};
      this.probes.set(id, probe);
    }
    return probe;
  }

  private finish(): void {
    if (!this.measuring) return;
    for (const {id} of this.attached()) {
      const probe = this.probe(id);
      const after = this.counts(id);
      const runs = after.runCount - (probe.before?.runCount ?? after.runCount);
      if (runs >= MIN_RUNS) probe.nsPerRun = (after.runNs - (probe.before?.runNs ?? 0)) / runs;
    }
    this.everMeasured = true;
    this.stop();
  }
}
