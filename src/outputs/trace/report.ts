import type {TraceOutcome, TraceStats} from '../../types/trace.ts';
import {count, percent, rate} from '../../util/format.ts';
import {visible, visibleUpTo} from '../../util/sanitize.ts';
import {columns} from '../table.ts';
import {stateOf, titleOf} from './head-line.ts';
import {histograms, tables} from './maps.ts';

const MAX_NAME = 24;
const TOP = 10;

function share(part: number, whole: number): string {
  return whole > 0 ? percent((100 * part) / whole) : '-';
}

function processTable({top_processes}: Pick<TraceStats, 'top_processes'>): string[] {
  if (top_processes.length === 0) return [];
  const rows = top_processes
    .slice(0, TOP)
    .map(({process_name, pid, event_count, percentage}) => [
      String(pid),
      visibleUpTo(process_name, MAX_NAME),
      count(event_count),
      percent(percentage),
    ]);
  return [...columns([['PID', 'PROCESS', 'EVENTS', 'SHARE'], ...rows], new Set([0, 2, 3])), ''];
}

function userTable({events_by_uid}: Pick<TraceStats, 'events_by_uid'>): string[] {
  const users = Object.entries(events_by_uid).sort(([, a], [, b]) => b - a);
  const all = users.reduce((sum, [, n]) => sum + n, 0);
  if (users.length === 0) return [];
  const rows = users.slice(0, TOP).map(([uid, n]) => [visible(uid), count(n), share(n, all)]);
  return [...columns([['UID', 'EVENTS', 'SHARE'], ...rows], new Set([0, 1, 2])), ''];
}

type Totals = Omit<TraceStats, 'events_per_second'> & {events_per_second?: number};

/** Events in all, kept, lost and of whom. */
export function totals({total_events, events_per_second, kept_events, lost_events, ...stats}: Totals): string[] {
  const speed = events_per_second === undefined ? '' : `, ${rate(events_per_second)}`;
  const kept = total_events > 0 && kept_events === 0 ? 'counted in the kernel' : `${count(kept_events)} kept`;
  const other = stats.other_events ? `, ${count(stats.other_events)} of processes beyond those told apart` : '';
  const events = `Events: ${count(total_events)}${speed}, ${kept}, ${count(lost_events)} lost${other}`;
  return [events, '', ...processTable(stats), ...userTable(stats)];
}

/** Where the kernel counts all and only some are events (the slow ones), no event doesn't mean that there was nothing. */
function counted({histograms = [], stats}: TraceOutcome): string[] {
  const byTitle = new Map<string, number>();
  for (const {title, buckets} of histograms)
    byTitle.set(title, (byTitle.get(title) ?? 0) + buckets.reduce((sum, bucket) => sum + bucket.count, 0));
  const most = Math.max(0, ...byTitle.values());
  return most > stats.total_events
    ? [`Counted: ${count(most)}, in the distributions below; events are told one by one.`]
    : [];
}

/** What one trace brought: notes, warnings, statistics, distributions and tables. */
export function resultLines(outcome: TraceOutcome): string[] {
  const {notes = [], warnings = [], description} = outcome.trace;
  const {state} = outcome.trace;
  const head = [
    `TRACE ${titleOf(outcome.trace)}`,
    ...(description ? [`  ${visible(description)}`] : []),
    ...notes.map((note) => `  note: ${visible(note)}`),
    ...warnings.map((line) => `  warning: ${visible(line)}`),
    `  ${stateOf(outcome)}`,
    '',
  ];
  if (state === 'refused' || state === 'skipped') return head;
  return [
    ...head,
    ...counted(outcome),
    ...totals(outcome.stats),
    ...histograms(outcome.histograms),
    ...tables(outcome.tables),
  ];
}
