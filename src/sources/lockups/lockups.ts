import type {WallClock} from '../../native/clock.ts';
import type {Engine, NativeProbeState} from '../../native/engine.ts';
import {isOfTask, lockupSeverity} from '../../native/events/lockup.ts';
import type {Filter, KernelEvent, LockupEvent} from '../../types/stream.ts';
import type {Companion} from '../companion.ts';
import type {RoleReport} from '../probe-report.ts';
import {Episodes} from './episodes.ts';
import {Jiffies} from './jiffies.ts';
import {parseRecord} from './log-record.ts';
import {type LogReport, LogReports} from './log-reports.ts';
import {taskOf} from './task-of.ts';

const ROLE = 'kernel log';
const LOST = 'no lock-up is known that only the kernel itself finds: hard ones, and stalls with their CPU and duration';
/** The log is read once a second, whatever the interval; a little early is fine, where a sample is made anyway. */
const READ_EVERY_MS = 1000;
const EARLY_MS = 100;
/** How long a stall from the tracepoint waits for the log's lines about it, which have CPU and duration. */
const STALL_WAITS_MS = 2000;

interface HeldStall {
  event: LockupEvent;
  sinceMs: number;
}

/**
 * The kernel's log beside the probe `lockup`: stands in for programs that can't be attached, and knows what they don't.
 * The same trouble told by both is one event.
 */
export class Lockups implements Companion {
  readonly counts = {hits: 0, missed: 0};
  readonly jiffies = new Jiffies();
  private readonly reports = new LogReports();
  private readonly episodes = new Episodes();
  private stalls: HeldStall[] = [];
  private waiting: LogReport[] = [];
  private problem: string | undefined;
  private reading = false;
  private native = false;
  private readFrom = 0n;
  private readTo = 0n;

  constructor(
    private readonly engine: Pick<Engine, 'openLog' | 'readLog' | 'clocks'>,
    private readonly clock: WallClock,
    /** The cgroup's path as events have it. */
    private readonly filter: Filter | undefined,
    private readonly skipped: boolean,
  ) {}

  start(native: NativeProbeState): NativeProbeState {
    this.problem = this.skipped ? 'kmsg: skipped' : this.engine.openLog();
    this.reading = this.problem === undefined;
    this.native = native.state !== 'unavailable';
    this.readTo = this.engine.clocks()[0];
    if (!this.native) {
      return this.reading
        ? {state: 'degraded', method: 'kmsg', reason: `the kernel's log alone: ${native.reason}`}
        : {...native, reason: `${native.reason}; ${this.problem}`};
    }
    if (this.reading) return native;
    const reason = [native.reason, `${LOST} (${this.problem})`].filter(Boolean).join('; ');
    return {...native, state: 'degraded', reason};
  }

  stop(): void {
    this.reading = false;
  }

  role(): RoleReport {
    return {
      name: ROLE,
      required: false,
      attached: this.reading,
      ...(this.reading ? {method: 'kmsg'} : {lost: LOST}),
      refused: this.problem ? [{method: 'kmsg', detail: this.problem.replace(/^kmsg: /, '')}] : [],
    };
  }

  /** What of a drained event is to be delivered now: not what the log has told, nor yet a stall that it will tell. */
  sift(event: LockupEvent): LockupEvent[] {
    if (event.type === 'RCU_STALL' && this.reading) {
      this.stalls.push({event, sinceMs: this.nowMs()});
      return [];
    }
    if (!this.episodes.isTold(event)) return [event];
    this.counts.hits--;
    return [];
  }

  /** Milliseconds until `read` and `due` shall be called in any case; Infinity while there is nothing to look for. */
  waitMs(): number {
    if (!this.reading && this.stalls.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, READ_EVERY_MS - (this.nowMs() - Number(this.readTo) / 1e6));
  }

  /** Is it time, or nearly? */
  isDue(): boolean {
    return this.waitMs() <= EARLY_MS;
  }

  /** Reads what has been logged. True: a drain shall follow, for the programs' events of the same come first. */
  read(): boolean {
    this.readFrom = this.readTo;
    this.readTo = this.engine.clocks()[0];
    if (!this.reading) return false;
    this.counts.missed += this.engine.readLog((text) => {
      const record = parseRecord(text);
      if (record) this.reports.add(record);
    });
    this.waiting = this.reports.take();
    return this.waiting.length > 0;
  }

  /** The events of what `read` found, and stalls that have waited. `last`: nothing is kept back. */
  due(last: boolean): KernelEvent[] {
    if (last) this.waiting.push(...this.reports.take(true));
    const events = this.waiting.splice(0).flatMap((report) => this.told(report));
    const ripe = this.stalls.filter(({sinceMs}) => last || this.nowMs() - sinceMs >= STALL_WAITS_MS);
    this.stalls = this.stalls.filter((stall) => !ripe.includes(stall));
    return [...events, ...ripe.flatMap(({event}) => this.deliver(event))];
  }

  private nowMs(): number {
    return Number(this.engine.clocks()[0]) / 1e6;
  }

  private deliver(event: LockupEvent): LockupEvent[] {
    if (!this.episodes.isTold(event)) return [event];
    this.counts.hits--;
    return [];
  }

  private told(report: LogReport): LockupEvent[] {
    const event = this.eventOf(report);
    const held = report.type === 'RCU_STALL' ? this.stalls.shift()?.event : undefined;
    if (held) {
      const {stuck_ms, cpu} = event;
      const {stack = event.stack, ...rest} = held;
      return this.deliver({
        ...rest,
        ...(cpu !== undefined && {cpu}),
        ...(stuck_ms !== undefined && {stuck_ms}),
        ...(stack && {stack}),
      });
    }
    if (!this.isWanted(event) || this.episodes.isTold(event)) return [];
    this.counts.hits++;
    return [event];
  }

  private eventOf({type, us, task, stack, ...report}: LogReport): LockupEvent {
    const known = task && task.tid > 0 && (type === 'HUNG_TASK' || isOfTask(stack)) ? taskOf(task) : undefined;
    const cpu = report.cpu ?? known?.cpu;
    const stuckMs =
      report.stuckMs ?? (report.stuckJiffies === undefined ? undefined : this.jiffies.toMs(report.stuckJiffies));
    const mono = this.monotonic(us);
    return {
      kind: 'event',
      time: this.clock.format(mono),
      mono_ns: String(mono),
      type,
      subsystem: 'lockup',
      severity: lockupSeverity(type),
      ...(cpu !== undefined && {cpu}),
      ...known?.owner,
      ...(stuckMs !== undefined && {stuck_ms: stuckMs}),
      ...(stack.length > 0 && {stack}),
    };
  }

  /** The log's clock may drift from CLOCK_MONOTONIC over days, but a line can't be older than the last reading. */
  private monotonic(us: number): bigint {
    const ns = BigInt(us) * 1000n;
    return ns < this.readFrom ? this.readFrom : ns > this.readTo ? this.readTo : ns;
  }

  /** Under a filter only what is known to be of its tasks. */
  private isWanted({pid, comm, cgroup}: LockupEvent): boolean {
    const {filter} = this;
    if (!filter) return true;
    if (filter.pid !== undefined && filter.pid !== pid) return false;
    if (filter.comm !== undefined && filter.comm !== comm) return false;
    if (filter.cgroup === undefined) return true;
    return cgroup !== undefined && `${cgroup}/`.startsWith(`${filter.cgroup.replace(/\/$/, '')}/`);
  }
}
