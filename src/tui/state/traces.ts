import type {State} from '../../types/state.ts';
import type {PresetInfo, TraceDesk, TracePlan, TraceRefusal, TraceResult, TraceRun} from '../../types/trace.ts';

/** A trace in the list: one that was started here, or one that a recording holds. */
export interface TraceEntry {
  key: string;
  /** From 1, in the order in which they were started. */
  number: number;
  /** Absent in a replay. */
  run?: TraceRun;
  result: TraceResult;
}

const NONE: readonly TraceEntry[] = [];

/**
 * What view Traces shows. The desk, which has to look at what this kernel can trace, is opened when somebody first looks at
 * the view; in a replay there's none, and the traces are the recording's.
 */
export class TraceBoard {
  /** Only the presets that suit a process are shown, and begin with it. */
  pid: number | undefined;
  /** The selected trace; given by who has the list. */
  selection: () => TraceEntry | undefined = () => undefined;
  /** Called with the result of each trace that has run. */
  onEnd: (result: TraceResult) => void = () => {};
  /** Called when a trace or the desk changed. */
  onChange: () => void = () => {};
  private desk: TraceDesk | undefined;
  private opening: Promise<void> | undefined;
  private closed = false;
  private frozen: TraceEntry[] | undefined;
  /** Why there is no desk. */
  private problem: string | undefined;
  private presetsMade: readonly PresetInfo[] | undefined;

  /** `opener` is absent in a replay. */
  constructor(private readonly opener?: () => Promise<TraceDesk>) {}

  /** Opens the desk, once. */
  open(): void {
    const {opener} = this;
    if (!opener || this.closed) return;
    this.opening ??= opener()
      .then(async (desk) => {
        if (this.closed) return await desk.close();
        this.desk = desk;
      })
      .catch((error: unknown) => {
        this.problem = error instanceof Error ? error.message : String(error);
      })
      .finally(() => this.onChange());
  }

  /** Ends all traces; nothing is left behind once this resolves. */
  async close(): Promise<void> {
    this.closed = true;
    await this.opening;
    await this.desk?.close();
  }

  /** The presets, or those for the process; undefined while the desk is opened or where there's none. */
  get presets(): readonly PresetInfo[] | undefined {
    this.presetsMade ??= this.desk?.presets();
    return this.pid === undefined ? this.presetsMade : this.presetsMade?.filter(({forPid}) => forPid);
  }

  /** Why no trace can be started, in a sentence; undefined when one can. */
  get obstacle(): string | undefined {
    if (!this.opener) return 'a replay starts no traces: it shows those of the recording';
    if (this.problem !== undefined) return `no traces: ${this.problem}`;
    if (!this.desk) return 'looking at what this kernel can trace';
    const {bpftrace} = this.desk;
    return 'missing' in bpftrace ? `${bpftrace.missing} (${bpftrace.remedy})` : undefined;
  }

  /** Keeps what is shown as it is now, or shows what there is again: tracing goes on. */
  freeze(on: boolean): void {
    this.frozen = on ? this.entries({}).map(copyOf) : undefined;
  }

  /** Newest first. */
  entries({traces}: Pick<State, 'traces'>): readonly TraceEntry[] {
    const {desk, frozen} = this;
    if (frozen && desk) return frozen;
    if (desk) {
      return desk.runs.map((run) => ({key: `${run.id}`, number: run.id, run, result: run.result()})).toReversed();
    }
    if (this.opener || !traces) return NONE;
    return traces.map((result, i) => ({key: `r${i}`, number: i + 1, result})).toReversed();
  }

  /** The trace whose events and statistics are shown. */
  get shown(): TraceEntry | undefined {
    return this.selection();
  }

  /** Starts a trace; returns why not. */
  start(plan: (desk: TraceDesk) => TracePlan | TraceRefusal): string | undefined {
    const {obstacle, desk} = this;
    if (obstacle !== undefined || !desk) return obstacle;
    const made = plan(desk);
    if ('why' in made) return refusalText(made);
    const run = desk.start(made);
    run.onChange(() => this.onChange());
    run.done.then((result) => this.onEnd(result)).finally(() => this.onChange());
    this.onChange();
    return undefined;
  }
}

/** As it stands: events are added to the list that a run hands out. */
function copyOf(entry: TraceEntry): TraceEntry {
  return {...entry, result: {...entry.result, events: [...entry.result.events]}};
}

/** What was refused and why, in one line. */
export function refusalText({field, why, remedy}: TraceRefusal): string {
  return `${field}: ${why}${remedy ? ` (${remedy})` : ''}`;
}
