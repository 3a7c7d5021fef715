import type {TraceFieldKind} from '../../types/trace.ts';
import type {HookField} from '../hooks/field.ts';
import type {Hook} from '../hooks/hooks.ts';
import type {Version} from '../version.ts';
import {argsField} from './args.ts';
import {type Code, code, name} from './code.ts';

/** A value that a script can print, compare and count by. */
export interface Value {
  /** As asked for. */
  name: string;
  shape: HookField['shape'];
  /** As an event prints it, or a map has it as a key. */
  shown: Code;
  /** For comparisons: a number, or a text. */
  compared: Code;
  conversion: '%s' | '%d' | '%u' | '%lld' | '%llu' | '%llx';
  kind: TraceFieldKind;
  /** Of an int. */
  bits: HookField['bits'];
  signed: boolean;
  /** What it takes in an event; 0 for a text, whose length is the script's. */
  bytes: number;
}

const TEXT = {conversion: '%s', kind: 'string', bits: 64, signed: false, bytes: 0} as const;

/** What every event has, whatever its hook. */
const BUILTINS: Record<string, Omit<Value, 'name'>> = {
  pid: builtin(code`pid`, 32),
  tid: builtin(code`tid`, 32),
  uid: builtin(code`uid`, 32),
  cpu: builtin(code`cpu`, 32),
  comm: {shape: 'chars', shown: code`comm`, compared: code`comm`, ...TEXT, bytes: 16},
};

export const BUILTIN_NAMES = Object.keys(BUILTINS);

function builtin(what: Code, bits: 32): Omit<Value, 'name'> {
  return {shape: 'int', shown: what, compared: what, conversion: '%u', kind: 'number', bits, signed: false, bytes: 8};
}

export function builtinValue(asked: string): Value | undefined {
  return Object.hasOwn(BUILTINS, asked) ? {name: asked, ...BUILTINS[asked]!} : undefined;
}

/** The value of a hook's own field. `asText`: it points to a text, as whoever asks knows of a probe's argument. */
export function fieldValue(hook: Hook, field: HookField, version: Version, asText = false): Value | undefined {
  const raw = rawOf(hook, field, version);
  const shape = asText && hook.type === 'usdt' && field.shape === 'int' && field.bits === 64 ? 'text' : field.shape;
  const base = {name: field.name, shape};
  if (shape === 'other') return undefined;
  if (shape === 'text') return {...base, shown: code`str(${raw})`, compared: code`str(${raw})`, ...TEXT};
  if (shape === 'chars') return {...base, shown: raw, compared: raw, ...TEXT, bytes: lengthOf(field)};
  if (shape === 'ip4' || shape === 'ip6')
    return {...base, shown: code`ntop(${raw})`, compared: raw, ...TEXT, bytes: 24};
  if (shape === 'address') {
    const number = code`(uint64)${raw}`;
    return {
      ...base,
      shown: number,
      compared: number,
      conversion: '%llx',
      kind: 'hex',
      bits: 64,
      signed: false,
      bytes: 8,
    };
  }
  const {bits, signed} = field;
  const number = needsCast(hook, field) ? code`(${castOf(bits, signed)})${raw}` : raw;
  const conversion = bits === 64 ? (signed ? '%lld' : '%llu') : signed ? '%d' : '%u';
  return {...base, shown: number, compared: number, conversion, kind: 'number', bits, signed, bytes: 8};
}

/** Of `char[16]`. */
function lengthOf({type}: HookField): number {
  return Number(/\[(\d+)\]$/.exec(type)?.[1] ?? 256);
}

/** Functions' arguments and results are whole registers without a sign; a tracepoint's fields bpftrace knows the types of. */
function needsCast({type}: Hook, {narrow, signed}: HookField): boolean {
  return narrow || (signed && type !== 'tracepoint');
}

function castOf(bits: HookField['bits'], signed: boolean): Code {
  return code`${signed ? INT : UINT}${bits}`;
}

const INT = code`int`;
const UINT = code`uint`;

function rawOf({type}: Hook, {name: own, position}: HookField, version: Version): Code {
  if (type === 'tracepoint') return argsField(version, own);
  if (type === 'kretprobe') return code`retval`;
  if (position === undefined || position > 9) throw new TypeError('an argument without its place');
  return name(`arg${position}`);
}
