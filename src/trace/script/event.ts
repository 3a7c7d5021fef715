import type {TraceEventKind, TraceRefusal, TraceSpec} from '../../types/trace.ts';
import type {Hook} from '../hooks/hooks.ts';
import {isRefusal, refuse} from '../refusal.ts';
import {readFormat} from '../spec/format.ts';
import type {Version} from '../version.ts';
import {type Code, code, joined, printfFormat} from './code.ts';
import type {DividedFilter} from './filters.ts';
import {defaultNames, resolve} from './resolve.ts';
import type {Value} from './value.ts';

/** What a hook's events carry. */
export interface EventPart {
  kind: TraceEventKind;
  values: Value[];
}

/** The values that a spec asks for at a hook, and those that its filter needs in user space; with the kind that tells how they're read. */
export function eventPart(
  spec: TraceSpec,
  hook: Hook,
  version: Version,
  tag: string,
  {extra, asText}: Pick<DividedFilter, 'extra' | 'asText'>,
): EventPart | TraceRefusal {
  const conversions = spec.format === undefined ? [] : readFormat(spec.format, 'format');
  if (!Array.isArray(conversions)) return conversions;
  const names = spec.arguments.length > 0 || spec.format !== undefined ? spec.arguments : defaultNames(hook);
  const values: Value[] = [];
  for (const [i, name] of names.entries()) {
    const where = spec.arguments.length > 0 ? `arguments[${i}]` : 'arguments';
    const pointsToText = spec.format === undefined ? asText.has(name) : conversions[i]?.letter === 's';
    const value = resolve(hook, {name, first: 'hook', where, asText: pointsToText}, version);
    if (isRefusal(value)) return value;
    const letter = conversions[i]?.letter ?? 's';
    if (letter !== 's' && value.kind === 'string') {
      return refuse('format', `${conversions[i]!.text} for ${name}, which is a text`, '%s');
    }
    values.push(value);
  }
  const format = spec.format ?? values.map((value) => `${value.name}=%s`).join(' ');
  const other = extra.find(({name, kind}) => values.some((each) => each.name === name && each.kind !== kind));
  if (other) {
    const [is, shown] = other.kind === 'string' ? ['text', 'number'] : ['number', 'text'];
    return refuse('filter', `${other.name} is compared as a ${is}, and the event shows a ${shown}`, 'the same in both');
  }
  const all = [...values, ...extra.filter((value) => !values.some((each) => each.name === value.name))];
  const fields = all.map(({name, kind}) => ({name, kind}));
  return {kind: {tag, function: hook.target, fields, format}, values: all};
}

/** The printf of an event: see TraceEventKind for what comes in which order. */
export function eventCode({kind, values}: EventPart, separator: string): Code {
  const words = [kind.tag, '%llu', '%d', '%d', '%u', '%d', '%s', ...values.map((value) => value.conversion)];
  const parts = [
    code`nsecs`,
    code`pid`,
    code`tid`,
    code`uid`,
    code`cpu`,
    code`comm`,
    ...values.map((value) => value.shown),
  ];
  return code`printf(${printfFormat(separator, words)}, ${joined(parts, ', ')})`;
}
