import {THEMES} from '../tui/theme.ts';
import {TRACE_LIMITS, TRACE_TYPES} from '../types/trace.ts';
import type {Range, TypeName, ValueName} from './value-types.ts';

/** A command: everything that parsing, checking, help and completion need to know of it. */
interface CommandSpec {
  usage: string;
  help: string;
  /** Its one argument: a file, or one of a few words. */
  argument?: 'FILE' | readonly string[];
  /** Other ways to call it, for its own help. */
  forms?: readonly string[];
}

const specs = <Name extends string>(table: Record<Name, CommandSpec>): Readonly<Record<Name, CommandSpec>> => table;

/** Commands of this version; `live` is what runs without a name. */
export const COMMANDS = specs({
  live: {usage: 'kstop [OPTIONS]', help: 'live: a full screen on a terminal, else plain text'},
  record: {
    usage: 'kstop record FILE [OPTIONS]',
    help: 'live, the JSON stream into FILE (- is stdout; .gz compresses)',
    argument: 'FILE',
  },
  replay: {
    usage: 'kstop replay FILE [OPTIONS]',
    help: 'show a recording (- is stdin); needs no privileges',
    argument: 'FILE',
  },
  trace: {
    usage: 'kstop trace --preset NAME',
    help: 'an ad-hoc trace through bpftrace; --list has the presets',
    forms: [
      'kstop trace --list',
      'kstop trace --type TYPE --target TARGET [OPTIONS]',
      'kstop trace --spec FILE',
      'kstop trace ... --dry-run',
    ],
  },
  doctor: {
    usage: 'kstop doctor [OPTIONS]',
    help: 'what this kernel and this user allow, probe by probe, and what helps',
  },
  mcp: {
    usage: 'kstop mcp [OPTIONS]',
    help: 'a Model Context Protocol server on stdin and stdout, for AI agents',
  },
  completions: {
    usage: 'kstop completions SHELL',
    help: 'a script for tab completion in bash, zsh or fish',
    argument: ['bash', 'zsh', 'fish'],
  },
});

export type Command = keyof typeof COMMANDS;

/** One flag: everything that parsing, checking and `--help` need to know of it. */
export interface Flag {
  name: string;
  short?: string;
  /** The value's name in the help; absent for a switch. VALUE_TYPES has what such a value may be. */
  value?: ValueName;
  /** Where the value's name doesn't say it all. */
  type?: TypeName;
  /** Bounds of a number, both inclusive, and its unit in words. */
  range?: Range;
  /** The only values. */
  choices?: readonly string[];
  commands: readonly Command[];
  help: string;
  /** In words, for the help. */
  default?: string;
  /** False where a config file can't set it. */
  config?: false;
  /** What differs in single commands. */
  within?: Partial<Record<Command, Partial<Pick<Flag, 'help' | 'default' | 'range'>>>>;
}

const RUN = ['live', 'record'] as const;
/** With a time to run and somebody to look at. */
const TASK = [...RUN, 'trace'] as const;
const WATCH = [...RUN, 'mcp'] as const;
const SHOW = ['live', 'replay'] as const;
const SEEN = ['live', 'record', 'replay'] as const;
const ALL = Object.keys(COMMANDS) as Command[];

/** They ask for one trace: nothing that a config file could say for all. */
const TRACE_FLAGS = (
  [
    {name: 'preset', value: 'NAME', help: 'one of the ready-made traces'},
    {name: 'list', help: 'the presets, with the hook that each uses here'},
    {name: 'pattern', value: 'GLOB', help: 'only these names, with * at begin or end (for presets that take one)'},
    {
      name: 'slow',
      value: 'MS',
      range: [0.001, 60_000, 'milliseconds'],
      help: 'what is slow, milliseconds (for presets that tell of it)',
      default: '10',
    },
    {name: 'type', value: 'TYPE', choices: TRACE_TYPES, help: `kind of the hook: ${TRACE_TYPES.join(', ')}`},
    {name: 'target', value: 'TARGET', help: 'category:event, a kernel function, or /path:provider:probe'},
    {name: 'filter', value: 'FILTER', help: 'only what fits: ret < 0 and comm == "nginx" (docs/traces.md)'},
    {name: 'args', value: 'NAMES', help: 'fields or parameters to show, with commas', default: 'what suits the target'},
    {name: 'format', value: 'FORMAT', help: 'how an event reads, as for printf, one conversion an argument'},
    {name: 'aggregate', value: 'WHAT', help: 'count or distribution in place of events: count by comm, hist bytes ...'},
    {name: 'spec', value: 'FILE', help: 'one spec, an array, or a diagnostic request, as JSON (- is stdin)'},
    {name: 'dry-run', help: 'only show the bpftrace scripts'},
  ] satisfies Omit<Flag, 'commands'>[]
).map((flag): Flag => ({...flag, commands: ['trace'], config: false}));

