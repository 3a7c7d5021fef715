import {presetForTarget} from '../../trace/presets/catalog.ts';
import {isRefusal} from '../../trace/refusal.ts';
import {namesPreset, readPresetProgram} from '../../trace/spec/read-preset.ts';
import {readRequest, type SkippedCommand} from '../../trace/spec/read-request.ts';
import type {TraceAnswer, TraceDesk, TraceOutcome, TracePlan, TraceRefusal, TraceSpec} from '../../types/trace.ts';
import {UsageError} from '../errors.ts';
import {nearest} from '../nearest.ts';
import type {TraceAsk} from './options.ts';
import {readSpecFile} from './spec-file.ts';

/** One trace that was asked for: what will run, or why it won't. */
export type Item = {plan: TracePlan} | {outcome: TraceOutcome};

export interface Asked {
  items: Item[];
  /** A diagnostic request: it gets one answer. */
  request?: TraceAnswer['request'];
  skipped: TraceAnswer['skipped'];
}

const NO_EVENTS = {
  total_events: 0,
  events_by_process: {},
  events_by_uid: {},
  events_per_second: 0,
  top_processes: [],
  kept_events: 0,
  lost_events: 0,
};

/** What never ran. */
export function untraced(trace: Extract<TraceOutcome['trace'], {reason: string}>): TraceOutcome {
  return {trace, events: [], stats: {...NO_EVENTS}};
}

function refused(name: string, {field, why, remedy}: TraceRefusal): Item {
  return {outcome: untraced({name, state: 'refused', field, reason: why, ...(remedy !== undefined && {remedy})})};
}

/** The flag that a field of a spec comes from. */
const FLAG: Record<string, string | undefined> = {
  type: '--type',
  probe_type: '--type',
  target: '--target',
  filter: '--filter',
  arguments: '--args',
  format: '--format',
  aggregate: '--aggregate',
  duration: '--duration',
  duration_s: '--duration',
  pid: '--pid',
  process_name: '--comm',
  pattern: '--pattern',
  slow_ms: '--slow',
  preset: '--preset',
};

/** The same refusal in the words of the command line. */
function byFlag({field, ...refusal}: TraceRefusal): TraceRefusal {
  const [, name = field, rest = ''] = /^(\w+)(.*)$/s.exec(field) ?? [];
  return {field: `${FLAG[name] ?? name}${rest}`, ...refusal};
}

function preset(desk: TraceDesk, {name, parameters}: Extract<TraceAsk, {kind: 'preset'}>): Item {
  const names = desk.presets().map((each) => each.name);
  if (!names.includes(name)) {
    const near = nearest(name, names);
    throw new UsageError(
      '--preset',
      `there is no '${name}'`,
      near ? `did you mean ${near}?` : 'kstop trace --list has them',
    );
  }
  const plan = desk.planPreset(name, parameters);
  return isRefusal(plan) ? refused(name, byFlag(plan)) : {plan};
}

/** Is it more than a spec or some of them: something that asks for one answer? */
const isDiagnostic = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' &&
  json !== null &&
  ['ebpf_programs', 'response_type', 'commands'].some((key) => Object.hasOwn(json, key));

const skippedCommand = ({name, command, description}: SkippedCommand): TraceAnswer['skipped'][number] => ({
  id: name,
  command,
  ...(description !== undefined && {description}),
});

/** The programs of a request, or of an array, as they were written, and where that is. */
function written(json: unknown): [programs: readonly unknown[], where: (i: number) => string] {
  if (Array.isArray(json)) return [json, (i) => `[${i}]`];
  if (!isDiagnostic(json)) return [[json], () => ''];
  const {ebpf_programs: programs} = json;
  return [Array.isArray(programs) ? programs : [], (i) => `ebpf_programs[${i}]`];
}

/** A refusal by a planner, which knows nothing of where its spec stood. */
const placed = (refusal: TraceRefusal, where: string): TraceRefusal =>
  where ? {...refusal, field: `${where}.${refusal.field}`} : refusal;

/** A program that names a preset. */
function presetProgram(desk: TraceDesk, json: unknown, where: string): Item {
  const program = readPresetProgram(json, where);
  if (isRefusal(program)) return refused(where || 'preset', program);
  const {preset, name, description, parameters} = program;
  const plan = desk.planPreset(preset, parameters);
  if (isRefusal(plan)) return refused(name, placed(plan, where));
  return {plan: {...plan, name, ...(description !== undefined && {description})}};
}

/**
 * A request names a hook as what it wants to know: a bare one, without fields, filter or format, is answered by the preset that
 * measures there, where there is one.
 */
function bareProgram(desk: TraceDesk, spec: TraceSpec): TracePlan | undefined {
  const {name, description, type, target, duration_s, pid, process_name} = spec;
  const isBare = spec.arguments.length === 0 && !spec.filter && !spec.format && !spec.aggregate;
  const preset = isBare ? presetForTarget(type, target) : undefined;
  if (preset === undefined) return undefined;
  const parameters = {
    duration_s,
    ...(pid !== undefined && {pid}),
    ...(process_name !== undefined && {process_name}),
    asked_for: {type, target},
  };
  const plan = desk.planPreset(preset, parameters);
  // Where the preset can't run, the hook itself may be there.
  return isRefusal(plan) ? undefined : {...plan, name, ...(description !== undefined && {description})};
}

/** A spec, several, or a request, from whom nobody knows. */
function read(desk: TraceDesk, json: unknown, inWords: (refusal: TraceRefusal) => TraceRefusal): Asked {
  const asked = readRequest(json);
  if (isRefusal(asked)) throw refusalError(asked);
  const [programs, where] = written(json);
  const items = asked.specs.map((spec, i): Item => {
    // To a reader of specs it is none.
    if (namesPreset(programs[i])) return presetProgram(desk, programs[i], where(i));
    if (isRefusal(spec)) return refused(spec.name, inWords(spec));
    const plan = (isDiagnostic(json) && bareProgram(desk, spec)) || desk.planSpec(spec);
    return isRefusal(plan) ? refused(spec.name, inWords(placed(plan, where(i)))) : {plan};
  });
  const skipped = asked.skipped.map(skippedCommand);
  if (!isDiagnostic(json)) return {items, skipped};
  const {response_type} = json;
  const request = {
    ...(typeof response_type === 'string' && {response_type}),
    ...(asked.reasoning !== undefined && {reasoning: asked.reasoning}),
  };
  return {items, skipped, request};
}

function refusalError({field, why, remedy}: TraceRefusal): UsageError {
  return new UsageError(field, why, remedy);
}

/**
 * What is to be traced, planned. `json`: what the file holds, where one is named.
 * @throws {UsageError} where nothing of it can be told apart.
 */
export function askedOf(ask: TraceAsk, desk: TraceDesk, json?: unknown): Asked {
  switch (ask.kind) {
    case 'preset':
      return {items: [preset(desk, ask)], skipped: []};
    case 'spec':
      return read(desk, ask.fields, byFlag);
    case 'file':
      return read(desk, json, (refusal) => refusal);
    case 'list':
      return {items: [], skipped: []};
  }
}

/** The file's content, if the command line names one; read before anything of the kernel is touched. */
export async function fileOf(ask: TraceAsk): Promise<unknown> {
  return ask.kind === 'file' ? await readSpecFile(ask.file) : undefined;
}
