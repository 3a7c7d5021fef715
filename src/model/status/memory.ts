import type {KernelEvent, MemoryPressureEvent, OomKillEvent, PredictionRow, Psi} from '../../types/stream.ts';
import {duration, percent} from '../../util/format.ts';
import {scopeName} from '../scope-name.ts';
import {OK, type Verdict, worseVerdict} from './judge.ts';
import type {RuleContext, StatusRule, Trigger} from './rule.ts';

/** Share of the last 10 s in which tasks stood still for memory (some: at least one, full: all of them). */
export const STALLED_PCT = 10;

/** A prediction counts when the kill is nearer than that, and as sure as its event would have to be. */
const SOON_S = 600;
const VERY_SOON_S = 60;
const SURE_PCT = 80;

/** An OOM kill, and one that is foretold; PSI of the host; cgroups that are near their limit. */
export const memoryRule: StatusRule = {
  event(event: KernelEvent): Trigger | undefined {
    if (event.type === 'OOM_KILL') return {level: 'CRITICAL', why: `OOM kill of ${victim(event as OomKillEvent)}`};
    // Between two samples pressure may come and go.
    if (event.type !== 'MEMORY_PRESSURE') return undefined;
    const {scope, container, utilization_pct: pct} = event as MemoryPressureEvent;
    if (scope !== 'host')
      return pct === undefined
        ? undefined
        : {level: 'WARNING', why: `${scopeName(scope, container)} needs ${percent(pct)} of its limit`};
    const {level, why} = stalled(event as Psi);
    return level === 'OK' ? undefined : {level, why};
  },

  sample({sample, filtered}: RuleContext) {
    const ahead = (sample.predictions ?? []).map(foretold);
    return {verdict: ahead.reduce(worseVerdict, filtered ? OK : stalled(sample.pressure?.memory))};
  },
};

function foretold({scope, container, eta_s, confidence_pct}: PredictionRow): Verdict {
  if (confidence_pct < SURE_PCT || eta_s >= SOON_S) return OK;
  const level = eta_s < VERY_SOON_S ? 'CRITICAL' : 'WARNING';
  return {level, why: `${scopeName(scope, container)} will be out of memory in ${duration(eta_s * 1e6)}`};
}

function stalled({some_avg10_pct = 0, full_avg10_pct = 0}: Psi = {}): Verdict {
  if (full_avg10_pct >= STALLED_PCT)
    return {level: 'CRITICAL', why: `all tasks stalled for memory ${percent(full_avg10_pct)} of the time`};
  if (some_avg10_pct >= STALLED_PCT)
    return {level: 'WARNING', why: `tasks stalled for memory ${percent(some_avg10_pct)} of the time`};
  return OK;
}

function victim({victim_comm, victim_pid}: Partial<OomKillEvent>): string {
  const comm = typeof victim_comm === 'string' ? victim_comm : 'a process';
  return `${comm} (pid ${typeof victim_pid === 'number' ? victim_pid : '-'})`;
}
