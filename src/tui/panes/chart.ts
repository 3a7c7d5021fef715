import {plot} from 'asciichart';
import {span} from '../../util/format.ts';
import {padStart, textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import {type Point, resample} from './sparkline.ts';

/** One line of a chart. */
export interface Series {
  name: string;
  /** One value a second, oldest first. */
  values: readonly Point[];
  token: Token;
  /** Drawn in place of a line, so that two can be told apart without colours. */
  mark?: string;
}

/** How values become heights. */
export interface ChartScale {
  low: number;
  high: number;
  log: boolean;
  format(value: number): string;
  /** A line is drawn there; from it on, and from `crit` on, a value is coloured. */
  warn?: number;
  crit?: number;
}

const LABEL = 7;
/** The lowest value of a logarithmic scale. */
const LEAST = 0.001;
/** Cells that asciichart puts before a chart. */
const OFFSET = 2;

interface Cell {
  glyph: string;
  token: Token;
}

/** A logarithmic scale of whole decades that holds all values and the threshold. */
export function decades(
  values: readonly Point[],
  format: ChartScale['format'],
  warn?: number,
  crit?: number,
): ChartScale {
  const known = values.flatMap((value) => (value !== undefined && value > 0 ? [Math.max(LEAST, value)] : []));
  if (warn !== undefined) known.push(warn);
  const lowest = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = known.reduce((a, b) => Math.max(a, b), 0);
  const low = known.length > 0 ? 10 ** Math.floor(Math.log10(lowest) + 1e-9) : 1;
  const high = known.length > 0 ? 10 ** Math.ceil(Math.log10(highest) - 1e-9) : 10;
  return {low, high: Math.max(high, low * 10), log: true, format, warn, crit};
}

/** A scale from 0 to the next of 1, 2, 5, 10 … above all values, and at least to `least`. */
export function fromZero(values: readonly Point[], format: ChartScale['format'], least: number): ChartScale {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), least);
  const decade = 10 ** Math.floor(Math.log10(most));
  const high = [1, 2, 5, 10].map((step) => step * decade).find((step) => step >= most) ?? most;
  return {low: 0, high, log: false, format};
}

/**
 * Series over time, the newest second at the right. Where there are more seconds than columns a column shows the worst of
 * several; seconds without a figure are left out.
 */
export function paintChart(
  series: readonly Series[],
  scale: ChartScale,
  theme: Theme,
  width: number,
  height: number,
): string[] {
  const columns = width - LABEL - 1;
  const rows = height - 1;
  if (columns < 2 || rows < 2) return [];
  const grid = Array.from({length: rows}, () => new Array<Cell | undefined>(columns));
  // The first lies on top.
  for (const each of [...series].reverse()) draw(each, scale, grid, columns);
  const warnRow = scale.warn === undefined ? -1 : rowOf(scale.warn, scale, rows);
  const lines = grid.map((cells, row) => {
    const label = labelOf(row, rows, scale, warnRow);
    const line = new Line(width, theme).add(padStart(label, LABEL), 'dim').add('│', 'border');
    for (let x = 0; x < columns; x++) {
      const cell = cells[x];
      if (cell) line.add(cell.glyph, cell.token);
      else line.add(row === warnRow ? '·' : ' ', 'border');
    }
    return line.end();
  });
  const seconds = Math.max(0, ...series.map(({values}) => values.length));
  return [...lines, timeAxis(series, seconds, columns, theme, width)];
}

/** asciichart joins the points of a stretch without gaps, in rows counted from the bottom. */
function draw({values, token, mark}: Series, scale: ChartScale, grid: (Cell | undefined)[][], columns: number): void {
  const rows = grid.length;
  const points = resample(values, columns);
  const first = columns - points.length;
  for (let from = 0; from < points.length; from++) {
    if (points[from] === undefined) continue;
    let to = from;
    while (to < points.length && points[to] !== undefined) to++;
    const heights = points.slice(from, to).map((value) => rows - 1 - rowOf(value as number, scale, rows));
    const config = {height: rows - 1, min: 0, max: rows - 1, offset: OFFSET, format: () => ' '};
    plot([heights[0] as number, ...heights], config)
      .split('\n')
      .forEach((line, row) => {
        [...line].slice(OFFSET).forEach((glyph, x) => {
          if (glyph === ' ') return;
          grid[row]![first + from + x] = {glyph: mark ?? glyph, token: tokenAt(row, scale, rows) ?? token};
        });
      });
    from = to;
  }
}

/** The row of a value, from the top. */
function rowOf(value: number, {low, high, log}: ChartScale, rows: number): number {
  const share = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  return rows - 1 - Math.round(Math.max(0, Math.min(1, share)) * (rows - 1));
}

function valueAt(row: number, {low, high, log}: ChartScale, rows: number): number {
  const share = (rows - 1 - row) / (rows - 1);
  return log ? low * (high / low) ** share : low + (high - low) * share;
}

/** The colour of what is drawn above a threshold. */
function tokenAt(row: number, scale: ChartScale, rows: number): Token | undefined {
  const above = (limit: number | undefined) => limit !== undefined && row < rowOf(limit, scale, rows);
  if (above(scale.crit)) return 'heat.critical';
  return above(scale.warn) ? 'heat.warning' : undefined;
}

/** The ends, the threshold and, where it is a round value, the middle. */
function labelOf(row: number, rows: number, scale: ChartScale, warnRow: number): string {
  if (row === warnRow && scale.warn !== undefined) return scale.format(scale.warn);
  const middle = rows >= 5 && 2 * row === rows - 1 && Math.abs(row - warnRow) > 1;
  return row === 0 || row === rows - 1 || middle ? scale.format(valueAt(row, scale, rows)) : '';
}

/** Which line is which where there are several, how long ago the first value is, and now. */
function timeAxis(series: readonly Series[], seconds: number, columns: number, theme: Theme, width: number): string {
  const line = new Line(width, theme).to(LABEL + 1);
  if (series.length > 1) {
    for (const {name, token, mark} of series) {
      if (line.room < textWidth(name) + 8) break;
      line.add(`${mark ?? '─'} `, token).add(`${name}  `, 'dim');
    }
  }
  const per = Math.max(1, Math.ceil(seconds / columns));
  const start = LABEL + 1 + columns - Math.ceil(seconds / per);
  const text = `${span(seconds)} ago`;
  if (seconds > 1 && start >= width - line.room && start + text.length + 4 <= width) line.to(start).add(text, 'dim');
  return line.right(3).add('now', 'dim').end();
}
