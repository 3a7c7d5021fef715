import type {Model} from '../model/model.ts';
import type {Output} from '../outputs/file-output.ts';
import {OutputError} from '../outputs/sink.ts';
import type {Frame, Source} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Stamp, Summary} from '../types/stream.ts';
import type {Check} from './check.ts';
import {errorObject, markTold} from './errors.ts';
import {EXIT, type ExitCode} from './exit.ts';

/** The stamp of the last thing that was seen. */
function lastStamp(state: State): Stamp {
  return {time: state.now ?? new Date().toISOString(), mono_ns: String(state.nowNs ?? 0n)};
}

export interface Run {
  source: Source;
  model: Model;
  output: Output;
  /** With --check. */
  check?: Check;
  /** Told before an output that failed is given up, so that nothing collected is lost. */
  rescue?: (summary: Summary, state: State) => void;
}

/**
 * Pumps a source through the model into an output until the source ends, then writes the summary. A source that fails
 * ends the run the same way, with its error in the stream. A reader that closes its pipe ends the run well; any other
 * failed write ends it after the summary went elsewhere (`rescue`).
 */
export async function run({source, model, output, check, rescue}: Run): Promise<ExitCode> {
  let fault: unknown;
  let failure: unknown;
  const show = async (frame: Frame): Promise<void> => {
    model.apply(frame);
    check?.note(frame);
    if (failure) return;
    try {
      await output.frame(frame);
    } catch (error) {
      failure = error;
      source.stop();
    }
  };
  try {
    for await (const frame of source.frames()) await show(frame);
  } catch (error) {
    fault = error;
    await show({events: [], probes: [], errors: [errorObject(error)]});
    if (!failure) markTold(error);
  }
  const summary = model.finish(lastStamp(model.state));
  if (!failure) {
    try {
      await output.finish(summary, model.state);
    } catch (error) {
      failure = error;
    }
  }
  if (fault) {
    if (failure) rescue?.(summary, model.state);
    throw fault;
  }
  if (failure instanceof OutputError && failure.code === 'EPIPE') return EXIT.ok;
  if (failure) {
    rescue?.(summary, model.state);
    throw failure;
  }
  return check?.code(summary) ?? EXIT.ok;
}
