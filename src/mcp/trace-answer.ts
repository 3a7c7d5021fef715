import type {TraceResult, TraceTable} from '../types/trace.ts';
import {visible} from '../util/sanitize.ts';

/** Rows of a table or of a count by name, histograms. */
const ROWS = 50;

/** By names as they are shown: one that is written like another's escapes must not stand in its place. */
function byShownName(counts: Record<string, number>): [name: string, count: number][] {
  const shown = new Map<string, number>();
  for (const [name, n] of Object.entries(counts)) shown.set(visible(name), (shown.get(visible(name)) ?? 0) + n);
  return [...shown];
}

/** The entries with the largest numbers. */
function largest(entries: readonly [string, number][]): Record<string, number> {
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => b - a).slice(0, ROWS));
}

function shortTable(table: TraceTable): TraceTable {
  const more = (table.more ?? 0) + Math.max(0, table.rows.length - ROWS);
  return {...table, rows: table.rows.slice(0, ROWS), ...(more > 0 && {more})};
}

/** A result with so many of its events, the first ones, and the largest of all else. What that leaves out is counted. */
export function shortened(result: TraceResult, events: number): Record<string, unknown> {
  const {trace, stats, histograms, tables} = result;
  const processes = byShownName(stats.events_by_process);
  const leftOut = {
    // What is counted in the kernel is in no list.
    events: stats.kept_events > 0 ? stats.total_events - Math.min(result.events.length, events) : 0,
    histograms: Math.max(0, (histograms?.length ?? 0) - ROWS),
    processes: Math.max(0, processes.length - ROWS),
  };
  const some = Object.entries(leftOut).filter(([, number]) => number > 0);
  return {
    trace,
    stats: {
      ...stats,
      events_by_process: largest(processes),
      events_by_uid: largest(Object.entries(stats.events_by_uid)),
    },
    events: result.events.slice(0, events),
    histograms: histograms?.slice(0, ROWS),
    tables: tables?.slice(0, ROWS).map(shortTable),
    ...(some.length > 0 && {left_out: Object.fromEntries(some)}),
  };
}
