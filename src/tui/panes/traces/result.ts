import type {TraceHistogram, TraceResult, TraceTable} from '../../../types/trace.ts';
import {bytes, compact, count, duration, percent, span} from '../../../util/format.ts';
import {visibleUpTo} from '../../../util/sanitize.ts';
import type {TraceBoard} from '../../state/traces.ts';
import {fitText, padStart} from '../../text/cells.ts';
import {Line} from '../../text/line.ts';
import {wrapText} from '../../text/wrap.ts';
import type {Theme, Token} from '../../theme.ts';
import type {CanvasPane} from '../pane.ts';
import {sentence} from '../shared.ts';

const FIGURE = 9;

interface Paper {
  theme: Theme;
  width: number;
}

/** Totals, distributions, sums and processes of the selected trace. */
export const traceResult = (traces: TraceBoard): CanvasPane => ({
  kind: 'canvas',
  id: 'trace-result',
  title: 'Its figures',
  paint: (_state, theme, width, height) => paintResult(traces, theme, width, height),
});

function paintResult({shown}: TraceBoard, theme: Theme, width: number, height: number): string[] {
  if (!shown) return sentence('no trace is selected', theme, width);
  const {result} = shown;
  const paper = {theme, width};
  const lines = [
    ...summary(result, paper),
    ...(result.histograms ?? []).flatMap((each) => histogramLines(each, paper)),
    ...(result.tables ?? []).flatMap((each) => tableLines(each, paper)),
    ...processLines(result, paper),
    ...remarks(result, paper),
  ];
  return lines.slice(0, height);
}

function summary({trace, stats}: TraceResult, {theme, width}: Paper): string[] {
  const parts = [
    trace.state,
    trace.ran_s === undefined ? '' : span(trace.ran_s),
    `${count(stats.total_events)} events`,
    `${compact(stats.events_per_second)}/s`,
    stats.lost_events > 0 ? `${count(stats.lost_events)} lost` : '',
  ];
  const line = new Line(width, theme).add(
    ` ${parts.filter(Boolean).join(', ')}`,
    stats.lost_events > 0 ? 'heat.warning' : 'text',
  );
  const reason = trace.reason === undefined ? [] : text(trace.reason, {theme, width}, 'heat.warning');
  return [line.end(), ...reason];
}

/** What stands in for what, and what bpftrace says. */
function remarks({trace: {notes = [], warnings = []}}: TraceResult, paper: Paper): string[] {
  return [
    ...notes.flatMap((note) => text(note, paper, 'dim')),
    ...warnings.flatMap((warning) => text(`bpftrace: ${warning}`, paper, 'heat.warning')),
  ];
}

function text(what: string, {theme, width}: Paper, token: Token): string[] {
  return wrapText(visibleUpTo(what, 600), width - 2).map((line) => new Line(width, theme).add(` ${line}`, token).end());
}

const keyText = (key: Record<string, string> = {}): string => visibleUpTo(Object.values(key).join(' '), 200);

function valueText(value: number, unit: string): string {
  if (unit === 'us') return duration(value);
  return unit === 'bytes' ? bytes(value) : compact(value);
}

function titleLine(title: string, {theme, width}: Paper): string {
  return new Line(width, theme).add(` ${visibleUpTo(title, 200)}`, 'accent').end();
}

/** A row a cell, from the first that holds anything to the last: the axis of powers of two needs no gaps to be read. */
function histogramLines({title, key, unit, buckets}: TraceHistogram, paper: Paper): string[] {
  const {theme, width} = paper;
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const room = Math.max(0, width - 3 - 2 * FIGURE - 2);
  return [
    titleLine([title, keyText(key)].filter(Boolean).join(': '), paper),
    ...buckets.map(({min, count: times}) =>
      new Line(width, theme)
        .add(` ${padStart(`${valueText(min, unit)}`, FIGURE)}+ `, 'dim')
        .add(padStart(compact(times), FIGURE))
        .add('  ')
        .add(bar(times / most, room, theme), 'heat.normal')
        .end(),
    ),
  ];
}

function tableLines({title, unit, rows, more}: TraceTable, paper: Paper): string[] {
  const {theme, width} = paper;
  const names = Math.max(8, width - FIGURE - 3);
  return [
    titleLine(title, paper),
    ...rows.map(({key, value}) =>
      new Line(width, theme)
        .add(` ${fitText(keyText(key) || 'all', names)} `)
        .add(padStart(valueText(value, unit), FIGURE))
        .end(),
    ),
    ...(more ? text(`${count(more)} more`, paper, 'dim') : []),
  ];
}

/** Who had most of the events. */
function processLines({stats}: TraceResult, paper: Paper): string[] {
  const {theme, width} = paper;
  if (stats.top_processes.length === 0) return [];
  const names = Math.min(16, Math.max(8, width - 2 * FIGURE - 18));
  const room = Math.max(0, width - names - 2 * FIGURE - 14);
  return [
    titleLine('Events by process', paper),
    ...stats.top_processes.map(({process_name, pid, event_count, percentage}) =>
      new Line(width, theme)
        .add(` ${fitText(visibleUpTo(process_name, 64), names)} `)
        .add(padStart(String(pid), 8), 'dim')
        .add(padStart(compact(event_count), FIGURE))
        .add(`${padStart(percent(percentage), 7)} `)
        .add(bar(percentage / 100, room, theme), 'heat.normal')
        .end(),
    ),
  ];
}

/** A share of `cells`, in eighths where the terminal has these. */
function bar(share: number, cells: number, theme: Theme): string {
  const full = Math.max(0, Math.min(1, share)) * cells;
  return (theme.utf8 ? '█' : '#').repeat(share > 0 && full < 1 ? 1 : Math.round(full));
}
