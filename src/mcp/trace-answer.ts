import type {TraceResult, TraceTable} from '../types/trace.ts';

/** Rows of a table or of a count by name, histograms. */
const ROWS = 50;

/** The entries with the largest numbers. */
function largest(counts: Record<string, number>): Record<string, number> {
  const entries = Object.entries(counts);
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => b - a).slice(0, ROWS));
}

function shortTable(table: TraceTable): TraceTable {
  const more = (table.more ?? 0) + Math.max(0, table.rows.length - ROWS);
  return {...table, rows: table.rows.slice(0, ROWS), ...(more > 0 && {more})};
}

/** A result with so many of its events, the first ones, and the largest of all else. What that leaves out is counted. */
export function shortened(result: TraceResult, events: number): Record<string, unknown> {
  const {trace, stats, histograms, tables} = result;
  const leftOut = {
    // What is counted in the kernel is in no list.
    events: stats.kept_events > 0 ? stats.total_events - Math.min(result.events.length, events) : 0,
    histograms: Math.max(0, (histograms?.length ?? 0) - ROWS),
    processes: Math.max(0, Object.keys(stats.events_by_process).length - ROWS),
  };
  const some = Object.entries(leftOut).filter(([, number]) => number > 0);
  return {
    trace,
    stats: {
      ...stats,
      events_by_process: largest(stats.events_by_process),
      events_by_uid: largest(stats.events_by_uid),
    },
    events: result.events.slice(0, events),
    histograms: histograms?.slice(0, ROWS),
    tables: tables?.slice(0, ROWS).map(shortTable),
    ...(some.length > 0 && {left_out: Object.fromEntries(some)}),
  };
}
