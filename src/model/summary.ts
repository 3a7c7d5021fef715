import type {State} from '../types/state.ts';
import type {Overall, Stamp, Status, Summary} from '../types/stream.ts';
import {percentile} from './percentile.ts';
import {merge} from './status/timeline.ts';

/** HEALTHY, ELEVATED ACTIVITY (any WARNING) or CRITICAL. A subsystem that nobody watches doesn't count. */
export function overallOf(statuses: readonly Status[]): Overall {
  if (statuses.includes('CRITICAL')) return 'CRITICAL';
  return statuses.includes('WARNING') ? 'ELEVATED ACTIVITY' : 'HEALTHY';
}

/** The stream's last object: `overall` by the worst status of the run, percentiles over the whole run. */
export function summarize(
  stamp: Stamp,
  state: State,
  {findings, recommendations}: Pick<Summary, 'findings' | 'recommendations'>,
  listsOver: (ranMs: number) => Pick<Summary, 'processes' | 'blame' | 'syscalls'>,
): Summary {
  const subsystems: Summary['subsystems'] = {};
  for (const {name, status, worstStatus, events, worst_us} of state.subsystems) {
    const all = merge(state.total.filter((each) => each.name === name));
    const p50 = all && percentile(all, 0.5);
    const p99 = all && percentile(all, 0.99);
    subsystems[name] = {
      status,
      worst_status: worstStatus,
      events,
      ...(p50 !== undefined && {p50_us: p50}),
      ...(p99 !== undefined && {p99_us: p99}),
      ...(worst_us !== undefined && {max_us: worst_us}),
    };
  }
  const start = state.startNs ?? 0n;
  const lasted = Number((state.nowNs ?? start) - start) / 1e9;
  return {
    kind: 'summary',
    time: stamp.time,
    mono_ns: stamp.mono_ns,
    duration_s: Math.round(lasted * 1000) / 1000,
    overall: overallOf(state.subsystems.map((subsystem) => subsystem.worstStatus)),
    subsystems,
    loss: state.loss,
    ...listsOver(lasted * 1000),
    findings,
    recommendations,
  };
}
