import type {Buffer} from 'node:buffer';
import {Malformed} from './protobuf.ts';
import {NoList} from './types.ts';

/** Deeper than what any runtime says of a container. */
const MAX_DEPTH = 32;
/** The longest entry that is looked into (bytes). */
const MAX_ENTRY = 65_536;

const [QUOTE, BACKSLASH, COMMA, LIST, END_OF_LIST, OBJECT, END_OF_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Index of the quote that ends a text, whose first byte is at `at`. */
function endOfText(bytes: Buffer, at: number): number {
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function skipSpace(bytes: Buffer, at: number): number {
  while (isSpace(bytes[at])) at++;
  return at;
}

/**
 * The entries of a JSON list, each as its text, not yet read: a parser takes seconds, and hundreds of megabytes, for eight
 * megabytes of brackets. Whether an entry is JSON is not looked at; one that is far too long is left out.
 */
export function entriesOf(bytes: Buffer, max: number): Buffer[] {
  const start = skipSpace(bytes, 0);
  if (bytes[start] !== LIST) throw new Malformed('its answer is no list');
  const entries: Buffer[] = [];
  let count = 0;
  let from = start + 1;
  const take = (to: number) => {
    if (++count > max) throw new NoList(`a list of more than ${max} containers`);
    if (to - from <= MAX_ENTRY) entries.push(bytes.subarray(from, to));
    from = to + 1;
  };
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at + 1);
    else if (byte === COMMA && depth === 1) take(at);
    else if (byte === LIST || byte === OBJECT) {
      if (++depth > MAX_DEPTH) throw new Malformed('its answer is nested too deeply');
    } else if ((byte === END_OF_LIST || byte === END_OF_OBJECT) && --depth === 0) {
      if (byte !== END_OF_LIST || skipSpace(bytes, at + 1) < bytes.length) break;
      if (count > 0 || skipSpace(bytes, from) < at) take(at);
      return entries;
    }
  }
  throw new Malformed('its answer is no JSON');
}
