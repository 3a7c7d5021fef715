import {Buffer} from 'node:buffer';

/** Header fields of HTTP/2 (RFC 7541): as much of it as a gRPC call needs. */
export type Fields = readonly (readonly [string, string])[];

/** A length that fits a string's first byte, or goes on in the following ones. */
function integer(value: number, bits: number, flags = 0): number[] {
  const most = 2 ** bits - 1;
  if (value < most) return [flags | value];
  const bytes = [flags | most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) bytes.push(128 | (value % 128));
  return [...bytes, value];
}

/** Fields, each written out: names and values are ASCII of ours. */
export function encodeFields(fields: Fields): Buffer {
  const text = (value: string) => [...integer(value.length, 7), ...Buffer.from(value, 'latin1')];
  return Buffer.from(fields.flatMap(([name, value]) => [0, ...text(name), ...text(value)]));
}

/**
 * The characters of the standard's Huffman code by their codes' lengths. The code is canonical: it follows from the
 * lengths. Those of more than 15 bits (a backslash and what isn't ASCII) are left out, as no status holds them.
 */
const BY_LENGTH: Record<number, string> = {
  5: '012aceiost',
  6: ' %-./3456789=A_bdfghlmnpru',
  7: ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz',
  8: '&*,;XZ',
  10: '!"()?',
  11: "'+|",
  12: '#>',
  13: '\u0000$@[]~',
  14: '^}',
  15: '<`{',
};
const MAX_BITS = 15;

/** Undefined for text with characters that are left out. */
function huffman(bytes: Buffer): string | undefined {
  let text = '';
  let code = 0;
  let bits = 0;
  let first = 0;
  for (let at = 0; at < bytes.length * 8; at++) {
    code = code * 2 + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
    bits++;
    first *= 2;
    const chars = BY_LENGTH[bits] ?? '';
    if (code - first < chars.length) {
      text += chars[code - first];
      code = bits = first = 0;
    } else first += chars.length;
    if (bits === MAX_BITS) return undefined;
  }
  // The rest of the last byte is filled with ones.
  return bits < 8 && code === 2 ** bits - 1 ? text : undefined;
}

/**
 * Finds the values of named fields in a block. A name by index is one of the standard's table, for kstop allows no other
 * (its setting of a table of size 0), and holds none of gRPC's. Undefined: the block is not to be understood.
 */
export function findFields(block: Buffer, wanted: readonly string[]): Map<string, string> | undefined {
  const found = new Map<string, string>();
  let at = 0;
  const number = (bits: number): number => {
    let value = block[at++] & (2 ** bits - 1);
    if (value < 2 ** bits - 1) return value;
    for (let shift = 0; shift < 28 && at < block.length; shift += 7) {
      const byte = block[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  const text = (): string | undefined => {
    const packed = (block[at] & 0x80) !== 0;
    const length = number(7);
    const bytes = block.subarray(at, at + length);
    at += length;
    return packed ? huffman(bytes) : bytes.toString('latin1');
  };
  while (at < block.length) {
    const first = block[at];
    if (first & 0x80) number(7);
    else if ((first & 0xe0) === 0x20) number(5);
    else {
      const name = number(first & 0x40 ? 6 : 4) === 0 ? text() : '';
      const value = text();
      if (name !== undefined && value !== undefined && wanted.includes(name)) found.set(name, value);
    }
    // Past the end, or no number at all.
    if (!(at <= block.length)) return undefined;
  }
  return found;
}
