import {TRACE_LIMITS, type TraceRefusal, type TraceSpec} from '../../types/trace.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {isRefusal, refuse} from '../refusal.ts';
import {fieldsAt, knownFields} from './fields.ts';
import {readSpec} from './read-spec.ts';
import * as text from './text.ts';

/** Commands of one request that are told of. */
const COMMANDS_MAX = 100;
/** Characters of a request's text. */
const TEXT_MAX = 1_000_000;
/** Characters of a command, of its reasoning. */
const SHOWN_MAX = 500;
const REQUEST = ['response_type', 'reasoning', 'commands', 'ebpf_programs'];

/** A command that somebody wanted run. It never is. */
export interface SkippedCommand {
  name: string;
  /** As given, made visible. */
  command: string;
  description?: string;
  reason: string;
}

/** A refused spec keeps a name, so that whoever asked knows which. */
export type NamedRefusal = TraceRefusal & {name: string};

/** What was asked for, spec by spec. */
export interface TraceRequest {
  specs: (TraceSpec | NamedRefusal)[];
  skipped: SkippedCommand[];
  /** Why, in the words of whoever asked; made visible. */
  reasoning?: string;
}

/** A request from its text. */
export function readRequestText(source: string): TraceRequest | TraceRefusal {
  if (source.length > TEXT_MAX) return refuse('request', `${source.length} characters, at most ${TEXT_MAX}`);
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (error) {
    return refuse('request', `no JSON: ${visibleUpTo(error instanceof Error ? error.message : '', 80)}`);
  }
  return readRequest(json);
}

/** One TraceSpec, a list of them, or a diagnostic request (`ebpf_programs`, whose `commands` come back as skipped). */
export function readRequest(json: unknown): TraceRequest | TraceRefusal {
  if (Array.isArray(json)) return readSpecs(json, '');
  if (typeof json !== 'object' || json === null)
    return refuse('request', `${text.typeName(json)} where an object belongs`);
  if (!['response_type', 'ebpf_programs', 'commands'].some((name) => Object.hasOwn(json, name))) {
    const spec = readSpec(json, '');
    return {specs: [isRefusal(spec) ? named(spec, json) : spec], skipped: []};
  }
  return readDiagnostic(json);
}

function readDiagnostic(json: object): TraceRequest | TraceRefusal {
  const fields = knownFields(json, REQUEST, fieldsAt(''));
  if (isRefusal(fields)) return fields as TraceRefusal;
  const {response_type: kind, reasoning, commands, ebpf_programs: programs} = fields;
  if (kind !== undefined && kind !== null && kind !== 'diagnostic') return refuse('response_type', 'not diagnostic');
  const why = reasoning ?? undefined;
  if (why !== undefined && typeof why !== 'string') return refuse('reasoning', 'not a text');
  if (!Array.isArray(programs)) return refuse('ebpf_programs', programs === undefined ? 'missing' : 'not a list');
  const skipped = readCommands(commands);
  if (!Array.isArray(skipped)) return skipped;
  const request = readSpecs(programs, 'ebpf_programs');
  if (isRefusal(request)) return request as TraceRefusal;
  return {...request, skipped, ...(why === undefined ? {} : {reasoning: visibleUpTo(why, SHOWN_MAX)})};
}

function readSpecs(list: unknown[], where: string): TraceRequest | TraceRefusal {
  const field = where || 'request';
  if (list.length === 0) return refuse(field, 'no specs');
  if (list.length > TRACE_LIMITS.specs) return refuse(field, `${list.length} specs, at most ${TRACE_LIMITS.specs}`);
  const specs = list.map((each, i) => {
    const spec = readSpec(each, `${where}[${i}]`);
    return isRefusal(spec) ? named(spec, each) : spec;
  });
  return {specs, skipped: []};
}

/** The refusal with the spec's own name, or its target, where that can be shown. */
function named(refusal: TraceRefusal, json: unknown): NamedRefusal {
  const given = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const name = [given.name, given.target].find((each) => typeof each === 'string' && each !== '');
  return {...refusal, name: name === undefined ? refusal.field : visibleUpTo(name as string, text.NAME.longest)};
}

/** Nothing of a command is read but to show it. */
function readCommands(commands: unknown): SkippedCommand[] | TraceRefusal {
  if (commands === undefined || commands === null) return [];
  if (!Array.isArray(commands)) return refuse('commands', 'not a list');
  if (commands.length > COMMANDS_MAX) return refuse('commands', `${commands.length} commands, at most ${COMMANDS_MAX}`);
  return commands.map((each, i) => {
    const {id, name, command, description} = (
      typeof each === 'object' && each !== null ? each : {command: each}
    ) as Record<string, unknown>;
    return {
      name: shown(id) ?? shown(name) ?? `commands[${i}]`,
      command: shown(command) ?? '',
      ...(shown(description) === undefined ? {} : {description: shown(description)}),
      reason: 'kstop executes no commands',
    };
  });
}

function shown(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? visibleUpTo(value, SHOWN_MAX) : undefined;
}
