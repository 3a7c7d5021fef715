import type {
  PresetInfo,
  TraceDesk,
  TraceEvent,
  TracePlan,
  TraceRefusal,
  TraceResult,
  TraceRun,
  TraceSpec,
  TraceState,
} from '../../src/types/trace.ts';
import {traced} from '../util/synthetic.ts';

/** A trace that traces nothing: events are put into it by hand. */
export class StillRun implements TraceRun {
  state: TraceState = 'running';
  events: TraceEvent[] = [];
  stopped = 0;
  private readonly listeners = new Set<() => void>();
  private readonly over = Promise.withResolvers<TraceResult>();

  constructor(
    readonly id: number,
    readonly plan: TracePlan,
  ) {}

  get done(): Promise<TraceResult> {
    return this.over.promise;
  }

  result(): TraceResult {
    const {kind: _, time: __, mono_ns: ___, ...result} = traced(0, this.events.length);
    const {name, type, target, duration_s} = this.plan;
    return {...result, events: this.events, trace: {name, type, target, duration_s, ran_s: 1, state: this.state}};
  }

  stop(): Promise<TraceResult> {
    this.stopped++;
    this.end('stopped');
    return this.done;
  }

  end(state: TraceState): void {
    if (this.state === 'running') this.state = state;
    this.over.resolve(this.result());
  }

  /** So many events more, numbered on. */
  put(events: number): void {
    const [one] = traced(0).events as [TraceEvent];
    for (let i = 0; i < events; i++) this.events.push({...one, message: `${this.plan.name} ${this.events.length}`});
    for (const listener of this.listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function planOf({name, type, target, duration_s}: TraceSpec): TracePlan {
  const script = {text: `// ${name}\n`, separator: '|', events: [], maps: [], strlen: 64};
  return {name, type, target, duration_s, script, notes: []};
}

/** A desk without a kernel below it. Specs for the target `no:such` are refused. */
export class StillDesk implements TraceDesk {
  bpftrace: TraceDesk['bpftrace'] = {version: '0.0', path: '/nowhere'};
  runs: StillRun[] = [];
  closed = false;

  presets(): PresetInfo[] {
    return [{name: 'process-exec', help: 'programs that start', forPid: false, hook: 'sched:sched_process_exec'}];
  }

  planPreset(name: string): TracePlan | TraceRefusal {
    return this.planSpec({name, type: 'tracepoint', target: 'a:b', arguments: [], duration_s: 5});
  }

  planSpec(spec: TraceSpec): TracePlan | TraceRefusal {
    if (spec.target === 'no:such') return {field: 'target', why: 'there is no such event', remedy: 'see tracefs'};
    return planOf(spec);
  }

  start(plan: TracePlan): StillRun {
    const run = new StillRun(this.runs.length + 1, plan);
    this.runs.push(run);
    return run;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
