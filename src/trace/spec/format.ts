import type {TraceRefusal} from '../../types/trace.ts';
import {refuse} from '../refusal.ts';

/** One conversion of a printf-like format. */
export interface Conversion {
  /** As written, with its `%`. */
  text: string;
  /** What it makes of a value: `s` text, `d` and `u` a decimal number, `x` a hexadecimal one. */
  letter: 's' | 'd' | 'u' | 'x';
}

/** `%`, flags, width, length, letter. `%n` and `%r` and the like have no place here. */
const CONVERSION = /%(?:%|-?0?\d{0,2}(?:ll|l|h|hh|z)?([sdiuxXp])|(.?))/g;

/** The conversions of a format, in order, or what is wrong with it. */
export function readFormat(format: string, field: string): Conversion[] | TraceRefusal {
  const conversions: Conversion[] = [];
  for (const [text, letter, other] of format.matchAll(CONVERSION)) {
    if (other !== undefined) return refuse(field, `%${other} is no conversion`, '%s %d %u %x, %% for a percent sign');
    if (letter) conversions.push({text, letter: LETTERS[letter]!});
  }
  return conversions;
}

const LETTERS: Record<string, Conversion['letter']> = {s: 's', d: 'd', i: 'd', u: 'u', x: 'x', X: 'x', p: 'x'};
