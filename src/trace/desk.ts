import {
  type PresetInfo,
  type PresetParameters,
  TRACE_LIMITS,
  type TraceDesk,
  type TracePlan,
  type TraceRefusal,
  type TraceRun,
  type TraceSpec,
} from '../types/trace.ts';
import type {TraceOrigin} from './audit/entries.ts';
import {AuditLog} from './audit/log.ts';
import {type Bpftrace, findBpftrace, type Missing} from './run/find.ts';
import {sweepFolders} from './run/folder.ts';
import {Run} from './run/run.ts';
import {RUN_TIMES, type RunTimes} from './run/timers.ts';

/** Traces that are over and still told of: some two megabytes each at most. */
const MOST_OVER = 16;

/** What plans are made by. */
export interface DeskPlanner {
  presets(): PresetInfo[];
  planPreset(name: string, parameters: PresetParameters): TracePlan | TraceRefusal;
  planSpec(spec: TraceSpec): TracePlan | TraceRefusal;
}

export interface DeskOptions {
  planner: DeskPlanner;
  origin: TraceOrigin;
  /** Found already. */
  bpftrace: Bpftrace | Missing;
  audit?: AuditLog;
  times?: RunTimes;
}

/** Runs traces: three at once, the others in the order that they were asked for. */
export class Desk implements TraceDesk {
  readonly bpftrace: TraceDesk['bpftrace'];
  readonly #options: DeskOptions;
  readonly #audit: AuditLog;
  #runs: Run[] = [];
  #ids = 0;
  #closed = false;

  constructor(options: DeskOptions) {
    const {bpftrace} = options;
    this.#options = options;
    this.#audit = options.audit ?? new AuditLog();
    this.bpftrace = 'missing' in bpftrace ? bpftrace : {version: bpftrace.version.text, path: bpftrace.path};
  }

  /** In the order that they were asked for. */
  get runs(): readonly TraceRun[] {
    return this.#runs;
  }

  presets(): PresetInfo[] {
    return this.#options.planner.presets();
  }

  planPreset(name: string, parameters: PresetParameters): TracePlan | TraceRefusal {
    return this.#options.planner.planPreset(name, parameters);
  }

  planSpec(spec: TraceSpec): TracePlan | TraceRefusal {
    return this.#options.planner.planSpec(spec);
  }

  /** Without a bpftrace, or after close(), the run is refused at once and says why. */
  start(plan: TracePlan): Run {
    const {bpftrace, origin, times = RUN_TIMES} = this.#options;
    const missing = 'missing' in bpftrace ? `${bpftrace.missing} (${bpftrace.remedy})` : undefined;
    const refusal = this.#closed ? 'kstop ends' : missing;
    const parts = {audit: this.#audit, origin, times, bpftrace: bpftrace as Bpftrace};
    const run = new Run(++this.#ids, plan, parts);
    this.#runs = [...this.#runs, run];
    if (refusal !== undefined) run.refuse(refusal);
    else run.ended.then(() => this.#next());
    this.#next();
    return run;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#runs.filter((run) => !run.over).map((run) => run.kill()));
  }

  #next(): void {
    for (const run of this.#runs) {
      const running = this.#runs.filter(({state}) => state === 'starting' || state === 'running').length;
      if (running >= TRACE_LIMITS.running) break;
      if (run.state === 'queued' && !this.#closed) run.begin();
    }
    const over = this.#runs.filter((run) => run.over).slice(0, -MOST_OVER);
    this.#runs = this.#runs.filter((run) => !over.includes(run));
  }
}

/** Looks for bpftrace, unless it is given, removes what killed kstops left behind, and opens the desk. */
export async function openDesk(
  options: Omit<DeskOptions, 'bpftrace'> & {bpftrace?: DeskOptions['bpftrace']},
): Promise<Desk> {
  const bpftrace = options.bpftrace ?? (await findBpftrace());
  sweepFolders();
  return new Desk({...options, bpftrace});
}
