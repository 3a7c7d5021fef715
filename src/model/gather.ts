import type {Distribution, State} from '../types/state.ts';
import type {LatencySubsystem, Psi} from '../types/stream.ts';
import type {CounterSums} from './counter-sums.ts';
import type {Facts} from './facts/facts.ts';
import type {Figures, LatencyFigures} from './figures.ts';
import type {Pause} from './pauses.ts';
import {type Cells, countAtLeast, percentile} from './percentile.ts';
import type {Restarts} from './restarts.ts';
import {limitsOf} from './status/latency.ts';
import {merge} from './status/timeline.ts';
import {type Stolen, stolenIn} from './steal.ts';
import type {NetworkCounts} from './subsystem.ts';

/** What the model keeps beside its State. */
export interface Kept {
  facts: Facts;
  network: NetworkCounts;
  sums: CounterSums;
  /** Highest memory pressure of the run. */
  worstPressure?: Psi;
  /** Of the run. */
  stolen?: Stolen;
  pauses: Pause[];
  restarts: Restarts;
}

/** What the network's tile shows. A figure whose probe is off is unknown. */
export function networkNow({probes}: State, {retransmits, drops}: NetworkCounts, nowMs: number): State['network'] {
  const on = (id: string) => probes.some((each) => each.id === id && /^(attached|degraded)$/.test(each.state));
  const resent = on('retransmit') ? retransmits.share() : undefined;
  return {
    ...(resent !== undefined && {resent_pct: resent}),
    ...(on('drops') && {fault_drops_per_s: drops.lastTen(nowMs).perSecond}),
  };
}

/** Figures of right now: percentiles over the last 10 s, reports and counts over the last 60 s. */
export function figuresNow(state: State, kept: Kept, devices: ReadonlyMap<string, Cells>): Figures {
  const {facts, network, sums} = kept;
  const tile = (name: LatencySubsystem, worst_us?: number) => {
    const found = state.subsystems.find((each) => each.name === name);
    const limits = limitsOf(state.thresholds, name);
    return found && limits && {p99_us: found.p99_us, worst_us, warn_us: limits.warn};
  };
  return {
    ...common(state, kept),
    periods: {
      latency: 'over the last 10 s',
      segments: 'over the last 30 s',
      counts: 'over the last minute',
      restarts: 'in ten minutes',
    },
    spanMs: Math.min(60_000, lastedMs(state)),
    status: (name) => state.subsystems.find((each) => each.name === name)?.status ?? 'UNKNOWN',
    sched: tile('sched', facts.sched.worst?.latency_us),
    slowWaits: slowWaits(state, state.recent),
    vfs: tile('vfs', facts.vfs.worst?.latency_us),
    devices: byDevice(state, devices),
    network: network.retransmits.worst(),
    drops: network.drops.recent(),
    pressure: ofHost(state, state.sample?.pressure?.memory),
    counts: sums.recent(),
    stolen: stolenIn(state.samples),
    restarting: kept.restarts.recent(),
  };
}

/** Figures of the whole run. */
export function figuresOfRun(state: State, kept: Kept): Figures {
  const {network, sums, worstPressure, stolen} = kept;
  const over = (name: LatencySubsystem) => {
    const all = merge(state.total.filter((each) => each.name === name));
    const limits = limitsOf(state.thresholds, name);
    return all && limits && latencyFigures(all, limits.warn);
  };
  const block = Map.groupBy(
    state.total.filter((each) => each.name === 'block'),
    (each) => each.labels.device ?? '',
  );
  return {
    ...common(state, kept),
    kernelCpuPct: state.ownCost?.kernel_cpu_pct,
    ownNice: state.ownCost?.nice,
    periods: {latency: 'over the run', segments: 'over the run', counts: 'over the run', restarts: 'over the run'},
    spanMs: lastedMs(state),
    status: (name) => state.subsystems.find((each) => each.name === name)?.worstStatus ?? 'UNKNOWN',
    sched: over('sched'),
    slowWaits: slowWaits(state, state.total),
    vfs: over('vfs'),
    devices: byDevice(state, new Map([...block].map(([device, all]) => [device, merge(all) as Cells]))),
    network: network.retransmits.worstOfRun(),
    drops: network.drops.ofRun(),
    pressure: ofHost(state, worstPressure),
    counts: sums.run,
    stolen,
    restarting: kept.restarts.ofRun(),
  };
}

function lastedMs({startNs = 0n, nowNs = startNs}: State): number {
  return Number(nowNs - startNs) / 1e6;
}

/** A figure of the whole host says nothing of the processes that a filter has chosen. */
function ofHost<T>(state: State, figure: T): T | undefined {
  return state.filter ? undefined : figure;
}

function common(state: State, {facts, pauses}: Kept) {
  return {
    header: state.header,
    probes: state.probes,
    facts,
    pauses,
    loss: state.loss,
    hits: (probe: string) => state.counters.find(({name, labels}) => name === 'hits' && labels.probe === probe)?.value,
    leaks: state.sample?.leaks ?? [],
    load1: state.sample?.host.load1,
    kernelCpuPct: state.sample?.self.kernel_cpu_pct,
    ownNice: state.sample?.self.nice,
  };
}

function byDevice(state: State, devices: ReadonlyMap<string, Cells>): Figures['devices'] {
  const warn = limitsOf(state.thresholds, 'block')?.warn;
  return [...devices].map(([device, cells]) => ({device, ...latencyFigures(cells, warn)}));
}

function latencyFigures(cells: Cells, warnUs = Number.POSITIVE_INFINITY): LatencyFigures {
  return {p99_us: percentile(cells, 0.99), worst_us: cells.max > 0 ? cells.max : undefined, warn_us: warnUs};
}

function slowWaits(state: State, distributions: readonly Distribution[]): number[] | undefined {
  const warn = limitsOf(state.thresholds, 'sched')?.warn;
  const sched = distributions.find((each) => each.name === 'sched' && each.cpus);
  if (warn === undefined || !sched?.cpus) return undefined;
  return sched.cpus.map((counts) => countAtLeast(sched.bounds, counts, warn));
}
