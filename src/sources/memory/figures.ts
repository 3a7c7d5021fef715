import type {Figures} from '../../util/unreclaimable.ts';

/** Lines of a file that count: the longest memory.stat has some 80. */
const MAX_LINES = 512;
/** What no machine has is how version 1 writes that there is no limit: just below 2^63, by pages. */
const NO_LIMIT = 2 ** 62;

/** One number and nothing else, as in memory.current; undefined for anything else. */
export function parseNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,20}\n?$/.test(text) ? Number(text) : undefined;
}

/** Bytes of a memory.max or memory.limit_in_bytes; infinite where there is no limit, undefined where it can't be told. */
export function parseLimit(text: string | undefined): number | undefined {
  if (text === 'max\n' || text === 'max') return Number.POSITIVE_INFINITY;
  const bytes = parseNumber(text);
  return bytes !== undefined && bytes >= NO_LIMIT ? Number.POSITIVE_INFINITY : bytes;
}

function parseLines(text: string | undefined, line: RegExp, unit: number): Figures {
  const figures: Record<string, number> = Object.create(null);
  for (const each of (text ?? '').split('\n', MAX_LINES)) {
    const found = line.exec(each);
    if (found) figures[found[1] as string] = Number(found[2]) * unit;
  }
  return figures;
}

/** Lines of a name and a number, as in memory.stat and memory.events. Others are left out. */
export const parseFlat = (text: string | undefined): Figures => parseLines(text, /^([a-z0-9_]{1,64}) (\d{1,20})$/, 1);

/** /proc/meminfo in bytes. */
export const parseMeminfo = (text: string | undefined): Figures =>
  parseLines(text, /^([A-Za-z0-9_()]{1,64}): +(\d{1,17}) kB$/, 1024);

/** One figure of such lines: a whole memory.stat is forty of them. */
export function figureIn(text: string | undefined, name: string): number | undefined {
  const at = text === undefined ? -1 : `\n${text}`.indexOf(`\n${name} `);
  if (text === undefined || at < 0) return undefined;
  const from = at + name.length + 1;
  const end = text.indexOf('\n', from);
  return parseNumber(text.slice(from, end < 0 ? undefined : end));
}
