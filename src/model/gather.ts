import type {Distribution, State} from '../types/state.ts';
import type {Facts} from './facts.ts';
import type {Figures, LatencyFigures} from './figures.ts';
import {type Cells, countAtLeast, percentile} from './percentile.ts';
import type {Retransmits} from './retransmits.ts';
import {limitsOf} from './subsystem.ts';
import {merge} from './timeline.ts';

function common(state: State, facts: Facts): Omit<Figures, 'period' | 'status' | 'devices'> {
  return {
    header: state.header,
    probes: state.probes,
    facts,
    loss: state.loss,
    hits: (probe) => state.counters.find(({name, labels}) => name === 'hits' && labels.probe === probe)?.value,
    load1: state.sample?.host.load1,
    kernelCpuPct: state.sample?.self.kernel_cpu_pct,
  };
}

/** Figures of right now: percentiles over the last 10 s, reports over the last 60 s. */
export function figuresNow(
  state: State,
  facts: Facts,
  retransmits: Retransmits,
  devices: ReadonlyMap<string, Cells>,
): Figures {
  const tile = state.subsystems.find((each) => each.name === 'sched');
  const sched = limitsOf(state.thresholds, 'sched');
  const block = limitsOf(state.thresholds, 'block');
  const network = retransmits.worst();
  return {
    ...common(state, facts),
    period: 'over the last 10 s',
    status: (name) => state.subsystems.find((each) => each.name === name)?.status ?? 'UNKNOWN',
    ...(sched &&
      tile && {
        sched: {
          p99_us: tile.p99_us,
          worst_us: facts.worstWait?.latency_us,
          warn_us: sched.warn,
          busiestCpu: busiestCpu(state.recent, sched.warn),
        },
      }),
    devices: [...devices].map(([device, cells]) => ({device, ...latencyFigures(cells, block?.warn)})),
    ...(network && {network}),
  };
}

/** Figures of the whole run. */
export function figuresOfRun(state: State, facts: Facts, retransmits: Retransmits): Figures {
  const network = retransmits.worstOfRun();
  const sched = limitsOf(state.thresholds, 'sched');
  const block = limitsOf(state.thresholds, 'block');
  const waits = merge(state.total.filter((each) => each.name === 'sched'));
  const byDevice = Map.groupBy(
    state.total.filter((each) => each.name === 'block'),
    (each) => each.labels.device ?? '',
  );
  return {
    ...common(state, facts),
    kernelCpuPct: state.ownCost?.kernel_cpu_pct,
    period: 'over the run',
    status: (name) => state.subsystems.find((each) => each.name === name)?.worstStatus ?? 'UNKNOWN',
    ...(sched &&
      waits && {
        sched: {...latencyFigures(waits, sched.warn), busiestCpu: busiestCpu(state.total, sched.warn)},
      }),
    devices: [...byDevice].map(([device, all]) => ({device, ...latencyFigures(merge(all) as Cells, block?.warn)})),
    ...(network && {network}),
  };
}

function latencyFigures(cells: Cells, warnUs = Number.POSITIVE_INFINITY): LatencyFigures {
  return {p99_us: percentile(cells, 0.99), worst_us: cells.max > 0 ? cells.max : undefined, warn_us: warnUs};
}

/** The CPU with most waits at or above the warning threshold, of at least 20. */
function busiestCpu(distributions: readonly Distribution[], warnUs: number): LatencyFigures['busiestCpu'] {
  const sched = distributions.find((each) => each.name === 'sched' && each.cpus);
  if (!sched?.cpus) return undefined;
  const slow = sched.cpus.map((counts) => countAtLeast(sched.bounds, counts, warnUs));
  const all = slow.reduce((sum, n) => sum + n, 0);
  const most = Math.max(...slow);
  return all < 20 ? undefined : {cpu: slow.indexOf(most), share: most / all};
}