export const FLAGS: readonly Flag[] = [
  {
    name: 'duration',
    short: 'd',
    value: 'N',
    range: [0, 1e9, 'seconds'],
    commands: TASK,
    help: 'seconds to run, 0 until Ctrl-C',
    default: '0',
    within: {
      trace: {
        help: `seconds to trace, 1 to ${TRACE_LIMITS.durationS}`,
        default: "the preset's, else 10",
        range: [1, TRACE_LIMITS.durationS, 'seconds'],
      },
    },
  },
  {
    name: 'interval',
    short: 'i',
    value: 'S',
    range: [0.1, 60, 'seconds'],
    commands: RUN,
    help: 'seconds between samples, 0.1 to 60',
    default: '1',
  },
  {
    name: 'sched-warn',
    value: 'US',
    commands: WATCH,
    help: 'run-queue wait for a warning, microseconds',
    default: '1000',
  },
  {name: 'sched-crit', value: 'US', commands: WATCH, help: 'the same, critical', default: '10 x warn'},
  {
    name: 'bio-warn',
    value: 'US',
    commands: WATCH,
    help: 'block request time for a warning, microseconds',
    default: '10000',
  },
  {name: 'bio-crit', value: 'US', commands: WATCH, help: 'the same, critical', default: '10 x warn'},
  {
    name: 'vfs-warn',
    value: 'US',
    commands: WATCH,
    help: 'time of a call on a file for a warning, microseconds',
    default: '5000',
  },
  {name: 'vfs-crit', value: 'US', commands: WATCH, help: 'the same, critical', default: '10 x warn'},
  {
    name: 'syscall-warn',
    value: 'US',
    commands: WATCH,
    help: 'time of a system call for a warning, microseconds',
    default: '10000',
  },
  {name: 'syscall-crit', value: 'US', commands: WATCH, help: 'the same, critical', default: '10 x warn'},
  {
    name: 'top',
    value: 'N',
    type: 'count',
    range: [1, 10_000, 'rows'],
    commands: RUN,
    help: 'process rows in a sample, the busiest; the screen has them all',
    default: '50',
  },
  {
    name: 'probes',
    value: 'LIST',
    commands: WATCH,
    help: 'all, default, names; -name leaves one out',
    default: 'default',
  },
  {
    name: 'pid',
    short: 'p',
    value: 'PID',
    commands: TASK,
    help: 'only this process, in the kernel',
    default: 'all',
    config: false,
  },
  {
    name: 'comm',
    value: 'NAME',
    type: 'comm',
    commands: TASK,
    help: 'only tasks of this name, in the kernel',
    default: 'all',
  },
  {
    name: 'container',
    value: 'NAME-OR-ID',
    commands: RUN,
    help: 'only this container, in the kernel: name, pod/name, id or its begin',
    default: 'all',
  },
  {
    name: 'cgroup',
    value: 'PATH',
    commands: RUN,
    help: 'only this cgroup, in the kernel',
    default: 'all',
  },
  {name: 'include-waits', commands: WATCH, help: 'also calls that sleep by design (pipes, sockets, poll, futex ...)'},
  {
    name: 'with-args',
    commands: RUN,
    help: 'command lines of programs that are run or looked into (they can hold secrets)',
  },
  {
    name: 'max-overhead',
    value: 'PCT',
    range: [0.001, 100, "percent of all CPUs' time"],
    commands: WATCH,
    help: "budget of the probes, percent of all CPUs' time; dear ones pause first",
    default: '1',
  },
  {name: 'plain', commands: SHOW, help: 'plain text, also on a terminal'},
  {
    name: 'json',
    commands: ['live', 'replay', 'trace', 'doctor'],
    help: 'the JSON stream, one object a line',
    within: {trace: {help: 'results as JSON, one object a line'}},
  },
  {name: 'quiet', short: 'q', commands: SHOW, help: 'only the summary'},
  {name: 'no-histogram', commands: SHOW, help: 'no distributions in the summary'},
  {
    name: 'output',
    short: 'o',
    value: 'FILE',
    commands: SHOW,
    help: 'a new file for the text or JSON',
    default: 'stdout',
  },
  {
    name: 'export-dir',
    value: 'DIR',
    commands: SHOW,
    help: 'folder for the files that the keys e and r make',
    default: 'working directory',
  },
  {name: 'check', commands: SEEN, help: 'exit 3 when anything was at WARNING or worse, 4 when unsure'},
  {name: 'max-size', value: 'SIZE', commands: ['record'], help: 'go on in FILE.1, FILE.2 ... after SIZE (10M, 1G)'},
  {
    name: 'max-files',
    value: 'N',
    type: 'count',
    range: [2, 1e6, 'files'],
    commands: ['record'],
    help: 'keep the newest N of them, at least 2',
    default: 'all',
  },
  {
    name: 'theme',
    value: 'NAME',
    choices: THEMES,
    commands: SHOW,
    help: `colours of the screen: ${THEMES.join(', ')}`,
    default: 'auto',
  },
  {name: 'no-mouse', commands: SHOW, help: 'leave the mouse to the terminal (else Shift selects text)'},
  {name: 'no-color', commands: SHOW, help: 'no colours (also by NO_COLOR and TERM=dumb)'},
  {
    name: 'config',
    value: 'FILE',
    commands: [...SEEN, 'doctor', 'mcp'],
    help: 'settings from this TOML file (docs/config.md)',
    config: false,
  },
  ...TRACE_FLAGS,
  {
    name: 'allow-trace',
    commands: ['mcp'],
    help: 'agents may trace by specs of their own, not only presets',
    config: false,
  },
  {
    name: 'allow-data',
    commands: ['mcp'],
    help: 'agents may trace texts that functions are called with (buffers too)',
    config: false,
  },
  {name: 'help', short: 'h', commands: ALL, help: 'this text', config: false},
  {name: 'version', short: 'V', commands: ALL, help: 'the version', config: false},
];

