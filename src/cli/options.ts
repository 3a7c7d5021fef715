import {parseArgs} from 'node:util';
import {findProbe, THRESHOLD_MAX_US} from '../probes/catalog.ts';
import type {Filter, Thresholds} from '../types/stream.ts';
import {ROWS} from '../util/limits.ts';
import {UsageError} from './errors.ts';
import {COMMANDS, type Command, FLAGS, type Flag, findFlag} from './flags.ts';
import {nearest} from './nearest.ts';
import {type TraceOptions, traceOptions} from './trace/options.ts';
import {MIN_PART_BYTES, type Range} from './value-types.ts';
import {choiceOf, commOf, countIn, microseconds, numberIn, pidOf, probesOf, sizeOf, textOf} from './values.ts';

/** What a live run needs, with or without a screen. */
export interface RunOptions {
  /** Seconds; 0 until stopped. May pass what one setTimeout can hold (24.8 days). */
  durationS: number;
  intervalS: number;
  thresholds: Thresholds;
  /** Ids of the probes to attach, in the catalog's order, never empty. */
  probes: string[];
  filter?: Filter;
  /** Name or id of the only container; it is looked for when the run begins. */
  container?: string;
  /** Also calls that sleep by design. */
  includeWaits: boolean;
  /** Command lines too. */
  withArgs: boolean;
  /** Process rows of a sample. */
  top: number;
  /** Percent of all CPUs' time that the probes may take. */
  maxOverheadPct: number;
  check: boolean;
}

/** How something is shown. `auto`: the screen when stdout (and, live, stdin) is a terminal, else plain text. */
export interface ShowOptions {
  face: 'auto' | 'plain' | 'json';
  quiet: boolean;
  histogram: boolean;
  /** A new file in place of stdout; never `-`. */
  output?: string;
  /** Where snapshots and recordings made by key go; the working directory when absent. */
  exportDir?: string;
  noColor: boolean;
  /** One of THEMES. */
  theme?: string;
  mouse: boolean;
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
export interface DoctorOptions {
  command: 'doctor';
  json: boolean;
  /** The config file that the command line names: doctor says what it thinks of it. */
  config?: string;
}
export interface McpOptions extends RunOptions {
  command: 'mcp';
  /** Free specs too, not only presets. */
  allowTrace: boolean;
  /** Texts that functions are called with too: they may be contents of buffers. */
  allowData: boolean;
}
export type Shell = 'bash' | 'zsh' | 'fish';
export type Options =
  | LiveOptions
  | RecordOptions
  | ReplayOptions
  | TraceOptions
  | DoctorOptions
  | McpOptions
  | {command: 'completions'; shell: Shell}
  | {command: 'help'; topic?: Command}
  | {command: 'version'};

const SEE_HELP = 'see kstop --help';

/** A command line as it was written, checked against the table of flags only. */
export interface Given {
  command: Command;
  positionals: string[];
  /** Last value by flag name; '' for a switch. */
  values: Map<string, string>;
  /** Switches that the command line turns off (`--no-quiet`), whatever a config file says. */
  off: Set<string>;
}

/** What a config file sets, by flag name; '' for a switch that is on. */
export type Settings = ReadonlyMap<string, string>;

/** A switch that a config file can set, by the name that turns it off: `no-quiet`, `histogram` for `no-histogram`. */
function turnedOff(name: string): Flag | undefined {
  return FLAGS.find(
    (flag) => !flag.value && flag.config !== false && (name === `no-${flag.name}` || flag.name === `no-${name}`),
  );
}

function flagOf(name: string, rawName: string): Flag {
  const flag = findFlag(name);
  if (flag) return flag;
  const near = nearest(
    name,
    FLAGS.map((each) => each.name),
  );
  throw new UsageError(rawName, 'unknown flag', near ? `did you mean --${near}?` : SEE_HELP);
}

/**
 * Reads the tokens against the table of flags.
 * @throws {UsageError} what is wrong with them, in the table's words.
 */
export function readArguments(args: string[]): Given {
  const options = Object.fromEntries(
    FLAGS.map(({name, short, value}) => [name, {type: value ? 'string' : 'boolean', ...(short && {short})} as const]),
  );
  const {tokens} = parseArgs({args, options, strict: false, allowPositionals: true, tokens: true});
  const values = new Map<string, string>();
  const off = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const undone = findFlag(token.name) ? undefined : turnedOff(token.name);
    if (undone && token.value === undefined) {
      values.delete(undone.name);
      off.add(undone.name);
      continue;
    }
    const flag = flagOf(token.name, token.rawName);
    values.set(flag.name, checkedValue(flag, token.rawName, token.value, token.inlineValue === true));
    off.delete(flag.name);
  }
  const first = positionals[0] ?? 'live';
  if (!Object.hasOwn(COMMANDS, first)) {
    const near = nearest(first, Object.keys(COMMANDS));
    throw new UsageError(first, 'unknown command', near ? `did you mean ${near}?` : SEE_HELP);
  }
  return {command: first as Command, positionals: positionals.slice(1), values, off};
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
    const flag = findFlag(name);
    if (flag?.commands.includes(command)) continue;
    const where = flag?.commands.map((each) => (each === 'live' ? 'live' : `kstop ${each}`)).join(', ');
    const here = command === 'live' ? 'has no meaning without a command' : `has no meaning in kstop ${command}`;
    throw new UsageError(`--${name}`, here, `it belongs to ${where}`);
  }
}

