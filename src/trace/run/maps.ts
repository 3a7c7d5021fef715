import type {TraceHistogram, TraceMap, TraceTable} from '../../types/trace.ts';
import {textOf} from './lines.ts';

/** Rows of one table, and histograms of one map, that are told. */
const MOST = 100;

type Bucket = TraceHistogram['buckets'][number];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Newer versions put what JSON's numbers can't hold into quotes. */
export function numeric(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A key's parts by their names: commas in the last one are its own. */
function keyOf({keys}: TraceMap, text: string): Record<string, string> {
  const parts = text.split(',');
  const last = keys.length - 1;
  const values = keys.map((_, i) => (i < last ? (parts[i] ?? '') : parts.slice(last).join(',')));
  return Object.fromEntries(keys.map(({name, show}, i) => [name, show?.(values[i]!) ?? values[i]!]));
}

/** The map's values by key: a map without keys has one, under none. */
function entries(map: TraceMap, value: unknown): [key: Record<string, string>, value: unknown][] {
  if (map.keys.length === 0) return [[{}, value]];
  return isObject(value) ? Object.entries(value).map(([key, each]) => [keyOf(map, textOf(key)), each]) : [];
}

function bucket(value: unknown): Bucket | undefined {
  if (!isObject(value)) return undefined;
  const count = numeric(value.count);
  if (count === undefined) return undefined;
  // The outermost ones have no bound on their far side.
  const min = numeric(value.min) ?? Number.MIN_SAFE_INTEGER;
  return {min, max: numeric(value.max) ?? Number.MAX_SAFE_INTEGER, count};
}

function histogramsOf(map: TraceMap, value: unknown): TraceHistogram[] {
  return entries(map, value).map(([key, each]) => ({
    title: map.title,
    ...(map.keys.length > 0 && {key}),
    unit: map.unit,
    buckets: (Array.isArray(each) ? each : []).map(bucket).filter((one) => one !== undefined),
  }));
}

const countOf = ({buckets}: TraceHistogram): number => buckets.reduce((sum, {count}) => sum + count, 0);

function tableOf(map: TraceMap, value: unknown): TraceTable {
  const rows = entries(map, value)
    .map(([key, each]) => ({key, value: numeric(each)}))
    .filter((row): row is TraceTable['rows'][number] => row.value !== undefined)
    .sort((a, b) => b.value - a.value);
  const more = rows.length - MOST;
  return {title: map.title, unit: map.unit, rows: rows.slice(0, MOST), ...(more > 0 && {more})};
}

export interface MapAnswers {
  histograms: TraceHistogram[];
  tables: TraceTable[];
  /** What was counted in the kernel: of the first map that counts. */
  counted?: number;
  /** Histograms beyond those that are told. */
  more: number;
}

/**
 * The contents of a script's maps as its answer, the largest first. Maps that it only works with are left out, and so are those that
 * bpftrace didn't print (they are empty).
 */
export function answerOf(maps: readonly TraceMap[], printed: ReadonlyMap<string, unknown>): MapAnswers {
  const answer: MapAnswers = {histograms: [], tables: [], more: 0};
  for (const map of maps) {
    const value = printed.get(map.name);
    if (value === undefined) continue;
    if (map.kind === 'hist') {
      const all = histogramsOf(map, value)
        .filter(({buckets}) => buckets.length > 0)
        .sort((a, b) => countOf(b) - countOf(a));
      answer.counted ??= all.reduce((sum, histogram) => sum + countOf(histogram), 0);
      answer.histograms.push(...all.slice(0, MOST));
      answer.more += Math.max(all.length - MOST, 0);
      continue;
    }
    if (map.kind === 'count')
      answer.counted ??= entries(map, value).reduce((sum, [, each]) => sum + (numeric(each) ?? 0), 0);
    answer.tables.push(tableOf(map, value));
  }
  return answer;
}
