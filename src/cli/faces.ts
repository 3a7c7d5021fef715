import type {Model} from '../model/model.ts';
import type {Output} from '../outputs/file-output.ts';
import {JsonOutput} from '../outputs/json.ts';
import {PlainOutput} from '../outputs/plain.ts';
import {summaryLines} from '../outputs/report.ts';
import {OutputError, streamSink, type Write} from '../outputs/sink.ts';
import type {Source} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Summary} from '../types/stream.ts';
import type {TraceDesk} from '../types/trace.ts';
import {yieldWorkers} from './background.ts';
import type {Check} from './check.ts';
import {UsageError} from './errors.ts';
import {EXIT, type ExitCode} from './exit.ts';
import type {RecordOptions, ShowOptions} from './options.ts';
import {run} from './run.ts';
import {onDuration, Signals} from './signals.ts';

interface Session {
  source: Source;
  model: Model;
  check?: Check;
  durationS: number;
  /** Caught since the start; without them, from the run's begin on. */
  signals?: Signals;
}

/** Plain text or JSON, by the options; `auto` without a screen is plain. */
function textOutput(options: ShowOptions, write: Write): Output {
  const {quiet, histogram} = options;
  return options.face === 'json' ? new JsonOutput({write, quiet}) : new PlainOutput({write, quiet, histogram});
}

/** The summary on stderr, for when an output broke: nothing that was collected is lost. */
function rescue(summary: Summary, state: State): void {
  process.stderr.write(`${summaryLines(summary, state).join('\n')}\n`);
}

/**
 * Runs a session into an output until it ends by itself, by its duration or by a signal.
 * @throws {UsageError} when the output can't be opened.
 */
async function runText(session: Session, open: () => Output | Promise<Output>): Promise<ExitCode> {
  const stop = (): void => session.source.stop();
  const signals = session.signals ?? new Signals();
  let undo = (): void => {};
  signals.end(stop);
  yieldWorkers();
  try {
    const output = await opened(open);
    undo = onDuration(session.durationS, stop);
    return await run({...session, output, rescue});
  } finally {
    undo();
    await session.source.close();
    signals.release();
  }
}

async function opened(open: () => Output | Promise<Output>): Promise<Output> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof OutputError) throw new UsageError(error.what, error.why, error.remedy);
    throw error;
  }
}

/** Runs a session as plain text or JSON, to stdout or into a new file. */
export async function runStream(session: Session, options: ShowOptions): Promise<ExitCode> {
  if (options.output === undefined)
    return await runText(session, () => textOutput(options, streamSink(process.stdout, 'stdout')));
  const [{createOutputFile}, {FileOutput}] = await Promise.all([
    import('../outputs/file.ts'),
    import('../outputs/file-output.ts'),
  ]);
  const path = options.output;
  return await runText(session, async () => {
    const file = await createOutputFile(path);
    return new FileOutput(textOutput(options, file.write), file);
  });
}

/** Runs a session into a recording; `-` is stdout. */
export async function runRecord(session: Session, options: RecordOptions): Promise<ExitCode> {
  if (options.file === '-')
    return await runText(session, () => new JsonOutput({write: streamSink(process.stdout, 'stdout')}));
  const {createRecording} = await import('../outputs/record.ts');
  return await runText(session, () => createRecording(options.file, options));
}

/** Runs a session on the screen; the summary goes to the terminal after it was given back. */
export async function runScreen(
  session: Session,
  options: {
    noColor: boolean;
    theme?: string;
    mouse: boolean;
    quiet: boolean;
    exportDir?: string;
    /** Opens what starts ad-hoc traces; absent in a replay. */
    traces?: () => Promise<TraceDesk>;
    stdin: typeof process.stdin;
  },
): Promise<ExitCode> {
  const {runTui} = await import('../tui/index.tsx');
  // What the screen needs compiled is compiled by now.
  yieldWorkers();
  const {source, model, check} = session;
  // From here on the screen listens itself. Who asked for an end before there was one gets none.
  session.signals?.release();
  if (session.signals?.asked) {
    await source.close();
    return EXIT.ok;
  }
  const undo = onDuration(session.durationS, () => source.stop());
  try {
    const reason = await runTui({
      source,
      model,
      stdin: options.stdin,
      stdout: process.stdout,
      noColor: options.noColor,
      theme: options.theme,
      mouse: options.mouse,
      exportDir: options.exportDir,
      traces: options.traces,
      onFrame: (frame) => check?.note(frame),
    });
    const summary = model.finish({time: model.state.now ?? '', mono_ns: String(model.state.nowNs ?? 0n)});
    if (reason.kind === 'error') {
      rescue(summary, model.state);
      throw reason.error;
    }
    if (reason.kind !== 'closed') process.stdout.write(`${summaryLines(summary, model.state).join('\n')}\n`);
    return check?.code(summary) ?? EXIT.ok;
  } finally {
    undo();
    await source.close();
  }
}