export function findFlag(name: string): Flag | undefined {
  return FLAGS.find((flag) => flag.name === name);
}

/** The flag as it is in one command. */
export const flagIn = (flag: Flag, command: Command): Flag => ({...flag, ...flag.within?.[command]});

/** The help text, of one command or of all. Ends with a newline. */
export function helpText(command?: Command): string {
  const shown = command ? [command] : (Object.keys(COMMANDS) as Command[]);
  const flags = FLAGS.filter((flag) => shown.some((each) => flag.commands.includes(each))).map((flag) =>
    command ? flagIn(flag, command) : flag,
  );
  const left = (flag: Flag) =>
    `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
  const width = Math.max(...flags.map((flag) => left(flag).length));
  const lines = flags.map((flag) => {
    const note = flag.default ? ` (default: ${flag.default})` : '';
    const only = !command && flag.commands.length === 1 ? ` [${flag.commands[0]}]` : '';
    return `  ${left(flag).padEnd(width)}  ${flag.help}${note}${only}`;
  });
  const forms = command ? (COMMANDS[command].forms ?? []) : [];
  const usage = [
    ...shown.map((each) => `  ${COMMANDS[each].usage.padEnd(30)} ${COMMANDS[each].help}`),
    ...forms.map((form) => `  ${form}`),
  ];
  return [
    'kstop: top for the health of a Linux kernel, measured with eBPF',
    '',
    'Usage:',
    ...usage,
    '',
    'Options:',
    ...lines,
    '',
    'Exit codes: 0 ended, 1 failed while running, 2 bad usage or file, 3 and 4 by --check, 77 no probe can run here.',
    '',
  ].join('\n');
}
