import type {Trends} from '../../types/detail.ts';
import type {Distribution, State} from '../../types/state.ts';

function copyDistribution(from: Distribution): Distribution {
  return {...from, counts: [...from.counts], ...(from.cpus && {cpus: from.cpus.map((row) => [...row])})};
}

function copyTrends(from: Trends): Trends {
  return Object.fromEntries(Object.entries(from).map(([name, values]) => [name, [...values]])) as unknown as Trends;
}

/** A copy that later frames don't change. The model grows its lists in place; events and samples it never alters. */
export function freeze(state: State): State {
  return {
    ...state,
    probes: state.probes.map((probe) => ({...probe})),
    subsystems: state.subsystems.map((s) => ({...s, history: [...s.history]})),
    events: [...state.events],
    samples: [...state.samples],
    recent: state.recent.map(copyDistribution),
    total: state.total.map(copyDistribution),
    counters: [...state.counters],
    detail: {...state.detail, trends: copyTrends(state.detail.trends)},
    loss: {...state.loss},
    errors: [...state.errors],
    findings: [...state.findings],
    recommendations: [...state.recommendations],
  };
}
