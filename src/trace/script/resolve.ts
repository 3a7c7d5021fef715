import type {TraceRefusal, TraceType} from '../../types/trace.ts';
import {nearest} from '../../util/nearest.ts';
import {REGISTERS} from '../hooks/btf.ts';
import type {HookField} from '../hooks/field.ts';
import type {Hook} from '../hooks/hooks.ts';
import {didYouMean, refuse} from '../refusal.ts';
import type {Version} from '../version.ts';
import {BUILTIN_NAMES, builtinValue, fieldValue, type Value} from './value.ts';

/** Names that a refusal lists. */
const LISTED_MAX = 12;

/** Who goes first where a hook has a field by a builtin's name (`comm` of sched_wakeup): `args.comm` is the field in any case. */
export type First = 'hook' | 'builtin';

export interface Asked {
  name: string;
  first: First;
  /** What is at fault if there's none by that name. */
  where: string;
  /** Whether a text is wanted, of a probe's argument that may point to one. */
  asText?: boolean;
}

/** The value that a name means at a hook, or why there's none. */
export function resolve(
  hook: Hook,
  {name, first, where, asText = false}: Asked,
  version: Version,
): Value | TraceRefusal {
  const bare = name.startsWith('args.') ? name.slice(5) : name;
  const builtin = bare === name ? builtinValue(name) : undefined;
  if (builtin && first === 'builtin') return builtin;
  const field = fieldNamed(hook, bare);
  if (!field) return builtin ?? unknown(hook, name, where);
  const value = fieldValue(hook, field, version, asText);
  if (!value) return refuse(where, `${name} of ${hook.target} is ${field.type}, which can't be shown`, listOf(hook));
  return {...value, name};
}

function fieldNamed(hook: Hook, name: string): HookField | undefined {
  const field = hook.fields.find((each) => each.name === name);
  if (field) return field;
  const place = /^arg(\d)$/.exec(name)?.[1];
  if (place !== undefined && (hook.type === 'kprobe' || hook.type === 'usdt')) {
    const position = Number(place);
    const typed = hook.fields.find((each) => each.position === position);
    return typed ? {...typed, name} : unless(hook.typed || position >= REGISTERS, register(name, position));
  }
  return name === 'retval' && hook.type === 'kretprobe' && !hook.typed ? register(name, undefined) : undefined;
}

function unless<T>(not: boolean, value: T): T | undefined {
  return not ? undefined : value;
}

/** A register that nothing is known of. Results are mostly signed: errors are below 0. */
function register(name: string, position: number | undefined): HookField {
  const base = {name, type: position === undefined ? 'retval' : 'u64', shape: 'int', bits: 64, narrow: false} as const;
  return position === undefined ? {...base, signed: true} : {...base, signed: false, position};
}

/** Names that can be asked for at a hook. */
export function namesOf(hook: Hook): string[] {
  const own = hook.fields.filter((field) => field.shape !== 'other').map((field) => field.name);
  return own.length > 0 || hook.typed ? own : UNTYPED[hook.type];
}

const UNTYPED: Record<TraceType, string[]> = {
  tracepoint: [],
  kprobe: Array.from({length: REGISTERS}, (_, i) => `arg${i}`),
  kretprobe: ['retval'],
  usdt: [],
};

function unknown(hook: Hook, name: string, where: string): TraceRefusal {
  const near = nearest(name, [...namesOf(hook), ...BUILTIN_NAMES]);
  return refuse(where, `${hook.target} has no ${name}`, didYouMean(near) ?? listOf(hook));
}

function listOf(hook: Hook): string {
  const names = namesOf(hook);
  if (names.length === 0) return `only ${BUILTIN_NAMES.join(', ')}`;
  return names.slice(0, LISTED_MAX).join(', ') + (names.length > LISTED_MAX ? ' …' : '');
}

/** What is shown of a hook where nobody says: up to six of its fields, addresses only if there's nothing else. */
export function defaultNames(hook: Hook): string[] {
  const names = new Set(hook.fields.map((field) => field.name));
  const shown = hook.fields.filter(({name, shape}) => {
    return shape !== 'other' && name !== '__syscall_nr' && !(shape === 'ip4' && names.has(`${name}_v6`));
  });
  const telling = shown.filter((field) => field.shape !== 'address');
  const chosen = telling.length > 0 ? telling : shown;
  if (chosen.length === 0 && hook.type === 'kretprobe' && !hook.typed) return ['retval'];
  return chosen.slice(0, DEFAULT_MAX).map((field) => field.name);
}

const DEFAULT_MAX = 6;
