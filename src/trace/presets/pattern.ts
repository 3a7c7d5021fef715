import type {PresetParameters, TraceRefusal} from '../../types/trace.ts';
import {refuse} from '../refusal.ts';
import {type Code, code} from '../script/code.ts';
import {compareText} from '../script/predicate.ts';

/** Longest text of a pattern, so that it fits into a string of 64 bytes. */
const LONGEST = 48;

/** A glob with `*` at its end, begin, both or none. */
export interface Pattern {
  match: 'whole' | 'prefix' | 'suffix' | 'within';
  text: string;
}

/** A pattern as it's typed, or what is wrong with it. */
export function readPattern(typed: string): Pattern | TraceRefusal {
  const begin = typed.startsWith('*');
  const end = typed.length > 1 && typed.endsWith('*');
  const text = typed.slice(begin ? 1 : 0, end ? -1 : undefined);
  if (text === '') return refuse('pattern', 'it has nothing but *', 'leave it out for all');
  if (text.includes('*')) return refuse('pattern', '* stands at its begin and its end only', 'for example *.conf');
  if (text.length > LONGEST) return refuse('pattern', `${text.length} bytes, at most ${LONGEST}`);
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(text)) return refuse('pattern', 'printable ASCII without " and \\ only');
  return {match: begin && end ? 'within' : begin ? 'suffix' : end ? 'prefix' : 'whole', text};
}

/** The pattern that a preset was given and that was checked, if any. */
export function patternOf({pattern}: PresetParameters): Pattern | undefined {
  if (pattern === undefined) return undefined;
  const read = readPattern(pattern);
  return 'match' in read ? read : undefined;
}

/** Whether a text fits. */
export function fits({match, text}: Pattern, what: string): boolean {
  if (match === 'whole') return what === text;
  if (match === 'prefix') return what.startsWith(text);
  return match === 'suffix' ? what.endsWith(text) : what.includes(text);
}

/** The condition for a name of the kernel's whose length it knows; undefined where the kernel can't tell. */
export function nameFits(pattern: Pattern, name: Code, length: Code): Code | undefined {
  const {match, text} = pattern;
  if (match === 'within') return undefined;
  if (match !== 'suffix') return compareText(code`str(${name})`, text, match === 'prefix', true);
  const n = text.length;
  return code`${length} >= ${n} && ${compareText(code`str(${name} + ${length} - ${n})`, text, false, true)}`;
}
