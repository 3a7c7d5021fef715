import type {TraceRefusal} from '../../types/trace.ts';
import {visible} from '../../util/sanitize.ts';
import {isRefusal, refuse} from '../refusal.ts';

/** What a text may hold, and how that is said. */
export interface TextRule {
  /** UTF-16 units. */
  longest: number;
  allowed: RegExp;
  says: string;
}

/** Printable ASCII. */
const PRINTABLE = /^[\x20-\x7e]*$/;

export const NAME: TextRule = {
  longest: 64,
  allowed: /^[A-Za-z0-9_][A-Za-z0-9 _.,:/()+@#-]*$/,
  says: 'letters, digits, spaces and _ . , : / ( ) + @ # -',
};

/** Goes to people only, never into a script. */
export const DESCRIPTION: TextRule = {
  longest: 500,
  allowed: /^/,
  says: 'no control, reordering or invisible characters',
};

/** Filled in by kstop; bpftrace never sees it. */
export const FORMAT: TextRule = {longest: 200, allowed: PRINTABLE, says: 'printable ASCII'};

export const ARGUMENT: TextRule = {
  longest: 64,
  allowed: /^(?:args\.)?[A-Za-z_][A-Za-z0-9_]*$/,
  says: 'a name: letters, digits and _',
};

export const FILTER: TextRule = {longest: 500, allowed: PRINTABLE, says: 'printable ASCII'};

export const AGGREGATE: TextRule = {
  longest: 200,
  allowed: /^[A-Za-z0-9_., ]*$/,
  says: 'count, sum or hist, names and by',
};

/** Bytes of a task's name in the kernel, without its end. */
export const COMM_MAX = 15;

export const PROCESS_NAME: TextRule = {
  longest: COMM_MAX,
  allowed: /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/,
  says: 'printable ASCII without " and \\',
};

/** A text by its rule; undefined where it isn't given. Go writes null for what isn't there. */
export function textOf(value: unknown, field: string, rule: TextRule): string | undefined | TraceRefusal {
  if (value === undefined || value === null || value === '') return undefined;
  return checkText(value, field, rule);
}

/** A text by its rule, or what is wrong with it. */
export function checkText(value: unknown, field: string, rule: TextRule): string | TraceRefusal {
  if (typeof value !== 'string') return refuse(field, `${typeName(value)} where a text belongs`);
  if (value.length > rule.longest) return refuse(field, `${value.length} characters, at most ${rule.longest}`);
  if (visible(value) !== value) return refuse(field, 'control, reordering or invisible characters');
  if (!rule.allowed.test(value)) return refuse(field, `characters that don't belong there (${rule.says})`);
  return value;
}

/** A whole number from `low` to `high`; undefined where it isn't given. */
export function integerOf(value: unknown, field: string, low: number, high: number): number | undefined | TraceRefusal {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') return refuse(field, `${typeName(value)} where a number belongs`);
  if (!Number.isSafeInteger(value)) return refuse(field, 'not a whole number');
  if (value < low || value > high) return refuse(field, `${value}, from ${low} to ${high}`);
  return value;
}

/** What JSON calls it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** True for what was given and is right. */
export function isGiven<T extends string | number>(value: T | undefined | TraceRefusal): value is T {
  return value !== undefined && !(typeof value === 'object' && isRefusal(value));
}
