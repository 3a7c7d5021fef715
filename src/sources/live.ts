import {readFileSync, readlinkSync} from 'node:fs';
import {arch, cpus, hostname, release} from 'node:os';
import {WallClock} from '../native/clock.ts';
import {Decoder} from '../native/decode.ts';
import {Engine} from '../native/engine.ts';
import {PROBES} from '../probes/catalog.ts';
import type {Controls, Frame, Source} from '../types/frame.ts';
import {
  type ErrorObject,
  type Filter,
  type Header,
  type KernelEvent,
  type ProbeChange,
  SCHEMA,
  type Stamp,
  type SubsystemName,
  type TcpRetransmitEvent,
  type Thresholds,
} from '../types/stream.ts';
import {Problem} from '../util/problem.ts';
import {CgroupPaths} from './cgroup-paths.ts';
import {LiveProbes} from './live-probes.ts';
import {LiveSampler} from './live-sampler.ts';

/** Events reach the faces at most this much after the kernel saw them. */
const DRAIN_MS = 100;
/** 4,096 of the largest records. */
const DRAIN_BYTES = 4096 * 192;
const RING_BYTES = 4 << 20;
/** A pass over all open files finds the owners of sockets; not more often than this. */
const OWNERS_EVERY_MS = 5000;
/** PROC_PID_INIT_INO (include/linux/proc_ns.h) */
const INIT_PID_NS = 'pid:[4026531836]';

export interface LiveOptions {
  version: string;
  intervalMs: number;
  /** Probes to attach. */
  probes: readonly string[];
  thresholds: Thresholds;
  filter?: Filter;
  /** Attach methods not to try (tests of the fallbacks). */
  skip?: string;
}

