import {parseArgs} from 'node:util';
import {findProbe, THRESHOLD_MAX_US} from '../probes/catalog.ts';
import type {Filter, Thresholds} from '../types/stream.ts';
import {UsageError} from './errors.ts';
import {COMMANDS, type Command, FLAGS, type Flag} from './flags.ts';
import {nearest} from './nearest.ts';
import {commOf, microseconds, numberIn, pidOf, probesOf, sizeOf, textOf} from './values.ts';

/** What a live run needs, with or without a screen. */
export interface RunOptions {
  /** Seconds; 0 until stopped. May pass what one setTimeout can hold (24.8 days). */
  durationS: number;
  intervalS: number;
  thresholds: Thresholds;
  /** Ids of the probes to attach, in the catalog's order, never empty. */
  probes: string[];
  filter?: Filter;
  check: boolean;
}

/** How something is shown. `auto`: the screen when stdout (and, live, stdin) is a terminal, else plain text. */
export interface ShowOptions {
  face: 'auto' | 'plain' | 'json';
  quiet: boolean;
  histogram: boolean;
  /** A new file in place of stdout; never `-`. */
  output?: string;
  noColor: boolean;
}

export interface LiveOptions extends RunOptions, ShowOptions {
  command: 'live';
}
export interface RecordOptions extends RunOptions {
  command: 'record';
  /** `-` is stdout. */
  file: string;
  /** Bytes written after which the recording goes on in the next file. */
  maxSizeBytes?: number;
  maxFiles?: number;
}
export interface ReplayOptions extends ShowOptions {
  command: 'replay';
  /** `-` is stdin. */
  file: string;
  check: boolean;
}
export type Options =
  | LiveOptions
  | RecordOptions
  | ReplayOptions
  | {command: 'help'; topic?: Command}
  | {command: 'version'};

const SEE_HELP = 'see kstop --help';

interface Given {
  command: Command;
  positionals: string[];
  /** Last value by flag name; '' for a switch. */
  values: Map<string, string>;
}

function flagOf(name: string, rawName: string): Flag {
  const flag = FLAGS.find((each) => each.name === name);
  if (flag) return flag;
  const near = nearest(
    name,
    FLAGS.map((each) => each.name),
  );
  throw new UsageError(rawName, 'unknown flag', near ? `did you mean --${near}?` : SEE_HELP);
}

/** Reads the tokens against the table of flags; says what is wrong with them, in the table's words. */
function read(args: string[]): Given {
  const options = Object.fromEntries(
    FLAGS.map(({name, short, value}) => [name, {type: value ? 'string' : 'boolean', ...(short && {short})} as const]),
  );
  const {tokens} = parseArgs({args, options, strict: false, allowPositionals: true, tokens: true});
  const values = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = flagOf(token.name, token.rawName);
    values.set(flag.name, checkedValue(flag, token.rawName, token.value, token.inlineValue === true));
  }
  const first = positionals[0] ?? 'live';
  if (!Object.hasOwn(COMMANDS, first)) {
    const near = nearest(first, Object.keys(COMMANDS));
    throw new UsageError(first, 'unknown command', near ? `did you mean ${near}?` : SEE_HELP);
  }
  return {command: first as Command, positionals: positionals.slice(1), values};
}

function checkedValue(flag: Flag, rawName: string, value: string | undefined, inline: boolean): string {
  if (!flag.value) {
    if (value !== undefined) throw new UsageError(rawName, 'takes no value', `write --${flag.name}`);
    return '';
  }
  // `--output --json` is a forgotten value; a list of probes may begin with -name, and a negative number is told as such.
  const another = value !== undefined && !inline && /^-[^\d.]/.test(value) && flag.name !== 'probes';
  if (value === undefined || another) throw new UsageError(rawName, 'needs a value', `--${flag.name} ${flag.value}`);
  return value;
}

function checkCommand({command, values}: Given): void {
  for (const name of values.keys()) {
    const flag = FLAGS.find((each) => each.name === name);
    if (flag?.commands.includes(command)) continue;
    const where = flag?.commands.map((each) => (each === 'live' ? 'live' : `kstop ${each}`)).join(', ');
    const here = command === 'live' ? 'has no meaning without a command' : `has no meaning in kstop ${command}`;
    throw new UsageError(`--${name}`, here, `it belongs to ${where}`);
  }
}