function rangeOf(name: string): Range {
  return findFlag(name)?.range ?? [0, Number.MAX_SAFE_INTEGER, ''];
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
  const number = (name: string, fallback: number) => {
    const text = values.get(name);
    return text === undefined ? fallback : numberIn(`--${name}`, text, ...rangeOf(name));
  };
  const [sched_warn_us, sched_crit_us] = pair(given, 'sched', 'sched');
  const [block_warn_us, block_crit_us] = pair(given, 'bio', 'block');
  const [vfs_warn_us, vfs_crit_us] = pair(given, 'vfs', 'vfs');
  const [syscall_warn_us, syscall_crit_us] = pair(given, 'syscall', 'syscall');
  const filter = filterOf(given);
  const container = values.get('container');
  if (container !== undefined && values.has('cgroup'))
    throw new UsageError('--container --cgroup', 'only one of them', 'leave one out');
  return {
    durationS: number('duration', 0),
    intervalS: number('interval', 1),
    thresholds: {
      sched_warn_us,
      sched_crit_us,
      block_warn_us,
      block_crit_us,
      vfs_warn_us,
      vfs_crit_us,
      syscall_warn_us,
      syscall_crit_us,
    },
    probes: probesOf('--probes', values.get('probes') ?? 'default'),
    ...(filter && {filter}),
    ...(container !== undefined && {container: textOf('--container', container)}),
    includeWaits: values.has('include-waits'),
    withArgs: values.has('with-args'),
    top: values.has('top') ? countIn('--top', values.get('top') ?? '', ...rangeOf('top')) : ROWS,
    maxOverheadPct: number('max-overhead', 1),
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
  const theme = values.get('theme');
  const output = given === undefined ? undefined : textOf('--output', given);
  const exportDir = values.get('export-dir');
  return {
    face: values.has('json') ? 'json' : values.has('plain') ? 'plain' : 'auto',
    quiet: values.has('quiet'),
    histogram: !values.has('no-histogram'),
    ...(output !== undefined && output !== '-' && {output}),
    ...(exportDir !== undefined && {exportDir: textOf('--export-dir', exportDir)}),
    noColor: values.has('no-color'),
    mouse: !values.has('no-mouse'),
    ...(theme !== undefined && {theme: choiceOf('--theme', theme, findFlag('theme')?.choices ?? [])}),
  };
}

function fileOf({command, positionals}: Given): string {
  const [file] = positionals;
  if (file === undefined) throw new UsageError(command, 'needs a file', COMMANDS[command].usage);
  return textOf(`${command} FILE`, file);
}

function wordOf({command, positionals}: Given): string {
  const {argument = []} = COMMANDS[command];
  const [word] = positionals;
  if (word === undefined)
    throw new UsageError(command, `needs one of ${[...argument].join(', ')}`, COMMANDS[command].usage);
  return choiceOf(command, word, [...argument]);
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
    ...(size !== undefined && {maxSizeBytes: sizeOf('--max-size', size, MIN_PART_BYTES)}),
    ...(files !== undefined && {maxFiles: countIn('--max-files', files, ...rangeOf('max-files'))}),
  };
}