/** The running kernel as a Source. The constructor attaches the probes; throws EngineError or LibraryError. */
export class LiveSource implements Source {
  readonly controls: Controls;
  private readonly engine: Engine;
  private readonly probes: LiveProbes;
  private readonly sampler: LiveSampler;
  private readonly clock = new WallClock();
  private readonly cgroups: CgroupPaths;
  private readonly buffer = new Uint8Array(DRAIN_BYTES);
  private readonly decoder: Decoder;
  private readonly context;
  private readonly delivered = new Map<string, number>();
  private readonly changes: ProbeChange[] = [];
  private readonly errors: ErrorObject[] = [];
  private stopping = false;
  private rhythm: 'busy' | 'settling' | 'quiet' = 'busy';
  private draining: Promise<unknown> = Promise.resolve();
  private ownersLooked = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: LiveOptions) {
    this.engine = new Engine({ringBytes: RING_BYTES, skip: options.skip});
    this.clock.sync(this.engine.clocks());
    this.cgroups = new CgroupPaths((id, v2) => this.engine.cgroupPath(id, v2));
    const thresholds = {...options.thresholds};
    this.context = {
      clock: this.clock,
      schedCritNs: thresholds.sched_crit_us * 1000,
      blockCritNs: thresholds.block_crit_us * 1000,
      cgroupPath: (id: bigint, v2: boolean) => this.cgroups.get(id, v2),
    };
    this.decoder = new Decoder(this.buffer, this.context);
    const {filter} = options;
    if (filter?.pid !== undefined && inOwnPidNamespace()) {
      this.engine.close();
      throw new FilterError('--pid', 'in this PID namespace processes have other numbers', "run kstop in the host's");
    }
    const wrong = filter && this.engine.filter(filter.pid, filter.comm, filter.cgroup);
    if (wrong) {
      this.engine.close();
      const remedy = /namespace/.test(wrong) ? "run kstop in the host's" : 'name a folder of the cgroup v2 hierarchy';
      throw new FilterError('--cgroup', wrong, remedy);
    }
    this.probes = new LiveProbes(this.engine, options.probes, thresholds);
    this.probes.start();
    if (this.probes.isOn('retransmit')) this.engine.findOwners();
    this.sampler = new LiveSampler(this.engine, this.probes, this.delivered, RING_BYTES, filter !== undefined);
    this.controls = {
      toggle: (probe) => this.toggle(probe),
      threshold: (subsystem, warnUs) => this.threshold(subsystem, warnUs),
    };
  }

  /** Is at least one probe attached? */
  anyAttached(): boolean {
    return this.probes.anyOn();
  }

  /** The first reason why a probe is unavailable. */
  firstReason(): string | undefined {
    return this.probes.infos().find((probe) => probe.state === 'unavailable')?.reason;
  }

  async *frames(): AsyncIterable<Frame> {
    yield frame({header: this.header()});
    let last = performance.now();
    let due = last + this.options.intervalMs;
    while (!this.stopping) {
      const events = await this.nextEvents(Math.max(0, due - performance.now()));
      const now = performance.now();
      this.sampler.tick(now);
      if (now < due) {
        if (events.length > 0 || this.changes.length > 0) yield this.frame(events);
        continue;
      }
      yield this.frame(events, now - last);
      last = now;
      // After a stall (a slow reader) the rhythm starts anew rather than catching up.
      due = Math.max(due + this.options.intervalMs, performance.now());
    }
    yield* this.finish(last);
  }

  stop(): void {
    this.stopping = true;
    this.engine.wake();
  }

  async close(): Promise<void> {
    this.stop();
    await this.draining;
    this.sampler.close();
    this.engine.close();
  }

  /**
   * Events within DRAIN_MS while they come. Once they don't, the wait is as long as it may be and the first event ends
   * it; between the two one drain looks for events that came before the kernel side knew that it shall wake.
   */
  private async nextEvents(mostMs: number): Promise<KernelEvent[]> {
    const waits = {busy: DRAIN_MS, settling: 0, quiet: mostMs};
    const events = await this.drain(Math.min(waits[this.rhythm], mostMs));
    const next = events.length > 0 ? 'busy' : this.rhythm === 'busy' ? 'settling' : 'quiet';
    if ((next === 'busy') !== (this.rhythm === 'busy')) this.probes.wakeAtFirst(next !== 'busy');
    this.rhythm = next;
    return events;
  }

  /** Detaches, drains to the last event and takes the last sample, so that the loss equation closes. */
  private async *finish(last: number): AsyncIterable<Frame> {
    this.probes.stop();
    for (;;) {
      // A program that was running when its link went has ended within the wait.
      const events = await this.drain(20);
      if (events.length === 0) break;
      yield frame({events});
    }
    yield this.frame([], performance.now() - last);
  }

  private async drain(timeoutMs: number): Promise<KernelEvent[]> {
    const events: KernelEvent[] = [];
    const drained = this.engine.drain(this.buffer, Math.ceil(timeoutMs));
    this.draining = drained.catch(() => undefined);
    this.decoder.decode(await drained, events);
    for (const event of events) this.count(event);
    return events;
  }

  private count(event: KernelEvent): void {
    const id = PROBES.find(({types}) => types.includes(event.type))?.id ?? '';
    this.delivered.set(id, (this.delivered.get(id) ?? 0) + 1);
    if (event.type === 'TCP_RETRANSMIT') this.lookIntoSocket(event as TcpRetransmitEvent);
  }

  /** A retransmit's process leads into its network namespace; one without a process asks for a new look around. */
  private lookIntoSocket(event: TcpRetransmitEvent): void {
    if (event.pid !== undefined && event.netns !== undefined) this.sampler.sent.learn(event.netns, event.pid);
    const now = performance.now();
    if (event.pid !== undefined || now - this.ownersLooked < OWNERS_EVERY_MS) return;
    this.ownersLooked = now;
    this.engine.findOwners();
  }

  private frame(events: KernelEvent[], intervalMs?: number): Frame {
    this.clock.sync(this.engine.clocks());
    const sample = intervalMs === undefined ? undefined : this.sampler.sample(this.stamp(), intervalMs);
    return frame({events, sample, probes: this.changes.splice(0), errors: this.errors.splice(0)});
  }

  private stamp(): Stamp {
    const [mono] = this.engine.clocks();
    return {time: this.clock.format(mono), mono_ns: String(mono)};
  }

  private header(): Header {
    const {filter, version, intervalMs} = this.options;
    return {
      kind: 'header',
      ...this.stamp(),
      schema: SCHEMA,
      kstop: version,
      host: {name: hostname(), kernel: release(), arch: arch(), cpus: cpus().length, boot_id: bootId()},
      interval_s: intervalMs / 1000,
      ...(filter && {filter}),
      thresholds: {...this.probes.thresholds},
      probes: this.probes.infos(),
    };
  }

  private change(id: string): void {
    const {subsystem: _, ...info} = this.probes.info(id);
    this.engine.wake();
    this.changes.push({kind: 'probe', ...this.stamp(), ...info});
  }

  private toggle(id: string): string | undefined {
    const problem = this.probes.toggle(id);
    if (PROBES.some((probe) => probe.id === id)) this.change(id);
    return problem;
  }

  private threshold(subsystem: SubsystemName, warnUs: number): string | undefined {
    const problem = this.probes.setWarning(subsystem, warnUs);
    if (problem) return problem;
    this.context.schedCritNs = this.probes.thresholds.sched_crit_us * 1000;
    this.context.blockCritNs = this.probes.thresholds.block_crit_us * 1000;
    for (const probe of PROBES) if (probe.subsystem === subsystem && probe.warnUs !== undefined) this.change(probe.id);
    return undefined;
  }
}

/** The filter names something that isn't there. */
export class FilterError extends Problem {
  override name = 'FilterError';
}

/** The kernel, and so the filter and every event, knows processes by their numbers in the first namespace. */
function inOwnPidNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== INIT_PID_NS;
  } catch {
    return false;
  }
}

function frame(parts: Partial<Frame>): Frame {
  return {events: [], probes: [], errors: [], ...parts};
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
