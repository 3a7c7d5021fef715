import type {KernelEvent, OomKillEvent, Psi} from '../../types/stream.ts';
import {percent} from '../../util/format.ts';
import {OK, type Verdict} from './judge.ts';
import type {RuleContext, StatusRule, Trigger} from './rule.ts';

/** Share of the last 10 s in which tasks stood still for memory (some: at least one, full: all of them). */
export const STALLED_PCT = 10;

/** An OOM kill; PSI of the host. */
export const memoryRule: StatusRule = {
  event(event: KernelEvent): Trigger | undefined {
    if (event.type === 'OOM_KILL') return {level: 'CRITICAL', why: `OOM kill of ${victim(event as OomKillEvent)}`};
    // Between two samples pressure may come and go.
    if (event.type !== 'MEMORY_PRESSURE' || event.scope !== 'host') return undefined;
    const {level, why} = stalled(event as Psi);
    return level === 'OK' ? undefined : {level, why};
  },

  sample({sample, filtered}: RuleContext) {
    return {verdict: filtered ? OK : stalled(sample.pressure?.memory)};
  },
};

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