/** Warning and critical of one subsystem; the critical one defaults to ten times the warning (at most 60 s). */
function pair({values}: Given, prefix: string, probe: string): [warn: number, crit: number] {
  const given = (name: string) => {
    const value = values.get(name);
    return value === undefined ? undefined : microseconds(`--${name}`, value);
  };
  const warn = given(`${prefix}-warn`) ?? findProbe(probe)?.warnUs ?? THRESHOLD_MAX_US;
  const crit = given(`${prefix}-crit`) ?? Math.min(warn * 10, THRESHOLD_MAX_US);
  if (warn <= crit) return [warn, crit];
  if (!values.has(`${prefix}-warn`)) {
    throw new UsageError(
      `--${prefix}-crit`,
      `${crit} is below the warning threshold ${warn}`,
      `lower --${prefix}-warn too`,
    );
  }
  throw new UsageError(
    `--${prefix}-warn`,
    `${warn} is above the critical threshold ${crit}`,
    `raise --${prefix}-crit too`,
  );
}

function runOptions(given: Given): RunOptions {
  const {values} = given;
  const number = (name: string, fallback: number, min: number, max: number) =>
    values.has(name) ? numberIn(`--${name}`, values.get(name) ?? '', min, max, 'seconds') : fallback;
  const [sched_warn_us, sched_crit_us] = pair(given, 'sched', 'sched');
  const [block_warn_us, block_crit_us] = pair(given, 'bio', 'block');
  const filter = filterOf(given);
  return {
    durationS: number('duration', 0, 0, 1e9),
    intervalS: number('interval', 1, 0.1, 60),
    thresholds: {sched_warn_us, sched_crit_us, block_warn_us, block_crit_us},
    probes: probesOf('--probes', values.get('probes') ?? 'default'),
    ...(filter && {filter}),
    check: values.has('check'),
  };
}

function filterOf({values}: Given): Filter | undefined {
  const [pid, comm, cgroup] = [values.get('pid'), values.get('comm'), values.get('cgroup')];
  const filter: Filter = {
    ...(pid !== undefined && {pid: pidOf('--pid', pid)}),
    ...(comm !== undefined && {comm: commOf('--comm', comm)}),
    ...(cgroup !== undefined && {cgroup: textOf('--cgroup', cgroup)}),
  };
  return Object.keys(filter).length > 0 ? filter : undefined;
}

function showOptions({values}: Given): ShowOptions {
  if (values.has('plain') && values.has('json'))
    throw new UsageError('--plain --json', 'only one of them', 'leave one out');
  const given = values.get('output');
  const output = given === undefined ? undefined : textOf('--output', given);
  return {
    face: values.has('json') ? 'json' : values.has('plain') ? 'plain' : 'auto',
    quiet: values.has('quiet'),
    histogram: !values.has('no-histogram'),
    ...(output !== undefined && output !== '-' && {output}),
    noColor: values.has('no-color'),
  };
}

function fileOf({command, positionals}: Given): string {
  const [file] = positionals;
  if (file === undefined) throw new UsageError(command, 'needs a file', COMMANDS[command].usage);
  return textOf(`${command} FILE`, file);
}

function recordOptions(given: Given): RecordOptions {
  const [size, files] = [given.values.get('max-size'), given.values.get('max-files')];
  const file = fileOf(given);
  if (files !== undefined && size === undefined) throw new UsageError('--max-files', 'needs --max-size', SEE_HELP);
  if (size !== undefined && file === '-') throw new UsageError('--max-size', 'stdout has no next file', 'name a file');
  return {
    command: 'record',
    ...runOptions(given),
    file,
    ...(size !== undefined && {maxSizeBytes: sizeOf('--max-size', size, 65_536)}),
    ...(files !== undefined && {maxFiles: Math.floor(numberIn('--max-files', files, 2, 1e6, 'files'))}),
  };
}

/**
 * The command line (without `node` and the script) as typed options.
 * @throws {UsageError} in one sentence what is wrong with it, and what to do.
 */
export function parseOptions(args: string[]): Options {
  const given = read(args);
  const {command, positionals, values} = given;
  if (values.has('help')) return {command: 'help', ...(command !== 'live' && {topic: command})};
  if (values.has('version')) return {command: 'version'};
  checkCommand(given);
  const extra = positionals[command === 'live' ? 0 : 1];
  if (extra !== undefined) throw new UsageError(extra, 'one argument too many', COMMANDS[command].usage);
  if (command === 'record') return recordOptions(given);
  if (command === 'replay') return {command, ...showOptions(given), file: fileOf(given), check: values.has('check')};
  return {command, ...runOptions(given), ...showOptions(given)};
}
