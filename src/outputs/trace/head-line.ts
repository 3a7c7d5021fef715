import type {TraceOutcome} from '../../types/trace.ts';
import {count, span} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';

/** `process-exec (tracepoint sched:sched_process_exec)`: what is traced, as far as it is known. */
export function titleOf({name, type, target}: Pick<TraceOutcome['trace'], 'name' | 'type' | 'target'>): string {
  if (!type || !target) return visible(name);
  return visible(name === target ? `${type} ${target}` : `${name} (${type} ${target})`);
}

/** `done after 5.01s: 1,247 events, 3 lost`, `refused: filter: …`. */
export function stateOf({trace: {state, ran_s, field, reason, remedy}, stats}: TraceOutcome): string {
  const why = [field, reason].filter(Boolean).join(': ') + (remedy ? ` (${remedy})` : '');
  if (state === 'refused' || state === 'skipped') return visible(`${state}: ${why}`);
  const {total_events, lost_events} = stats;
  const events = `${count(total_events)} event${total_events === 1 ? '' : 's'}`;
  const lost = lost_events > 0 ? `, ${count(lost_events)} lost` : '';
  const after = ran_s === undefined ? '' : ` after ${span(ran_s)}`;
  return visible(`${state}${after}${why ? ` (${why})` : ''}: ${events}${lost}`);
}
