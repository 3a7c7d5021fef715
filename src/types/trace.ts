/**
 * Ad-hoc traces through bpftrace: what is asked (a spec or a preset), what it becomes (a plan with its script), and what comes
 * back (a result). The names of a result's fields are the contract's; an absent field is unknown, never 0.
 */

export const TRACE_TYPES = ['tracepoint', 'kprobe', 'kretprobe', 'usdt'] as const;
export type TraceType = (typeof TRACE_TYPES)[number];

/** What bounds every trace, whoever asks. */
export const TRACE_LIMITS = {
  /** Longest duration, seconds. */
  durationS: 60,
  /** Traces at once; more wait their turn. */
  running: 3,
  /** Events kept of a trace; the rest is counted. */
  events: 10_000,
  /** Specs in one request. */
  specs: 20,
} as const;

/** One probe and what to tell of it, every field checked for its form (not yet against this kernel). */
export interface TraceSpec {
  name: string;
  description?: string;
  type: TraceType;
  /** `category:event`, a kernel function, or `/path:provider:probe`. */
  target: string;
  /** Names of the tracepoint's fields or the function's parameters, `arg0` … `arg5`, `retval`. Empty: what suits the target. */
  arguments: string[];
  /** In the filter grammar, already parsed once. */
  filter?: string;
  /** printf-like, one conversion an argument, filled in by kstop and never seen by bpftrace. */
  format?: string;
  /** `count`, `count by FIELD`, `hist FIELD`, `sum FIELD by FIELD` …: answered by a map in the kernel instead of events. */
  aggregate?: string;
  duration_s: number;
  pid?: number;
  /** At most 15 bytes, as the kernel keeps names. */
  process_name?: string;
}

/** Why something isn't traced: the field at fault, why, and what to do about it where there's something. */
export interface TraceRefusal {
  field: string;
  why: string;
  remedy?: string;
}

/** How a value that the script prints is read. `hex` and what can pass 2^53 stay text. */
export type TraceFieldKind = 'number' | 'string' | 'hex';

export interface TraceField {
  name: string;
  kind: TraceFieldKind;
  /** What is told instead of what the script printed: a number's name, an address as it's written … */
  show?: (printed: string) => string;
}

/** A map of the script whose contents are the answer (or a part of it). */
export interface TraceMap {
  /** As in the script, with its `@`. */
  name: string;
  title: string;
  kind: 'count' | 'sum' | 'hist';
  /** Of its key, in order. At most one is a string, and that is the last one: so no name can pass for two keys. */
  keys: TraceField[];
  /** Of the values: `us`, `bytes`, `events` … */
  unit: string;
}

/**
 * One kind of event that the script prints. On the wire an event is one printf: the trace's separator, `tag`, and, each after the
 * separator: nsecs, pid, tid, uid, cpu, comm, then `fields`. The separator holds a random number, so no kernel string can forge one.
 */
export interface TraceEventKind {
  tag: string;
  /** What is shown as `function` of its events. */
  function: string;
  fields: TraceField[];
  /** printf-like over `fields`, in their order: the event's message. */
  format: string;
}

/** A whole bpftrace program and how its output is read. */
export interface TraceScript {
  text: string;
  separator: string;
  events: TraceEventKind[];
  maps: TraceMap[];
  /**
   * A map (with its `@`) that counts each event beside its printf. bpftrace tells what it lost only when the next event comes, and
   * forgets what it hasn't printed when it is ended: with this `lost_events` is exact.
   */
  hits?: string;
  /** Longest string that the script asks for (BPFTRACE_STRLEN), bytes. */
  strlen: number;
}

/** What will run. */
export interface TracePlan {
  name: string;
  description?: string;
  type: TraceType;
  target: string;
  duration_s: number;
  pid?: number;
  process_name?: string;
  preset?: string;
  script: TraceScript;
  /** What isn't as asked: a hook that stands in for another and what that costs, a filter that user space applies … */
  notes: string[];
  /** Applied to each event after the kernel's filter, where the kernel can't do it (a substring). */
  keep?: (event: TraceEvent) => boolean;
}

/** `timestamp` is nanoseconds since 1970, decimal (it passes 2^53). */
export interface TraceEvent {
  timestamp: string;
  pid: number;
  tid: number;
  uid: number;
  process_name: string;
  function: string;
  message: string;
  raw_args: Record<string, string>;
  cpu: number;
}

export interface TraceTopProcess {
  process_name: string;
  pid: number;
  event_count: number;
  percentage: number;
}

/** Of all events, the kept and the others. */
export interface TraceStats {
  total_events: number;
  events_by_process: Record<string, number>;
  events_by_uid: Record<string, number>;
  events_per_second: number;
  top_processes: TraceTopProcess[];
  /** Of them, those in `events`. */
  kept_events: number;
  /** That bpftrace lost before it printed them; where the script counts them, also what it forgot at its end. */
  lost_events: number;
  /** Processes beyond those that are told apart. */
  other_events?: number;
}

