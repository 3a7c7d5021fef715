import type {PresetParameters} from '../../types/trace.ts';
import {UsageError} from '../errors.ts';
import {COMMANDS, findFlag, flagIn} from '../flags.ts';
import type {Given} from '../options.ts';
import {choiceOf, commOf, numberIn, pidOf, textOf} from '../values.ts';

/** What is to be traced. The fields of `spec` are as hostile as those of a file: the same reader judges both. */
export type TraceAsk =
  | {kind: 'list'}
  | {kind: 'preset'; name: string; parameters: PresetParameters}
  | {kind: 'spec'; fields: Record<string, unknown>}
  | {kind: 'file'; file: string};

export interface TraceOptions {
  command: 'trace';
  ask: TraceAsk;
  json: boolean;
  /** Only shows the scripts. */
  dryRun: boolean;
}

/** The ways to say what is traced: exactly one of them. */
const ASKS = ['list', 'preset', 'type', 'spec'] as const;

/** Which of the other flags mean something in which way. */
const SUITS: Record<(typeof ASKS)[number], readonly string[]> = {
  list: ['json'],
  preset: ['json', 'dry-run', 'duration', 'pid', 'comm', 'pattern', 'slow'],
  type: [...['json', 'dry-run', 'duration', 'pid', 'comm'], ...['target', 'filter', 'args', 'format', 'aggregate']],
  spec: ['json', 'dry-run'],
};

function wayOf({values}: Given): (typeof ASKS)[number] {
  const given = ASKS.filter((name) => values.has(name));
  const [way, other] = given;
  if (way !== undefined && other !== undefined)
    throw new UsageError(`--${way} --${other}`, 'only one of them', 'leave one out');
  if (way !== undefined) return way;
  if (values.has('target')) throw new UsageError('--target', 'needs --type', 'as in --type tracepoint');
  throw new UsageError('trace', 'what to trace is missing', 'kstop trace --list shows what there is, --help the rest');
}

function checkSuits({values}: Given, way: (typeof ASKS)[number]): void {
  for (const name of values.keys()) {
    if (name === way || SUITS[way].includes(name)) continue;
    const where = ASKS.filter((each) => SUITS[each].includes(name)).map((each) => `--${each}`);
    throw new UsageError(`--${name}`, `has no meaning with --${way}`, `it belongs to ${where.join(' and ')}`);
  }
}

/** A flag's number, within its own bounds. */
function numberOf({values}: Given, name: string): number | undefined {
  const [text, flag] = [values.get(name), findFlag(name)];
  const range = flag && flagIn(flag, 'trace').range;
  return text === undefined || !range ? undefined : numberIn(`--${name}`, text, ...range);
}

/** Which process and how long. */
function whom(given: Given): PresetParameters {
  const [pid, comm] = [given.values.get('pid'), given.values.get('comm')];
  const duration = numberOf(given, 'duration');
  return {
    ...(duration !== undefined && {duration_s: duration}),
    ...(pid !== undefined && {pid: pidOf('--pid', pid)}),
    ...(comm !== undefined && {process_name: commOf('--comm', comm)}),
  };
}

/** The flags as an object of the form of a spec in a file. */
function specFields(given: Given): Record<string, unknown> {
  const {values} = given;
  const type = choiceOf('--type', values.get('type') ?? '', findFlag('type')?.choices ?? []);
  const target = values.get('target');
  if (target === undefined)
    throw new UsageError('--type', 'needs --target', 'as in --type tracepoint --target sched:sched_process_exec');
  const {duration_s, ...who} = whom(given);
  const text = (name: string) => values.get(name);
  const [args, filter, format, aggregate] = [text('args'), text('filter'), text('format'), text('aggregate')];
  return {
    type,
    target: textOf('--target', target),
    ...(duration_s !== undefined && {duration: duration_s}),
    ...who,
    ...(args !== undefined && {arguments: args.split(',').map((name) => name.trim())}),
    ...(filter !== undefined && {filter: textOf('--filter', filter)}),
    ...(format !== undefined && {format: textOf('--format', format)}),
    ...(aggregate !== undefined && {aggregate: textOf('--aggregate', aggregate)}),
  };
}

function askOf(given: Given, way: (typeof ASKS)[number]): TraceAsk {
  const {values} = given;
  const value = textOf(`--${way}`, way === 'list' ? way : (values.get(way) ?? ''));
  if (way === 'list') return {kind: 'list'};
  if (way === 'spec') return {kind: 'file', file: value};
  if (way === 'type') return {kind: 'spec', fields: specFields(given)};
  const [pattern, slow] = [values.get('pattern'), numberOf(given, 'slow')];
  const parameters = {
    ...whom(given),
    ...(pattern !== undefined && {pattern: textOf('--pattern', pattern)}),
    ...(slow !== undefined && {slow_ms: slow}),
  };
  return {kind: 'preset', name: value, parameters};
}

/** The options of `kstop trace`. Throws UsageError, in one sentence, for what doesn't fit together. */
export function traceOptions(given: Given): TraceOptions {
  const {values, positionals} = given;
  const [extra] = positionals;
  if (extra !== undefined)
    throw new UsageError(extra, 'one argument too many', `${COMMANDS.trace.usage}; --list has the names`);
  const way = wayOf(given);
  checkSuits(given, way);
  return {
    command: 'trace',
    ask: askOf(given, way),
    json: values.has('json'),
    dryRun: values.has('dry-run'),
  };
}
