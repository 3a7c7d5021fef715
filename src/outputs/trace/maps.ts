import type {TraceHistogram, TraceTable} from '../../types/trace.ts';
import {bytes, count, duration} from '../../util/format.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {starTable} from '../log2.ts';
import {columns} from '../table.ts';

const MAX_CELL = 80;
/** Rows of one table that are shown; the JSON has all of them. */
const MAX_ROWS = 20;
/** Distributions that are shown. */
const MAX_HISTOGRAMS = 10;

const cell = (text: string): string => visibleUpTo(text, MAX_CELL);

/** A value with its unit, as the rest of the report writes it. */
export function valueText(value: number, unit: string): string {
  if (unit === 'bytes') return bytes(value);
  if (unit === 'us') return duration(value);
  return Number.isInteger(value) && value >= 0 ? count(value) : String(value);
}

/** What fits into the column as it is; beyond, powers of two by their short names. The outermost cells have no bound. */
function boundText(value: number): string {
  const size = Math.abs(value);
  if (size >= Number.MAX_SAFE_INTEGER) return '...';
  if (size < 1e9) return String(value);
  const power = Math.min(Math.floor(Math.log2(size + 1) / 10), 5);
  return `${Math.round(value / 2 ** (10 * power))}${'KMGTP'[power - 1]}`;
}

function keyText(key: Record<string, string> | undefined): string {
  return Object.entries(key ?? {})
    .map(([name, value]) => ` ${name}=${value}`)
    .join('');
}

function histogramLines({title, key, unit, buckets}: TraceHistogram): string[] {
  const all = buckets.reduce((sum, each) => sum + each.count, 0);
  const slots = buckets.map(({min, max, count: n}) => ({low: boundText(min), high: boundText(max), count: n}));
  return [`${cell(title + keyText(key))}: ${count(all)} counted`, ...starTable(cell(unit), slots), ''];
}

/** The distributions with their bars, the largest first as they come. */
export function histograms(all: readonly TraceHistogram[] = []): string[] {
  const more = all.length - MAX_HISTOGRAMS;
  return [
    ...all.slice(0, MAX_HISTOGRAMS).flatMap(histogramLines),
    ...(more > 0 ? [`and ${count(more)} more distributions (--json has them)`, ''] : []),
  ];
}

function tableLines({title, unit, rows, more = 0}: TraceTable): string[] {
  const heading = cell(title);
  const [first] = rows;
  if (!first) return [];
  const names = Object.keys(first.key);
  if (names.length === 0) return [`${heading}: ${valueText(first.value, unit)}`, ''];
  const shown = rows.slice(0, MAX_ROWS);
  const cells = shown.map(({key, value}) => [valueText(value, unit), ...names.map((name) => cell(key[name] ?? '-'))]);
  const left = rows.length - shown.length + more;
  return [
    heading,
    ...columns([[cell(unit.toUpperCase()), ...names.map((name) => cell(name.toUpperCase()))], ...cells], new Set([0])),
    ...(left > 0 ? [`and ${count(left)} more`] : []),
    '',
  ];
}

/** Counts and sums, the largest first as they come. */
export const tables = (all: readonly TraceTable[] = []): string[] => all.flatMap(tableLines);
