import type {Key} from 'ink';
import {type Command, KEYS, type KeyRow, type Where} from './table.ts';

/** Where a key was pressed. */
export interface Context {
  where: Where;
  replay: boolean;
  /** In the view of one process or container, or of what was asked for from there. */
  drilled?: 'process' | 'container' | 'traces';
}

/** What a key means: a command, or why it means nothing here. */
export type Match = {command: Command} | {unavailable: KeyRow};

/** F1 as the stdin filter passes it on: Ink has no name for function keys. */
export const F1 = '\uf704';

const NAMED: readonly [keyof Key, string][] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'return'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

const CONTROL: Record<string, string> = {
  '\t': 'tab',
  '\r': 'return',
  '\n': 'return',
  ' ': 'space',
  '\x1b': 'escape',
  '\x7f': 'backspace',
  '\b': 'backspace',
  [F1]: 'f1',
};

/** The longest run of different letters in one read that is believed to be typed. */
const TYPED_MAX = 20;

/**
 * The names of the keys in what useInput got. Letters typed fast arrive in one string, in order. A long text is taken
 * for a paste from a terminal without bracketed paste, and gives no keys; one key held down stays one.
 */
export function keyNames(input: string, key: Key): string[] {
  if (key.meta || key.super || key.hyper || key.eventType === 'release') return [];
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab'];
  for (const [field, name] of NAMED) if (key[field]) return [name];
  if (key.ctrl) return input.length === 1 ? [`ctrl+${input.toLowerCase()}`] : [];
  const chars = [...input];
  if (chars.length > TYPED_MAX && chars.some((char) => char !== chars[0])) return [];
  return chars.map(charName);
}

function charName(char: string): string {
  const named = CONTROL[char];
  if (named) return named;
  const code = char.charCodeAt(0);
  return code > 0 && code < 27 ? `ctrl+${String.fromCharCode(code + 96)}` : char;
}

/** Is what is looked into what the key acts on? */
function isThere({drilled}: KeyRow, context: Context): boolean {
  return !drilled || (context.drilled !== undefined && (drilled === 'back' || context.drilled !== 'traces'));
}

/** The command of a key, or the row that says why it can't work here; undefined when the key means nothing. */
export function matchKey(name: string, context: Context, rows: readonly KeyRow[] = KEYS): Match | undefined {
  let unavailable: KeyRow | undefined;
  for (const row of rows) {
    if (!row.keys.includes(name) || !row.where.includes(context.where)) continue;
    if (!isThere(row, context)) continue;
    if (row.only === undefined || (row.only === 'replay') === context.replay) return {command: row.command};
    unavailable ??= row;
  }
  return unavailable && {unavailable};
}

/** The rows that work in a context: for the bottom line. */
export function rowsFor(context: Context): KeyRow[] {
  return KEYS.filter(
    (row) =>
      row.where.includes(context.where) &&
      isThere(row, context) &&
      (!row.only || (row.only === 'replay') === context.replay),
  );
}
