import {createHash} from 'node:crypto';
import type {TracePlan, TraceResult, TraceRun, TraceState} from '../../types/trace.ts';
import {round} from '../../util/round.ts';
import {endEntry, startEntry, type TraceOrigin} from '../audit/entries.ts';
import type {AuditLog} from '../audit/log.ts';
import {bootToUnix} from './clock.ts';
import {Collector} from './collector.ts';
import {bpftraceArguments, bpftraceEnvironment} from './environment.ts';
import type {Bpftrace} from './find.ts';
import {makeFolder, removeFolder, SCRIPT} from './folder.ts';
import {reasonOf, traceInfo} from './info.ts';
import {LineCutter} from './lines.ts';
import {readWithin} from './meter.ts';
import {type Ending, type Supervised, supervise} from './supervise.ts';
import {Alarm, type RunTimes, Throttle} from './timers.ts';
import {type Cause, judge} from './verdict.ts';

/** Listeners are called at most every so many milliseconds. */
const CHANGE_MS = 100;
/** A line on stderr. */
const MAX_COMPLAINT = 4096;

/** What every trace of a desk needs. */
export interface RunParts {
  bpftrace: Bpftrace;
  audit: AuditLog;
  origin: TraceOrigin;
  times: RunTimes;
}

/** When what happened, ms of `performance.now()`. */
export interface RunTimings {
  startedAt?: number;
  attachedAt?: number;
  firstEventAt?: number;
  /** Nothing more was wanted. */
  toldToEndAt?: number;
  endedAt?: number;
}

/** One trace: bpftrace under its supervisor, from its place in the queue to its result. */
export class Run implements TraceRun {
  readonly id: number;
  readonly plan: TracePlan;
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
  readonly #parts: RunParts;
  readonly #hash: string;
  readonly #collector: Collector;
  readonly #changes = new Throttle(CHANGE_MS);
  readonly #alarm = new Alarm();
  readonly #latest = new Alarm();
  readonly #causes: Cause[] = [];
  readonly #times: RunTimings = {};
  #finish!: () => void;
  #state: TraceState = 'queued';
  #reason?: string;
  #child?: Supervised;
  #folder?: string;

  constructor(id: number, plan: TracePlan, parts: RunParts) {
    this.id = id;
    this.plan = plan;
    this.#parts = parts;
    this.#hash = createHash('sha256').update(plan.script.text).digest('hex');
    this.#collector = new Collector(plan, bootToUnix());
    this.ended = new Promise((done) => {
      this.#finish = done;
    });
  }

  get state(): TraceState {
    return this.#state;
  }

