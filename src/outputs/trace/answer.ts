import type {TraceAnswer, TraceOutcome, TraceState, TraceTopProcess, TraceTotals} from '../../types/trace.ts';
import {round} from '../../util/round.ts';

const TOP = 10;

/** Sums by key. A process may be called __proto__: as an entry that is a name like any other. */
function sums(all: readonly Record<string, number>[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const each of all) for (const [key, n] of Object.entries(each)) sum.set(key, (sum.get(key) ?? 0) + n);
  return Object.fromEntries([...sum].sort(([, a], [, b]) => b - a));
}

/** Those that have most of the events in all, of each program's own top ones. */
function top(results: readonly TraceOutcome[]): TraceTopProcess[] {
  const all = new Map<string, TraceTopProcess>();
  for (const each of results.flatMap(({stats}) => stats.top_processes)) {
    const key = `${each.pid} ${each.process_name}`;
    const had = all.get(key)?.event_count ?? 0;
    all.set(key, {...each, event_count: had + each.event_count});
  }
  // Programs whose answer is a map print no events: theirs are nobody's.
  const told = results.reduce((sum, {stats}) => sum + Object.values(stats.events_by_uid).reduce((a, b) => a + b, 0), 0);
  return [...all.values()]
    .sort((a, b) => b.event_count - a.event_count)
    .slice(0, TOP)
    .map((each) => ({...each, percentage: round((100 * each.event_count) / Math.max(told, 1), 1)}));
}

/** The statistics of several programs together. */
export function totalsOf(results: readonly TraceOutcome[]): TraceTotals {
  const programs: Partial<Record<TraceState, number>> = {};
  for (const {trace} of results) programs[trace.state] = (programs[trace.state] ?? 0) + 1;
  const sum = (key: 'total_events' | 'kept_events' | 'lost_events' | 'other_events') =>
    results.reduce((all, {stats}) => all + (stats[key] ?? 0), 0);
  const other = sum('other_events');
  return {
    programs,
    total_events: sum('total_events'),
    kept_events: sum('kept_events'),
    lost_events: sum('lost_events'),
    ...(other > 0 && {other_events: other}),
    events_by_process: sums(results.map(({stats}) => stats.events_by_process)),
    events_by_uid: sums(results.map(({stats}) => stats.events_by_uid)),
    top_processes: top(results),
  };
}

/** What was refused or failed, each with its reason. */
function failuresOf(results: readonly TraceOutcome[]): TraceAnswer['failures'] {
  return results
    .filter(({trace: {state}}) => state === 'refused' || state === 'failed')
    .map(({trace: {name, field, reason = 'no reason given', remedy}}) => ({
      name,
      ...(field !== undefined && {field}),
      reason,
      ...(remedy !== undefined && {remedy}),
    }));
}

/** One answer to a whole request. `results` in the order in which it asked for them. */
export function answerOf({
  request,
  results,
  scripts,
  skipped,
}: Pick<TraceAnswer, 'request' | 'results' | 'scripts' | 'skipped'>): TraceAnswer {
  return {request, results, statistics: totalsOf(results), scripts, failures: failuresOf(results), skipped};
}
