import type {Flag} from './flags.ts';
import {choiceOf, commOf, countIn, microseconds, numberIn, pidOf, probesOf, sizeOf, textOf} from './values.ts';

/** Smallest part of a recording in bytes: below, the rotation itself would be most of the work. */
export const MIN_PART_BYTES = 65_536;

/** Bounds of a number, both inclusive, and its unit in words. */
export type Range = readonly [min: number, max: number, unit: string];

interface ValueType {
  /** How a config file writes it. `list`: a string with commas, or an array of strings. */
  toml: 'integer' | 'number' | 'string' | 'list' | 'size';
  /** Its JSON schema, without what comes from the flag's own range and choices. */
  schema: Record<string, unknown>;
  /** It names a file, folder or address: from a config file it counts only where root owns the file. */
  place?: true;
  /** Throws UsageError, naming `name`, when the text is no such value. */
  check: (name: string, text: string, flag: Flag) => unknown;
}

const TEXT = {type: 'string', minLength: 1, pattern: '^[^\\u0000]*$'};
const range = ({range: own, name}: Flag): Range => {
  if (!own) throw new Error(`--${name} has no range`);
  return own;
};

/** Every kind of value that a flag can have. */
const TYPES = {
  microseconds: {toml: 'integer', schema: {type: 'integer', minimum: 1, maximum: 60_000_000}, check: microseconds},
  number: {toml: 'number', schema: {type: 'number'}, check: (name, text, flag) => numberIn(name, text, ...range(flag))},
  count: {toml: 'integer', schema: {type: 'integer'}, check: (name, text, flag) => countIn(name, text, ...range(flag))},
  pid: {toml: 'integer', schema: {type: 'integer', minimum: 1, maximum: 4_194_304}, check: pidOf},
  size: {
    toml: 'size',
    schema: {type: ['string', 'integer'], minimum: MIN_PART_BYTES, pattern: '^\\d+(\\.\\d+)?[kKmMgGtT]?([iI]?[bB])?$'},
    check: (name, text) => sizeOf(name, text, MIN_PART_BYTES),
  },
  comm: {toml: 'string', schema: {...TEXT, maxLength: 15}, check: commOf},
  text: {toml: 'string', schema: TEXT, check: textOf},
  place: {toml: 'string', schema: TEXT, place: true, check: textOf},
  probes: {
    toml: 'list',
    schema: {oneOf: [TEXT, {type: 'array', minItems: 1, items: TEXT}]},
    check: probesOf,
  },
} satisfies Record<string, ValueType>;

export type TypeName = keyof typeof TYPES;

/** What a value is by its name in the help, unless the flag says otherwise. */
const BY_VALUE_NAME = {
  US: 'microseconds',
  N: 'number',
  S: 'number',
  MS: 'number',
  PCT: 'number',
  PID: 'pid',
  SIZE: 'size',
  NAME: 'text',
  TYPE: 'text',
  TARGET: 'text',
  FILTER: 'text',
  NAMES: 'text',
  FORMAT: 'text',
  WHAT: 'text',
  GLOB: 'text',
  'NAME-OR-ID': 'text',
  LIST: 'probes',
  PATH: 'place',
  FILE: 'place',
  DIR: 'place',
  URL: 'place',
  'ADDRESS:PORT': 'place',
} as const satisfies Record<string, TypeName>;

export type ValueName = keyof typeof BY_VALUE_NAME;

/** The type of a flag's value; undefined for a switch. */
export function typeOf(flag: Flag): ValueType | undefined {
  return flag.value && TYPES[flag.type ?? BY_VALUE_NAME[flag.value]];
}

/** Is the text a value of this flag? Throws UsageError, naming it `name`, when it is none. */
export function checkValue(flag: Flag, name: string, text: string): void {
  if (flag.choices) choiceOf(name, text, flag.choices);
  else typeOf(flag)?.check(name, text, flag);
}
