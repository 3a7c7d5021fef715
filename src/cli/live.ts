import {Model} from '../model/model.ts';
import {EngineError, remedyFor} from '../native/engine.ts';
import {FilterError, LiveSource} from '../sources/live.ts';
import {UsageError} from './errors.ts';
import type {RunOptions} from './options.ts';
import {VERSION} from './version.ts';

/** Attaches the probes. Throws UsageError for a filter that names nothing, EngineError when none can run. */
export async function openLive(options: RunOptions): Promise<{source: LiveSource; model: Model}> {
  const {intervalS, probes, thresholds, filter} = options;
  let source: LiveSource;
  try {
    source = new LiveSource({
      version: VERSION,
      intervalMs: intervalS * 1000,
      probes,
      thresholds,
      filter,
      skip: process.env.KSTOP_SKIP_METHODS,
    });
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(error.what, error.why, error.remedy);
    throw error;
  }
  if (source.anyAttached()) return {source, model: new Model()};
  const why = source.firstReason() ?? 'no reason given';
  await source.close();
  const remedy = remedyFor(why, 'the kernel needs CONFIG_DEBUG_INFO_BTF');
  throw new EngineError('kernel', `no probe can run here: ${why}`, remedy);
}
