import {percentileText} from '../../util/format.ts';
import type {Store} from '../state/store.ts';
import {padStart} from '../text/cells.ts';
import {framed} from '../text/frame.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import {foldRows, type HeatRow, heatRowsOf, mergeCells, OCTAVES, octaveOf} from './heat-data.ts';

/** Where the columns stand and where the thresholds lie. */
export interface HeatScale {
  columns: number;
  /** Cells a column takes. */
  cell: number;
  /** Cells of the label before the columns. */
  label: number;
  /** First column wholly above a threshold. */
  warn: number;
  crit: number;
  warnUs: number;
  critUs: number;
  /** The highest count, for the intensity. */
  max: number;
}

const FIGURE = 7;
const FIGURES = FIGURE * 3;
/** The axis names every fifth octave. */
const TICKS = 5;

/** The scale for a pane of `width` cells. */
export function heatScale(width: number, label: number, warnUs: number, critUs: number): HeatScale {
  const room = Math.max(8, width - label - FIGURES);
  let cell = Math.max(1, Math.floor(room / OCTAVES));
  if (cell === 1 && room >= 40) cell = 2;
  const columns = Math.min(OCTAVES, Math.floor(room / cell));
  return {columns, cell, label, warn: octaveOf(warnUs) + 1, crit: octaveOf(critUs) + 1, warnUs, critUs, max: 1};
}

/** The scheduling heatmap: rows CPUs, columns octaves of waiting time, intensity the count of the last minute. */
export function paintHeatmap(store: Store, width: number, height: number): string[] {
  const {state, theme} = store;
  const focus = store.focus === 'heatmap';
  const inner = width - 2;
  const rows = heatRowsOf(state);
  const room = Math.max(1, height - 3);
  store.heatRows = rows.length;
  store.heatTop = Math.max(0, Math.min(store.heatTop, rows.length - room));
  const folded = rows.length > room;
  const right = folded ? `${room} of ${rows.length} CPUs, worst p99 first` : 'last 60 s';
  const border = {title: 'Run-queue wait by CPU', right, focus};
  if (rows.length === 0) return framed(border, [emptyLine(store, inner)], width, height, theme);
  const label = Math.max(5, String(rows.at(-1)?.cpu ?? 0).length + 4);
  const {sched_warn_us: warn = 1000, sched_crit_us: crit = 10_000} = state.thresholds ?? {};
  const scale = heatScale(inner, label, warn, crit);
  const merged = rows.map((row) => ({...row, cells: mergeCells(row.cells, scale.columns)}));
  scale.max = Math.max(1, ...merged.map((row) => Math.max(...row.cells)));
  const shown = foldRows(merged, room).slice(store.heatTop, store.heatTop + room);
  const lines = [axis(scale, inner, theme), ...shown.map((row) => heatLine(row, scale, inner, theme))];
  return framed(border, lines, width, height, theme);
}

/** Why there is no heatmap. */
function emptyLine({state, theme}: Store, width: number): string {
  const probe = state.probes.find((p) => p.id === 'sched');
  const off = probe && probe.state !== 'attached' && probe.state !== 'degraded';
  const text = off ? `the sched probe is ${probe.state}` : 'no scheduling sample yet';
  return new Line(width, theme).add(` ${text}`, 'dim').end();
}

function axis(scale: HeatScale, width: number, theme: Theme): string {
  const line = new Line(width, theme);
  for (let octave = 0; octave < scale.columns; octave += TICKS) {
    const at = scale.label + octave * scale.cell;
    const text = percentileText(2 ** octave);
    if (at + text.length > scale.label + scale.columns * scale.cell) break;
    line.to(at).add(text, columnToken(octave, scale, 'dim'));
  }
  line.right(FIGURES);
  for (const name of ['p50', 'p99', 'max']) line.add(padStart(name, FIGURE), 'dim');
  return line.end();
}

/** One CPU's line. The shade says how many; the colour whether it is past a threshold. */
function heatLine(row: HeatRow, scale: HeatScale, width: number, theme: Theme): string {
  const line = new Line(width, theme).add(padStart(`cpu${row.cpu} `, scale.label), 'dim');
  const shades = [...theme.glyphs.shades];
  row.cells.forEach((count, octave) => {
    const shade = shades[intensity(count, scale.max, shades.length)]!;
    line.repeat(shade, scale.cell, columnToken(octave, scale, 'heat.normal'));
  });
  line.right(FIGURES);
  for (const us of [row.p50, row.p99, row.max]) line.add(figure(us), figureToken(us, scale));
  return line.end();
}

function figure(us: number | undefined): string {
  return padStart(us === undefined ? '-' : percentileText(us), FIGURE);
}

function figureToken(us: number | undefined, scale: HeatScale): Token {
  if (us === undefined) return 'dim';
  if (us >= scale.critUs) return 'heat.critical';
  return us >= scale.warnUs ? 'heat.warning' : 'text';
}

function columnToken(octave: number, scale: HeatScale, below: Token): Token {
  if (octave >= scale.crit) return 'heat.critical';
  return octave >= scale.warn ? 'heat.warning' : below;
}

/** Logarithmic: 0 for nothing, at least 1 for one event, the highest for the fullest cell. */
export function intensity(count: number, max: number, levels: number): number {
  if (count <= 0) return 0;
  const share = Math.log1p(count) / Math.log1p(Math.max(max, count));
  return Math.max(1, Math.min(levels - 1, Math.ceil(share * (levels - 1))));
}
