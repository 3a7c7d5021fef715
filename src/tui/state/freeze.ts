import type {Distribution, State} from '../../types/state.ts';

function copyDistribution(from: Distribution): Distribution {
  return {...from, counts: [...from.counts], ...(from.cpus && {cpus: from.cpus.map((row) => [...row])})};
}

/** A copy that later frames don't change. The model grows its lists in place; events and samples it never alters. */
export function freeze(state: State): State {
  return {
    ...state,
    probes: state.probes.map((probe) => ({...probe})),
    subsystems: state.subsystems.map((s) => ({...s, history: [...s.history]})),
    events: [...state.events],
    recent: state.recent.map(copyDistribution),
    total: state.total.map(copyDistribution),
    counters: [...state.counters],
    loss: {...state.loss},
    errors: [...state.errors],
    findings: [...state.findings],
    recommendations: [...state.recommendations],
  };
}
