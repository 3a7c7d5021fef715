import {createHash} from 'node:crypto';
import {jsonLine} from '../../outputs/json.ts';
import {OutputError, streamSink, type Write} from '../../outputs/sink.ts';
import {answerOf} from '../../outputs/trace/answer.ts';
import {JsonTraces, PlainTraces} from '../../outputs/trace/face.ts';
import {presetLines} from '../../outputs/trace/presets.ts';
import {scriptLines} from '../../outputs/trace/scripts.ts';
import type {TraceAnswer, TraceDesk, TraceOutcome, TracePlan} from '../../types/trace.ts';
import {stampNow} from '../../util/stamp.ts';
import {capabilityRemedy, lacking} from '../doctor/explain.ts';
import {facts} from '../doctor/facts.ts';
import {CannotRun, errorLine, UsageError} from '../errors.ts';
import {EXIT, type ExitCode} from '../exit.ts';
import {Signals} from '../signals.ts';
import {type Asked, askedOf, fileOf, type Item, untraced} from './asked.ts';
import {conduct} from './conduct.ts';
import {openTraceDesk} from './desk.ts';
import type {TraceOptions} from './options.ts';

const plansOf = (items: readonly Item[]): TracePlan[] => items.flatMap((item) => ('plan' in item ? [item.plan] : []));

const scriptOf = ({name, script: {text}}: TracePlan): TraceAnswer['scripts'][number] => ({
  name,
  text,
  sha256: createHash('sha256').update(text).digest('hex'),
});

/** All that became of a request; undefined where nobody asked for one answer. */
function answerTo({request, items, skipped}: Asked, results: TraceOutcome[]): TraceAnswer | undefined {
  return request && answerOf({request, results, scripts: plansOf(items).map(scriptOf), skipped});
}

/** What stands for a trace of which only the script is wanted. */
function unrun(plan: TracePlan): TraceOutcome {
  const {name, description, type, target, duration_s, preset, pid, process_name, notes} = plan;
  const trace = {name, description, type, target, duration_s, preset, pid, process_name};
  const known = Object.fromEntries(Object.entries(trace).filter(([, value]) => value !== undefined));
  const {sha256, text} = scriptOf(plan);
  const outcome = untraced({
    ...(known as typeof trace),
    state: 'skipped',
    reason: 'dry run',
    ...(notes.length > 0 && {notes}),
    script_sha256: sha256,
  });
  return {...outcome, script: text};
}

async function dryRun(asked: Asked, json: boolean, write: Write): Promise<TraceOutcome[]> {
  const outcomes = asked.items.map((item) => ('plan' in item ? unrun(item.plan) : item.outcome));
  if (!json) {
    await write(`${scriptLines(plansOf(asked.items)).join('\n')}\n`);
    return outcomes;
  }
  const answer = answerTo(
    asked,
    outcomes.map(({script: _, ...outcome}) => outcome),
  );
  const objects = answer ? [answer] : outcomes;
  await write(objects.map((object) => jsonLine({kind: 'trace', ...stampNow(), ...object})).join(''));
  return outcomes;
}

async function list(desk: TraceDesk, json: boolean, write: Write): Promise<ExitCode> {
  const {bpftrace} = desk;
  const presets = desk.presets();
  const object = {kind: 'trace_presets', ...stampNow(), bpftrace, presets};
  await write(json ? jsonLine(object) : `${presetLines(presets, bpftrace).join('\n')}\n`);
  return EXIT.ok;
}

/** What was refused or failed, a line each; returns the exit code that stands for all of them. */
function verdict(outcomes: readonly TraceOutcome[]): ExitCode {
  const of = (state: string) => outcomes.filter(({trace}) => trace.state === state);
  const [refused, failed] = [of('refused'), of('failed')];
  for (const {trace} of [...refused, ...failed]) {
    const {name, field, reason = 'no reason given', remedy} = trace;
    const what = field === undefined || field.startsWith('--') ? (field ?? name) : `${name}: ${field}`;
    process.stderr.write(errorLine(new UsageError(what, reason, remedy)));
  }
  if (failed.length > 0 && failed.length === outcomes.length && process.geteuid?.() !== 0) return EXIT.cannotRun;
  if (failed.length > 0) return EXIT.failed;
  return refused.length > 0 ? EXIT.usage : EXIT.ok;
}

/** Is there a bpftrace, and may this user load programs at all? */
function checkRights({bpftrace}: TraceDesk): void {
  if ('missing' in bpftrace) throw new CannotRun('bpftrace', bpftrace.missing, bpftrace.remedy);
  const found = facts();
  const missing = lacking(found);
  if (missing.length > 0)
    throw new CannotRun(
      'trace',
      `no program can be loaded without ${missing.join(' and ')}`,
      capabilityRemedy(found, missing),
    );
}

async function run(options: TraceOptions, desk: TraceDesk, signals: Signals, json: unknown): Promise<ExitCode> {
  const write = streamSink(process.stdout, 'stdout');
  const {ask, json: asJson} = options;
  if (ask.kind === 'list') return await list(desk, asJson, write);
  // Where nothing can be traced, it doesn't matter what is wrong with what is asked.
  if (!options.dryRun) checkRights(desk);
  const asked = askedOf(ask, desk, json);
  if (options.dryRun) return verdict(await dryRun(asked, asJson, write));
  const face = asJson ? new JsonTraces(write, stampNow, asked.request !== undefined) : new PlainTraces(write);
  const outcomes = await conduct(asked.items, {desk, face, signals});
  await face.finish(outcomes, answerTo(asked, outcomes));
  return verdict(outcomes);
}

/**
 * `kstop trace`: plans what is asked for, runs it and tells what came of it. Nothing is left running, however it ends.
 * @throws {UsageError} for what can't be understood, {CannotRun} where nothing can be traced at all
 */
export async function trace(options: TraceOptions): Promise<ExitCode> {
  const json = await fileOf(options.ask);
  const signals = new Signals();
  const desk = await openTraceDesk('cli');
  try {
    return await run(options, desk, signals, json);
  } catch (error) {
    // The reader has seen enough.
    if (error instanceof OutputError && error.code === 'EPIPE') return EXIT.ok;
    throw error;
  } finally {
    await desk.close();
    signals.release();
  }
}
