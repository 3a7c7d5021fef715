import {Model} from '../model/model.ts';
import {EngineError} from '../native/engine.ts';
import {FilterError} from '../sources/filter-error.ts';
import {LiveSource} from '../sources/live.ts';
import {refusalIn} from '../sources/probe-report.ts';
import {SCREEN_ROWS} from '../util/limits.ts';
import {UsageError} from './errors.ts';
import type {RunOptions} from './options.ts';
import {VERSION} from './version.ts';

/** Attaches the probes. Throws UsageError for a filter that names nothing, EngineError when none can run. */
export async function openLive(options: RunOptions, onScreen = false): Promise<{source: LiveSource; model: Model}> {
  const {intervalS, probes, thresholds, filter, container, includeWaits, withArgs, top, maxOverheadPct} = options;
  let source: LiveSource;
  try {
    source = await LiveSource.open({
      version: VERSION,
      intervalMs: intervalS * 1000,
      probes,
      thresholds,
      filter,
      container,
      includeWaits,
      withArgs,
      top: onScreen ? SCREEN_ROWS : top,
      maxOverheadPct,
      skip: process.env.KSTOP_SKIP_METHODS,
    });
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(error.what, error.why, error.remedy);
    throw error instanceof EngineError ? await cannotRun(error.why) : error;
  }
  if (source.anyAttached()) return {source, model: new Model()};
  const why = source.firstReason() ?? 'no reason given';
  await source.close();
  throw await cannotRun(`no probe can run here: ${why}`);
}

/** The one line for exit code 77: what the kernel said, and as the doctor judges it, the cause and what helps. */
async function cannotRun(why: string): Promise<EngineError> {
  const [{explain}, {facts}] = await Promise.all([import('./doctor/explain.ts'), import('./doctor/facts.ts')]);
  const {cause, remedy} = explain(refusalIn(why), facts());
  return new EngineError(
    'kernel',
    cause === 'unknown' || why.includes(cause) ? why : `${why}: ${cause}`,
    remedy ?? 'kstop doctor tells more',
  );
}
