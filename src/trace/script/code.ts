/**
 * A piece of a bpftrace program. Its fixed parts stand in kstop's source; what comes from elsewhere gets in as a number, or through
 * one of the functions below, each of which takes what it was made for and throws at anything else. So nothing can be pasted.
 */
export class Code {
  /** Private by its symbol: only this file makes pieces. */
  constructor(
    key: typeof KEY,
    readonly text: string,
  ) {
    if (key !== KEY) throw new TypeError('code is made by its own functions only');
  }
}

const KEY = Symbol('code');

const made = (text: string) => new Code(KEY, text);

/** Kstop's own text with numbers and other pieces in it. */
export function code(fixed: TemplateStringsArray, ...parts: (Code | number | bigint)[]): Code {
  return made(fixed.map((text, i) => (i === 0 ? text : textOf(parts[i - 1]!) + text)).join(''));
}

function textOf(part: Code | number | bigint): string {
  if (part instanceof Code) return part.text;
  if (typeof part === 'bigint') return String(part);
  if (!Number.isSafeInteger(part)) throw new TypeError('only whole numbers and pieces go into code');
  return String(part);
}

const LITERAL = /^[\x20\x21\x23-\x5b\x5d-\x7e]{0,200}$/;

/** A string literal: printable ASCII without `"` and `\`, so it needs no escapes, which versions might read differently. */
export function literal(text: string): Code {
  if (!LITERAL.test(text)) throw new TypeError('not a text for a script');
  return made(`"${text}"`);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A name of a field. */
export function name(text: string): Code {
  if (!NAME.test(text)) throw new TypeError('not a name for a script');
  return made(text);
}

/** A map of the script, with its `@`. */
export function mapName(text: string): Code {
  if (!/^@[a-z][a-z0-9_]{0,30}$/.test(text)) throw new TypeError('not a map for a script');
  return made(text);
}

/** What a program is attached to. A target is one hook of this host: no wildcard is left in it. */
const TARGETS = {
  tracepoint: /^[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}$/,
  kprobe: /^[A-Za-z_][A-Za-z0-9_.]{0,127}$/,
  kretprobe: /^[A-Za-z_][A-Za-z0-9_.]{0,127}$/,
  usdt: /^(?:\/[A-Za-z0-9_.+@-]+)+:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}$/,
};

/** `tracepoint:category:name` and the like. */
export function attachPoint(type: keyof typeof TARGETS, target: string): Code {
  if (!TARGETS[type].test(target)) throw new TypeError('not a hook for a script');
  return made(`${type}:${target}`);
}

/** Pieces with kstop's own text between them. */
export function joined(parts: readonly Code[], between: ', ' | ' && ' | ' || '): Code {
  return made(parts.map((part) => part.text).join(between));
}

/** The format of a printf: kstop's own separator and words, and conversions. */
export function printfFormat(separator: string, words: readonly string[]): Code {
  if (!/^\|[0-9a-f]{12,16}\|$/.test(separator)) throw new TypeError('not a separator');
  if (!words.every((word) => /^(?:[a-z][a-z0-9_]{0,15}|%(?:s(?:\/%s){0,4}|d|u|lld|llu|llx))$/.test(word))) {
    throw new TypeError('not a word of a format');
  }
  return made(`"${words.map((word) => separator + word).join('')}"`);
}

/** One program: where it's attached, when it counts, what it does. */
export interface Block {
  at: Code;
  when?: Code;
  does: Code[];
}

/** The text of a whole script. */
export function scriptText(blocks: readonly Block[]): string {
  return blocks
    .map(
      ({at, when, does}) =>
        `${at.text}${when ? ` /${when.text}/` : ''} {\n${does.map((each) => `  ${each.text};\n`).join('')}}\n`,
    )
    .join('');
}