/** Cells of powers of two; `min` and `max` inclusive. */
export interface TraceHistogram {
  title: string;
  key?: Record<string, string>;
  unit: string;
  buckets: {min: number; max: number; count: number}[];
}

/** A map of counts or sums, the largest first. */
export interface TraceTable {
  title: string;
  unit: string;
  rows: {key: Record<string, string>; value: number}[];
  /** Rows that aren't shown. */
  more?: number;
}

/**
 * `queued` waits for one of three places; `starting`: bpftrace compiles; `running`: attached; `done`: the time is over; `stopped`: by
 * the user; `failed`: bpftrace; `refused`: never reached bpftrace; `skipped`: never meant to run.
 */
export const TRACE_STATES = [
  'queued',
  'starting',
  'running',
  'done',
  'stopped',
  'failed',
  'refused',
  'skipped',
] as const;
export type TraceState = (typeof TRACE_STATES)[number];

export interface TraceInfo {
  name: string;
  description?: string;
  type: TraceType;
  target: string;
  /** As asked; how long it ran is in `ran_s`. */
  duration_s: number;
  ran_s?: number;
  state: TraceState;
  reason?: string;
  /** Of what was refused: the field at fault, and what to do about it. */
  field?: string;
  remedy?: string;
  preset?: string;
  pid?: number;
  process_name?: string;
  notes?: string[];
  /** What bpftrace warned of, made visible, at most a few lines. */
  warnings?: string[];
  /** SHA-256 of the script, as in the audit log. */
  script_sha256?: string;
}

export interface TraceResult {
  trace: TraceInfo;
  events: TraceEvent[];
  stats: TraceStats;
  histograms?: TraceHistogram[];
  tables?: TraceTable[];
}

/** Of what was refused or skipped: what of it was clean enough to be told. */
export interface UntracedInfo extends Partial<TraceInfo> {
  name: string;
  state: 'refused' | 'skipped';
  reason: string;
}

/** What became of one thing that was asked for, whether it ran or not. */
export interface TraceOutcome extends Omit<TraceResult, 'trace'> {
  trace: TraceInfo | UntracedInfo;
  /** Where only the script was asked for. */
  script?: string;
}

/** Of all programs of a request together. */
export interface TraceTotals extends Omit<TraceStats, 'events_per_second'> {
  /** How many programs ended in which state. */
  programs: Partial<Record<TraceState, number>>;
}

/** What one diagnostic request is answered with: everything that it asked for, and what became of it. */
export interface TraceAnswer {
  request: {response_type?: string; reasoning?: string};
  results: TraceOutcome[];
  statistics: TraceTotals;
  /** As bpftrace got them, or would get them. */
  scripts: {name: string; text: string; sha256: string}[];
  /** What was refused or failed. */
  failures: {name: string; field?: string; reason: string; remedy?: string}[];
  /** Commands are never executed. */
  skipped: {id?: string; command: string; description?: string}[];
}

export interface PresetInfo {
  name: string;
  /** One line. */
  help: string;
  /** Makes sense for one process, and is offered where one is looked into. */
  forPid: boolean;
  /** Whether a name pattern can be given, and of what. */
  pattern?: string;
  /** Which hook it uses here, or why it can't run. */
  hook?: string;
  missing?: string;
}

/** What a preset can be given. */
export interface PresetParameters {
  duration_s?: number;
  pid?: number;
  process_name?: string;
  /** Glob with `*` at its end, begin or both. */
  pattern?: string;
  /** From how many milliseconds on a request or call is slow, where the preset tells of slow ones. 10 if absent. */
  slow_ms?: number;
  /** The hook that was asked for, which the preset answers or stands in for. */
  asked_for?: {type: TraceType; target: string};
}

/** A trace that was asked for, from its place in the queue to its result. */
export interface TraceRun {
  readonly id: number;
  readonly plan: TracePlan;
  readonly state: TraceState;
  /** What there is by now; at most 10,000 events, newest last. Cheap enough for each repaint. */
  result(): TraceResult;
  /** Ends it early (what was collected stays). Resolves with the result. */
  stop(): Promise<TraceResult>;
  readonly done: Promise<TraceResult>;
  /** Called at most every 100 ms while something changes. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** Everything that CLI, screen and MCP need of traces. Whoever holds it calls close() on every way out. */
export interface TraceDesk {
  /** bpftrace's version, or why there's none that will do. */
  readonly bpftrace: {version: string; path: string} | {missing: string; remedy: string};
  presets(): PresetInfo[];
  planPreset(name: string, parameters: PresetParameters): TracePlan | TraceRefusal;
  planSpec(spec: TraceSpec): TracePlan | TraceRefusal;
  start(plan: TracePlan): TraceRun;
  readonly runs: readonly TraceRun[];
  close(): Promise<void>;
}
