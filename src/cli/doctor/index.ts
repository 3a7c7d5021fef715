import {surveyRuntimes} from '../../containers/survey.ts';
import {jsonLine} from '../../outputs/json.ts';
import {PROBES} from '../../probes/catalog.ts';
import {LiveSource} from '../../sources/live.ts';
import type {ProbeReport} from '../../sources/probe-report.ts';
import {loadConfig} from '../config/index.ts';
import {errorLine, UsageError} from '../errors.ts';
import {EXIT, type ExitCode} from '../exit.ts';
import {type DoctorOptions, type LiveOptions, parseOptions} from '../options.ts';
import {VERSION} from '../version.ts';
import {facts} from './facts.ts';
import {type ConfigReport, doctorReport, type Verdict} from './report.ts';
import {doctorText} from './text.ts';
import {surveyTraces} from './traces.ts';

const CODES: Record<Verdict, ExitCode> = {all: EXIT.ok, some: EXIT.checkBlind, none: EXIT.cannotRun};

/** Attaches every probe as a live run would, asks what became of each, and detaches them. */
async function tryProbes(): Promise<ProbeReport[]> {
  const {thresholds} = parseOptions([]) as LiveOptions;
  const probes = PROBES.map(({id}) => id);
  let source: LiveSource;
  try {
    source = await LiveSource.open({
      version: VERSION,
      intervalMs: 1000,
      probes,
      thresholds,
      skip: process.env.KSTOP_SKIP_METHODS,
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'EngineError') throw error;
    const reason = (error as Error & {why: string}).why;
    return PROBES.map(({id, subsystem, default: standard}) => ({
      id,
      subsystem,
      default: standard,
      state: 'unavailable',
      reason,
      roles: [],
    }));
  }
  const reports = source.reports();
  await source.close();
  return reports;
}

/** A config file that is refused is a finding, no reason to fail. */
async function configReport(named: string | undefined): Promise<ConfigReport> {
  try {
    const config = await loadConfig(named);
    return config ? {path: config.path} : {};
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return {
      problem: errorLine(error)
        .replace(/^kstop: /, '')
        .trimEnd(),
    };
  }
}

/** `kstop doctor`: what this kernel and this user allow, probe by probe, as text or one JSON object. */
export async function doctor({json, config}: DoctorOptions): Promise<{text: string; code: ExitCode}> {
  const [runtimes, traces] = await Promise.all([surveyRuntimes(), surveyTraces()]);
  const report = doctorReport({
    version: VERSION,
    facts: facts(runtimes, traces),
    probes: await tryProbes(),
    config: await configReport(config),
  });
  return {text: json ? jsonLine(report) : doctorText(report), code: CODES[report.verdict]};
}