  get timings(): Readonly<RunTimings> {
    return {...this.#times, firstEventAt: this.#collector.firstEventAt};
  }

  /** A promise of its own for each call, so that a trace of long ago keeps no result that nobody looks at. */
  get done(): Promise<TraceResult> {
    return this.ended.then(() => this.result());
  }

  get over(): boolean {
    return !['queued', 'starting', 'running'].includes(this.#state);
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  /** It can't run here. */
  refuse(why: string): void {
    if (this.#state === 'queued') this.#end('refused', why);
  }

  /** It has its place: bpftrace is started, once that is in the audit log. */
  begin(): void {
    if (this.#state !== 'queued') return;
    const {audit, bpftrace, origin} = this.#parts;
    try {
      audit.write(startEntry(this.id, this.plan, this.#hash, origin, bpftrace.version.text));
    } catch (error) {
      this.#end('refused', reasonOf(error));
      return;
    }
    this.#times.startedAt = performance.now();
    this.#set('starting');
    try {
      this.#start();
    } catch (error) {
      this.#over('failed', reasonOf(error));
    }
  }

  stop(): Promise<TraceResult> {
    if (this.#state === 'queued') this.#end('stopped', 'stopped before it began');
    else if (this.#state === 'starting') this.#wish('user', 'kill');
    else if (this.#state === 'running') this.#wish('user', 'interrupt');
    return this.done;
  }

  /** kstop ends: nothing is waited for but bpftrace's death. */
  kill(): Promise<TraceResult> {
    if (this.#state === 'queued') this.#end('stopped', 'kstop ended');
    else if (!this.over) this.#wish('quit', 'kill');
    return this.done;
  }

  result(): TraceResult {
    const {startedAt, attachedAt, toldToEndAt, endedAt} = this.#times;
    const until = toldToEndAt ?? endedAt ?? performance.now();
    const ranS = attachedAt === undefined ? 0 : round((until - attachedAt) / 1000, 3);
    const {notes, ...answer} = this.#collector.result(ranS);
    const trace = traceInfo(this.plan, {
      state: this.#state,
      reason: this.#reason,
      ranS: startedAt === undefined ? undefined : ranS,
      notes,
      warnings: this.#collector.complaints.lines,
      hash: this.#hash,
    });
    return {trace, ...answer};
  }

  #start(): void {
    const {bpftrace, times} = this.#parts;
    const {script, duration_s} = this.plan;
    const folder = makeFolder(script.text);
    this.#folder = folder;
    const child = supervise({
      supervisor: bpftrace.supervisor,
      command: [bpftrace.path, ...bpftraceArguments(SCRIPT)],
      env: bpftraceEnvironment(bpftrace.version, script.strlen, folder),
      folder,
      limitS: duration_s + (times.start + times.ending) / 1000 + 1,
    });
    this.#child = child;
    this.#alarm.set(times.start, () => this.#wish('silent', 'kill'));
    readWithin(child.stdout, (chunk) => this.#took(chunk));
    const lines = new LineCutter(MAX_COMPLAINT, (line) => this.#collector.complaints.addLine(line));
    child.stderr.on('data', (chunk: Buffer) => {
      lines.push(chunk);
      this.#changes.call();
    });
    child.ended.then((ending) => {
      lines.end();
      this.#collector.end();
      this.#judge(ending);
    });
  }

  #took(chunk: Buffer): void {
    this.#collector.push(chunk);
    if (this.#state === 'starting' && this.#collector.attached) {
      this.#times.attachedAt = performance.now();
      if (this.#causes.length === 0) {
        this.#alarm.set(this.plan.duration_s * 1000, () => this.#wish('time', 'interrupt'));
      }
      this.#set('running');
    } else if (this.#causes.length > 0) this.#waitForEnd();
    this.#changes.call();
  }

  /** Ends bpftrace, in its own way if it can. */
  #wish(cause: Cause, how: 'interrupt' | 'kill'): void {
    const first = this.#causes.length === 0;
    this.#causes.push(cause);
    this.#times.toldToEndAt ??= performance.now();
    if (how === 'kill') {
      this.#alarm.clear();
      this.#child?.kill();
    } else if (first) {
      this.#child?.interrupt();
      this.#waitForEnd();
      this.#latest.set(this.#parts.times.ending, () => this.#wish('stuck', 'kill'));
    }
  }

  /** As long as it goes on printing what it has, it isn't stuck. */
  #waitForEnd(): void {
    this.#alarm.set(this.#parts.times.quiet, () => this.#wish('stuck', 'kill'));
  }

  #judge(ending: Ending): void {
    const {state, reason} = judge({
      ending,
      causes: this.#causes,
      attached: this.#times.attachedAt !== undefined,
      mapsMissing: this.plan.script.maps.length > 0 && !this.#collector.hasMaps,
      complaint: this.#collector.complaints.reason,
      startMs: this.#parts.times.start,
    });
    this.#over(state, reason);
  }

  /** After it was begun. */
  #over(state: TraceState, reason: string | undefined): void {
    this.#removeFolder();
    this.#times.endedAt = performance.now();
    this.#state = state;
    this.#reason = reason;
    const {audit, origin} = this.#parts;
    try {
      audit.write(endEntry(this.id, this.plan, this.#hash, origin, this.result()));
    } catch (error) {
      this.#collector.complaints.add(`the end isn't recorded: ${reasonOf(error)}`);
    }
    this.#end(state, reason);
  }

  /** The supervisor has removed it, unless it was killed itself. */
  #removeFolder(): void {
    try {
      if (this.#folder !== undefined) removeFolder(this.#folder);
    } catch (error) {
      this.#collector.complaints.add(`${this.#folder} stays: ${reasonOf(error)}`);
    }
  }

  #end(state: TraceState, reason?: string): void {
    this.#alarm.clear();
    this.#latest.clear();
    this.#reason = reason;
    this.#set(state);
    this.#finish();
  }

  #set(state: TraceState): void {
    this.#state = state;
    this.#changes.call();
  }
}
