import {openSync} from 'node:fs';
import {ReadStream} from 'node:tty';
import {jsonLine} from '../outputs/json.ts';
import {OutputError} from '../outputs/sink.ts';
import {Check} from './check.ts';
import {loadConfig} from './config/index.ts';
import {CannotRun, errorLine, errorObject, isTold, UsageError} from './errors.ts';
import {EXIT, type ExitCode} from './exit.ts';
import {runRecord, runScreen, runStream} from './faces.ts';
import {helpText} from './flags.ts';
import {
  type LiveOptions,
  type Options,
  type RecordOptions,
  type ReplayOptions,
  type RunOptions,
  readArguments,
  takesSettings,
  toOptions,
} from './options.ts';
import {Signals} from './signals.ts';
import {VERSION} from './version.ts';

async function live(options: LiveOptions): Promise<ExitCode> {
  const onScreen = options.face === 'auto' && !options.output && process.stdin.isTTY && process.stdout.isTTY;
  // Loaded while other threads attach the probes.
  if (onScreen) import('../tui/index.tsx').catch(() => {});
  const session = await liveSession(options, onScreen);
  return onScreen
    ? await runScreen(session, {...options, traces, stdin: process.stdin})
    : await runStream(session, options);
}

/** Loaded when somebody first looks at the view Traces. */
async function traces() {
  const {openTraceDesk} = await import('./trace/desk.ts');
  return await openTraceDesk('tui');
}

async function record(options: RecordOptions): Promise<ExitCode> {
  return await runRecord(await liveSession(options), options);
}

/** Attaches the probes. A signal that comes meanwhile ends the run once it has begun. */
async function liveSession(options: RunOptions, onScreen = false) {
  const signals = new Signals();
  const {openLive} = await import('./live.ts');
  const check = options.check ? new Check(options.probes) : undefined;
  return {...(await openLive(options, onScreen)), check, durationS: options.durationS, signals};
}

async function replay(options: ReplayOptions): Promise<ExitCode> {
  const onScreen = options.face === 'auto' && !options.output && process.stdout.isTTY;
  const [{openRecording}, {Model}] = await Promise.all([
    import('../sources/recording.ts'),
    import('../model/model.ts'),
  ]);
  const source = await openRecording({file: options.file, pace: onScreen ? 'paced' : 'fast'});
  const session = {source, model: new Model(), check: options.check ? new Check() : undefined, durationS: 0};
  const code = onScreen
    ? await runScreen(session, {...options, stdin: keys(options.file)})
    : await runStream(session, options);
  // A recording that was merely cut off has been replayed to its last whole line, and the stream says so.
  if (source.fault && source.fault.fault !== 'cut-off') throw source.fault;
  return code;
}

/** Keys come from the terminal even when the recording comes through stdin. */
function keys(file: string): typeof process.stdin {
  if (file !== '-' && process.stdin.isTTY) return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r')) as typeof process.stdin;
  } catch {
    throw new UsageError('replay', 'there is no terminal to read keys from', 'use --plain or --json');
  }
}

/** A text on stdout, whole or with words why not; a reader that goes away has seen enough. */
async function print(text: string): Promise<ExitCode> {
  const failure = await new Promise<Error | null | undefined>((done) => process.stdout.write(text, done));
  if (!failure) return EXIT.ok;
  const error = new OutputError('stdout', failure);
  if (error.code !== 'EPIPE') throw error;
  return EXIT.ok;
}

async function dispatch(options: Options): Promise<ExitCode> {
  switch (options.command) {
    case 'help':
      return await print(helpText(options.topic));
    case 'version':
      return await print(`kstop ${VERSION}\n`);
    case 'trace': {
      const {trace} = await import('./trace/index.ts');
      return await trace(options);
    }
    case 'doctor': {
      const {doctor} = await import('./doctor/index.ts');
      const {text, code} = await doctor(options);
      await print(text);
      return code;
    }
    case 'completions': {
      const {completions} = await import('./completions/index.ts');
      return await print(completions(options.shell));
    }
    case 'mcp': {
      const {mcp} = await import('./mcp.ts');
      return await mcp(options);
    }
    case 'live':
      return await live(options);
    case 'record':
      return await record(options);
    case 'replay':
      return await replay(options);
  }
}

/** Exit code of what went wrong, after telling it on stderr (and in a JSON stream as an object). */
function tell(error: unknown, json: boolean): ExitCode {
  process.stderr.write(errorLine(error));
  if (process.env.KSTOP_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (json && !isTold(error)) process.stdout.write(jsonLine(errorObject(error)));
  return codeOf(error);
}

/** By name, so that a replay needn't load the classes of the live side. */
function codeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CannotRun) return EXIT.cannotRun;
  const name = error instanceof Error ? error.name : '';
  if (name === 'EngineError') return EXIT.cannotRun;
  return name === 'RecordingError' ? EXIT.usage : EXIT.failed;
}

/** The program: parses the arguments, runs, and leaves the exit code in process.exitCode. */
export async function main(args: string[]): Promise<void> {
  // A reader that went away is noticed by the write that fails, which ends the run well.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    const given = readArguments(args);
    // Without a config file this costs two failed opens.
    const config = takesSettings(given) ? await loadConfig(given.values.get('config')) : undefined;
    process.exitCode = await dispatch(toOptions(given, config?.settings));
  } catch (error) {
    process.exitCode = tell(error, args.includes('--json'));
  }
}
