import {type Cells, percentile} from '../../model/percentile.ts';
import {compact, percentileText} from '../../util/format.ts';
import {padStart} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import {mergeCells, OCTAVES, octaveOf} from './heat-data.ts';

/** From these on (microseconds) a bar is coloured as a warning, or as critical. */
export interface Limits {
  warn?: number;
  crit?: number;
}

const LABEL = 6;
/** The axis names every fifth octave. */
const TICKS = 5;

/** How many of a distribution lie in each octave from 1 µs to 60 s. */
export function octavesOf({bounds, counts}: Cells): number[] {
  const octaves = new Array<number>(OCTAVES).fill(0);
  for (let i = 0; i < counts.length; i++) octaves[octaveOf(bounds[i])]! += counts[i] ?? 0;
  return octaves;
}

/**
 * A distribution as bars, one an octave, their height the logarithm of the count: the few slow ones are what one looks
 * for. The octaves stand where they always stand, so that two looks can be compared.
 */
export function paintHistogram(cells: Cells, limits: Limits, theme: Theme, width: number, height: number): string[] {
  const room = Math.max(OCTAVES, width - LABEL);
  const cell = Math.max(1, Math.floor(room / OCTAVES));
  const octaves = mergeCells(octavesOf(cells), Math.max(1, Math.min(OCTAVES, width - LABEL)));
  const rows = Math.max(0, height - 1);
  const most = Math.max(1, ...octaves);
  const bars = [...theme.glyphs.bars];
  const lines: string[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    const label = row === rows - 1 ? compact(most) : row === 0 ? '1' : '';
    const line = new Line(width, theme).add(`${padStart(label, LABEL - 1)} `, 'dim');
    octaves.forEach((count, octave) => {
      const parts = height1(count, most, rows, bars.length) - row * bars.length;
      const glyph = parts <= 0 ? ' ' : (bars[Math.min(parts, bars.length) - 1] ?? ' ');
      // Bars as wide as two cells or more keep apart.
      line.repeat(glyph, Math.max(1, cell - 1), tokenAt(octave, limits)).repeat(' ', cell > 1 ? 1 : 0);
    });
    lines.push(line.end());
  }
  return [...lines, axis(octaves.length, cell, limits, theme, width)];
}

/** A bar's height in parts of a row: at least one for anything. */
function height1(count: number, most: number, rows: number, parts: number): number {
  if (count <= 0) return 0;
  return Math.max(1, Math.round((Math.log1p(count) / Math.log1p(most)) * rows * parts));
}

function axis(columns: number, cell: number, limits: Limits, theme: Theme, width: number): string {
  const line = new Line(width, theme);
  for (let octave = 0; octave < columns; octave += TICKS) {
    const text = percentileText(2 ** octave);
    if (LABEL + octave * cell + text.length > width) break;
    line
      .to(LABEL + octave * cell)
      .add(text, octave === 0 || tokenAt(octave, limits) === 'heat.normal' ? 'dim' : tokenAt(octave, limits));
  }
  return line.end();
}

/** The colour of an octave: past a threshold when it lies wholly above it. */
function tokenAt(octave: number, {warn, crit}: Limits): Token {
  if (crit !== undefined && octave > octaveOf(crit)) return 'heat.critical';
  return warn !== undefined && octave > octaveOf(warn) ? 'heat.warning' : 'heat.normal';
}

/** `12k, p50 4us, p99 1.2ms, max 15ms`: what stands in a histogram's title. */
export function figuresText(cells: Cells): string {
  const at = (q: number) => percentileText(percentile(cells, q) ?? 0);
  const max = cells.max > 0 ? `, max ${percentileText(cells.max)}` : '';
  return `${compact(cells.count)}, p50 ${at(0.5)}, p99 ${at(0.99)}${max}`;
}
