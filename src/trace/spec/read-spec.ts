import {TRACE_LIMITS, type TraceRefusal, type TraceSpec, type TraceType} from '../../types/trace.ts';
import {nearest} from '../../util/nearest.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {parseFilter} from '../filter/parse.ts';
import {didYouMean, isRefusal, refuse} from '../refusal.ts';
import {readAggregate} from './aggregate.ts';
import {fieldsAt, knownFields} from './fields.ts';
import {readFormat} from './format.ts';
import {readTarget} from './target.ts';
import * as text from './text.ts';

const FIELDS = [
  'probe_type',
  'type',
  'target',
  'name',
  'description',
  'format',
  'arguments',
  'filter',
  'aggregate',
  'duration',
  'pid',
  'process_name',
];
const ARGUMENTS_MAX = 16;
/** Seconds, where the spec names none. */
export const DEFAULT_DURATION_S = 10;
/** The kernel's PID_MAX_LIMIT. */
const PID_MAX = 4_194_304;

const TYPES: Record<string, TraceType> = {
  p: 'kprobe',
  r: 'kretprobe',
  t: 'tracepoint',
  u: 'usdt',
  kprobe: 'kprobe',
  kretprobe: 'kretprobe',
  tracepoint: 'tracepoint',
  usdt: 'usdt',
};

type At = (field: string) => string;

/**
 * A TraceSpec from JSON that anybody may have written: the form of every field is checked, nothing of it against this kernel.
 * `where` names the place in a larger object (`ebpf_programs[0]`), '' for none.
 */
export function readSpec(json: unknown, where: string): TraceSpec | TraceRefusal {
  const at = fieldsAt(where);
  const fields = knownFields(json, FIELDS, at);
  if (isRefusal(fields)) return fields as TraceRefusal;
  const type = readType(fields, at);
  if (typeof type !== 'string') return type;
  const target = readTarget(type, fields.target, at('target'));
  if (typeof target !== 'string') return target;
  const names = readArguments(fields.arguments, at('arguments'));
  if (!Array.isArray(names)) return names;
  const rest = readRest(fields, at);
  if (isRefusal(rest)) return rest as TraceRefusal;
  return checked({name: target.slice(0, text.NAME.longest), type, target, arguments: names, ...(rest as Rest)}, at);
}

function readType(fields: Record<string, unknown>, at: At): TraceType | TraceRefusal {
  const given = (['probe_type', 'type'] as const).filter((name) => fields[name] !== undefined && fields[name] !== null);
  const [first, second] = given;
  if (first === undefined) return refuse(at('probe_type'), 'missing', 'p, r, t, u, or type with the long name');
  const type = typeNamed(fields[first], at(first));
  if (typeof type !== 'string' || second === undefined) return type;
  const other = typeNamed(fields[second], at(second));
  if (typeof other !== 'string') return other;
  return type === other ? type : refuse(at(second), `${other}, but ${first} says ${type}`);
}

function typeNamed(value: unknown, field: string): TraceType | TraceRefusal {
  if (typeof value !== 'string') return refuse(field, `${text.typeName(value)} where a text belongs`);
  const type = Object.hasOwn(TYPES, value) ? TYPES[value] : undefined;
  const near = didYouMean(
    nearest(
      value,
      Object.keys(TYPES).filter((name) => name.length > 1),
    ),
  );
  return type ?? refuse(field, `no ${visibleUpTo(value, 20)}`, near ?? 'tracepoint, kprobe, kretprobe or usdt');
}

function readArguments(value: unknown, field: string): string[] | TraceRefusal {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return refuse(field, `${text.typeName(value)} where a list belongs`);
  if (value.length > ARGUMENTS_MAX) return refuse(field, `${value.length} names, at most ${ARGUMENTS_MAX}`);
  const names: string[] = [];
  for (const [i, each] of value.entries()) {
    const name = text.checkText(each, `${field}[${i}]`, text.ARGUMENT);
    if (typeof name !== 'string') return name;
    if (names.includes(name)) return refuse(`${field}[${i}]`, `${name} twice`);
    names.push(name);
  }
  return names;
}

type Rest = Pick<TraceSpec, 'duration_s'> & Partial<TraceSpec>;

/** What is optional. */
function readRest(fields: Record<string, unknown>, at: At): Rest | TraceRefusal {
  const format = typeof fields.format === 'string' ? fields.format.replace(/(?:\n|\\n)+$/, '') : fields.format;
  const values = {
    name: text.textOf(fields.name, at('name'), text.NAME),
    description: text.textOf(fields.description, at('description'), text.DESCRIPTION),
    // Most formats that programs write end with a new line, real or written.
    format: text.textOf(format, at('format'), text.FORMAT),
    filter: text.textOf(fields.filter, at('filter'), text.FILTER),
    aggregate: text.textOf(fields.aggregate, at('aggregate'), text.AGGREGATE),
    process_name: text.textOf(fields.process_name, at('process_name'), text.PROCESS_NAME),
    pid: text.integerOf(fields.pid, at('pid'), 1, PID_MAX),
    duration_s: text.integerOf(fields.duration, at('duration'), 1, TRACE_LIMITS.durationS),
  };
  for (const value of Object.values(values)) if (typeof value === 'object') return value;
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return {duration_s: DEFAULT_DURATION_S, ...given};
}

/** The fields that have a grammar of their own. */
function checked(spec: TraceSpec, at: At): TraceSpec | TraceRefusal {
  if (spec.filter !== undefined) {
    const filter = parseFilter(spec.filter);
    if ('problem' in filter) return refuse(at('filter'), filter.problem);
  }
  if (spec.aggregate !== undefined) {
    const aggregate = readAggregate(spec.aggregate, at('aggregate'));
    if (isRefusal(aggregate)) return aggregate;
    if (spec.format !== undefined) return refuse(at('format'), 'a format is of events, and an aggregate has none');
    if (spec.arguments.length > 0) return refuse(at('arguments'), 'an aggregate names its own fields');
  }
  if (spec.format !== undefined) {
    const conversions = readFormat(spec.format, at('format'));
    if (!Array.isArray(conversions)) return conversions;
    if (conversions.length !== spec.arguments.length) {
      return refuse(at('format'), `${conversions.length} conversions for ${spec.arguments.length} arguments`);
    }
  }
  return spec;
}