/** The flags of which one excludes the others: given on the command line, a config file's are void. */
export const EXCLUSIVE: readonly (readonly string[])[] = [
  ['plain', 'json'],
  ['container', 'cgroup'],
];

/** Adds what a config file sets, where the command line doesn't say otherwise and the command has a use for it. */
function withSettings(given: Given, settings: Settings): Given {
  const values = new Map(given.values);
  const isGiven = (name: string) => given.values.has(name);
  for (const [name, value] of settings) {
    if (isGiven(name) || given.off.has(name)) continue;
    if (!findFlag(name)?.commands.includes(given.command)) continue;
    if (EXCLUSIVE.some((group) => group.includes(name) && group.some(isGiven))) continue;
    values.set(name, value);
  }
  // A warning threshold from the command line moves a critical one from the file that would be below it.
  for (const name of settings.keys()) {
    const warn = name.replace(/-crit$/, '-warn');
    if (warn === name || isGiven(name) || !isGiven(warn)) continue;
    if (Number(values.get(warn)) > Number(values.get(name))) values.delete(name);
  }
  // stdout has no next file: that matters to who asks for it here, not to a file made for all recordings.
  if (given.command === 'record' && given.positionals[0] === '-')
    for (const name of ['max-size', 'max-files']) if (!isGiven(name)) values.delete(name);
  return {...given, values};
}

/** Has a config file a say in this command line? */
export function takesSettings({command, values}: Given): boolean {
  if (values.has('help') || values.has('version')) return false;
  // The doctor looks at the file itself.
  return command !== 'doctor' && (findFlag('config')?.commands.includes(command) ?? false);
}

/**
 * A command line, with what a config file sets, as typed options.
 * @throws {UsageError} in one sentence what is wrong with it, and what to do.
 */
export function toOptions(written: Given, settings: Settings = new Map()): Options {
  if (written.values.has('help')) {
    return {command: 'help', ...(written.command !== 'live' && {topic: written.command})};
  }
  if (written.values.has('version')) return {command: 'version'};
  checkCommand(written);
  const given = withSettings(written, settings);
  const {command, positionals, values} = given;
  if (command === 'trace') return traceOptions(given);
  const extra = positionals[COMMANDS[command].argument ? 1 : 0];
  if (extra !== undefined) throw new UsageError(extra, 'one argument too many', COMMANDS[command].usage);
  if (command === 'doctor') {
    const config = values.get('config');
    return {command, json: values.has('json'), ...(config !== undefined && {config: textOf('--config', config)})};
  }
  if (command === 'completions') return {command, shell: wordOf(given) as Shell};
  if (command === 'mcp') {
    const [allowTrace, allowData] = [values.has('allow-trace'), values.has('allow-data')];
    return {command, ...runOptions(given), allowTrace, allowData};
  }
  if (command === 'record') return recordOptions(given);
  if (command === 'replay') return {command, ...showOptions(given), file: fileOf(given), check: values.has('check')};
  return {command, ...runOptions(given), ...showOptions(given)};
}

/** The command line (without `node` and the script) alone. */
export function parseOptions(args: string[]): Options {
  return toOptions(readArguments(args));
}
