import {WallClock} from '../native/clock.ts';
import type {DecodeContext} from '../native/decode.ts';
import {Engine, SETTING} from '../native/engine.ts';
import type {RequestSpan} from '../native/events/records.ts';
import {syscallTable} from '../native/syscalls/classes.ts';
import {probeOf} from '../probes/catalog.ts';
import type {Frame, Source} from '../types/frame.ts';
import {
  type BioLatencyEvent,
  type ErrorObject,
  type Filter,
  type Header,
  type KernelEvent,
  type LockupEvent,
  type ProbeChange,
  SCHEMA,
  type Stamp,
  type TcpRetransmitEvent,
  type Thresholds,
} from '../types/stream.ts';
import {percent} from '../util/format.ts';
import {ROWS} from '../util/limits.ts';
import type {Problem} from '../util/problem.ts';
import {CgroupPaths, canonicalCgroup} from './cgroup-paths.ts';
import {containerFilter} from './container-filter.ts';
import {ContainerNames} from './container-names.ts';
import {ContainerLives} from './containers/lives.ts';
import {MainProcesses} from './containers/mains.ts';
import {ContainerRows} from './containers/rows.ts';
import {ContainerTasks} from './containers/tasks.ts';
import {ProbeCost} from './cost.ts';
import {DropSetup, withoutProcess} from './drop-setup.ts';
import {EventDrain} from './event-drain.ts';
import {FilterError} from './filter-error.ts';
import {hostIdentity} from './host-identity.ts';
import {criticalNs, LiveControls} from './live-controls.ts';
import {LiveProbes} from './live-probes.ts';
import {liveReaders} from './live-readers.ts';
import {LiveSampler, noFocus} from './live-sampler.ts';
import {Lockups} from './lockups/lockups.ts';
import {MemoryCgroups} from './memory/cgroups.ts';
import {GrowthProbe} from './memory/growth.ts';
import {Overhead} from './overhead.ts';
import {OwnPriority} from './own-priority.ts';
import {OwnThreads} from './own-threads.ts';
import {OwnerSearch} from './owner-search.ts';
import {inOwnPidNamespace} from './pid-namespace.ts';
import {PressureProbe} from './pressure.ts';
import type {ProbeReport} from './probe-report.ts';
import {RetransmitReader} from './readers/retransmit.ts';
import {SlowRequests} from './requests/slow-requests.ts';
import {Symbols} from './symbols.ts';
import {TrafficProbe} from './traffic/traffic.ts';

const RING_BYTES = 4 << 20;
/** Probes that leave kstop itself out, and those that may be asked for what sleeps by design. */
const SELFLESS_PROBES = ['sched', 'syscall'];
const WAITING_PROBES = ['vfs', 'syscall'];

export interface LiveOptions {
  version: string;
  intervalMs: number;
  /** Probes to attach. */
  probes: readonly string[];
  thresholds: Thresholds;
  filter?: Filter;
  /** Only this container, by name or id: its cgroup becomes the filter's. */
  container?: string;
  /** vfs, syscall: also calls that sleep by design (pipes, ttys …). */
  includeWaits?: boolean;
  /** Command lines of programs that are run, and of the process that is looked into: they can hold secrets. */
  withArgs?: boolean;
  /** Process rows of a sample; 50 without it. */
  top?: number;
  /** Percent of all CPUs' time that the probes may take; without it they are never paused. */
  maxOverheadPct?: number;
  /** Attach methods not to try (tests of the fallbacks). */
  skip?: string;
}

/** The running kernel as a Source. The constructor attaches the probes; throws EngineError or LibraryError. */
export class LiveSource implements Source {
  readonly controls: LiveControls;
  private readonly engine: Engine;
  private readonly probes: LiveProbes;
  private readonly sampler: LiveSampler;
  private readonly overhead: Overhead;
  private readonly lockups: Lockups;
  private readonly retransmits: RetransmitReader;
  private readonly clock = new WallClock();
  private readonly cgroups: CgroupPaths;
  private readonly containers: ContainerNames;
  private readonly lives: ContainerLives;
  private readonly containerTasks = new ContainerTasks((id) => this.cgroups.get(id, true));
  private readonly drain: EventDrain;
  private readonly context: DecodeContext;
  private readonly delivered = new Map<string, number>();
  private readonly changes: ProbeChange[] = [];
  private readonly errors: ErrorObject[] = [];
  private stopping = false;
  private closing: Promise<void> | undefined;
  private cgroupIsGone = false;
  private readonly priority = new OwnPriority(new OwnThreads(), (problem) => this.failed(problem));
  private readonly owners = new OwnerSearch(() => this.engine.findOwners());
  private readonly slowRequests = new SlowRequests(() => this.engine.requests(true));

  private constructor(private readonly options: LiveOptions) {
    const {filter} = options;
    this.engine = new Engine({ringBytes: RING_BYTES, skip: options.skip});
    this.applyFilter(filter);
    this.clock.sync(this.engine.clocks());
    this.cgroups = new CgroupPaths((id, v2) => this.engine.cgroupPath(id, v2));
    this.containers = new ContainerNames(this.cgroups, (problem) => this.failed(problem));
    this.lives = this.containerLives();
    const symbols = new Symbols();
    const drops = new DropSetup(this.engine, symbols, filter);
    this.controls = this.liveControls(symbols);
    const thresholds = {...options.thresholds};
    this.context = this.decodeContext(thresholds, symbols, drops);
    this.drain = new EventDrain({
      engine: this.engine,
      context: this.context,
      wakeAtFirst: (on) => this.probes.wakeAtFirst(on),
      sift: (events) => this.sifted(events),
    });
    const skipLog = options.skip?.split(',').includes('kmsg') ?? false;
    const wanted = filter?.cgroup === undefined ? filter : {...filter, cgroup: canonicalCgroup(filter.cgroup)};
    this.lockups = new Lockups(this.engine, this.clock, wanted, skipLog);
    this.probes = this.liveProbes(thresholds, wanted, drops);
    this.applySettings();
    this.retransmits = new RetransmitReader(filter !== undefined);
    const {engine, probes, cgroups, containers, containerTasks, retransmits} = this;
    const pages = this.controls.pageCount;
    const filtered = filter !== undefined;
    const parts = {engine, probes, cgroups, containers, containerTasks, drops, retransmits, pages, filtered};
    const readers = liveReaders({...parts, top: options.top});
    this.overhead = this.overheadWithin(options.maxOverheadPct ?? Number.POSITIVE_INFINITY);
    this.sampler = new LiveSampler(this.probes, readers, this.delivered, RING_BYTES, this.overhead);
  }

  /**
   * Opens the kernel side and attaches the probes.
   * @throws {FilterError} when the filter names nothing, {EngineError} when no program can run.
   */
  static async open(options: LiveOptions): Promise<LiveSource> {
    const {container, filter} = options;
    const only = container === undefined ? filter : {...filter, ...(await containerFilter(container))};
    const source = new LiveSource({...options, filter: only});
    await source.start();
    return source;
  }

  /** @throws {FilterError} when it names nothing; the engine is closed then. */
  private applyFilter(filter: Filter | undefined): void {
    if (filter?.pid !== undefined && inOwnPidNamespace()) {
      this.engine.close();
      throw new FilterError('--pid', 'in this PID namespace processes have other numbers', "run kstop in the host's");
    }
    const wrong = filter && this.engine.filter(filter.pid, filter.comm, filter.cgroup);
    if (wrong) {
      this.engine.close();
      const remedy = /namespace/.test(wrong) ? "run kstop in the host's" : 'name a folder of the cgroup v2 hierarchy';
      throw new FilterError(this.cgroupFlag, wrong, remedy);
    }
  }

  /** What the programs are told before they run. */
  private applySettings(): void {
    const {filter, includeWaits, withArgs} = this.options;
    // Only a look at kstop itself counts kstop: idle hosts would be judged by their observer.
    if (!inOwnPidNamespace() && filter?.pid !== process.pid)
      for (const probe of SELFLESS_PROBES) this.engine.set(probe, SETTING.selfPid, process.pid);
    for (const probe of WAITING_PROBES) this.engine.set(probe, SETTING.includeWaits, includeWaits ? 1 : 0);
    this.controls.countCallsOfCgroup();
    this.engine.set('process', SETTING.withArgs, withArgs ? 1 : 0);
  }

  private decodeContext(thresholds: Thresholds, symbols: Symbols, drops: DropSetup): DecodeContext {
    return {
      clock: this.clock,
      critNs: criticalNs(thresholds),
      cgroupPath: (id: bigint, v2: boolean) => this.cgroups.get(id, v2),
      learnCgroup: (id: bigint, path: string) => this.cgroups.learn(id, path),
      symbol: (address: bigint) => symbols.name(address),
      dropReason: (reason: number) => drops.reasons.name(reason),
      slowRequest: (event: BioLatencyEvent, span: RequestSpan) => this.slowRequests.note(event, span),
      tick: (monoNs: number, jiffies: number) => this.lockups.jiffies.learn(monoNs, jiffies),
    };
  }

  private liveProbes(thresholds: Thresholds, filter: Filter | undefined, drops: DropSetup): LiveProbes {
    const files = {traffic: new TrafficProbe(), ...this.memoryProbes(filter)};
    const beside = {lockup: this.lockups};
    const preparations = {
      drops: () => drops.prepare(),
      'container-traffic': () => withoutProcess(this.options.filter),
      syscall: () => this.classify(),
      tasks: () => (inOwnPidNamespace() ? 'only the processes of this PID namespace are listed' : undefined),
    };
    return new LiveProbes(this.engine, this.options.probes, thresholds, files, beside, preparations);
  }

  private overheadWithin(budget: number): Overhead {
    const cost = new ProbeCost(
      this.engine,
      (id) => this.probes.countsNow(id),
      () => this.probes.attached(),
    );
    const over = (pct: number) => {
      const why = `what the governor can't pause takes ${percent(pct)} of all CPUs' time, budget ${percent(budget)}`;
      const remedy = 'sample less often (--interval) or allow more';
      this.failed({what: '--max-overhead', why, remedy});
    };
    return new Overhead(cost, this.probes, budget, (id) => this.change(id), over);
  }

  private containerLives(): ContainerLives {
    const mains = new MainProcesses();
    return new ContainerLives(
      (path) => this.containers.ofPath(path),
      () => !this.byProcess && this.probes.isOn('process'),
      (rows) => mains.among(rows),
    );
  }

  private liveControls(symbols: Symbols): LiveControls {
    const {filter, withArgs} = this.options;
    return new LiveControls({
      engine: this.engine,
      symbols,
      withArgs: withArgs ?? false,
      ofCgroup: filter?.cgroup !== undefined,
      probes: () => this.probes,
      switched: (id) => this.overhead.switched(id),
      change: (id) => this.change(id),
      criticalNs: (ns) => {
        this.context.critNs = ns;
      },
    });
  }

  /** Does the filter leave processes of a cgroup out? */
  private get byProcess(): boolean {
    const {pid, comm} = this.options.filter ?? {};
    return pid !== undefined || comm !== undefined;
  }

  private async start(): Promise<void> {
    await this.drain.during(this.probes.start());
    if (this.probes.isOn('retransmit')) this.engine.findOwners();
    this.sampler.begin();
    this.containers.begin();
    this.overhead.look();
  }

  /** Is at least one probe attached? */
  anyAttached(): boolean {
    return this.probes.anyOn();
  }

  /** Every probe with what became of each part of it (`kstop doctor`). */
  reports(): ProbeReport[] {
    return this.probes.reports();
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
      const events = await this.drain.next(Math.max(0, Math.min(due - performance.now(), this.lockups.waitMs())));
      if (this.closing) return;
      if (this.lockups.isDue()) events.push(...(await this.look()));
      if (this.closing) return;
      const now = performance.now();
      if (now < due) {
        if (events.length > 0 || this.changes.length > 0) yield this.frame(events);
        continue;
      }
      const made = this.frame(events, now - last);
      // Making it takes long, too, where others have the CPUs; a reader that is slow comes after it.
      const ready = performance.now();
      this.priority.look(ready - due, this.options.intervalMs, ready);
      yield made;
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

  /** Frees everything; frames that somebody still reads end without a last one. */
  close(): Promise<void> {
    this.closing ??= this.free();
    return this.closing;
  }

  private async free(): Promise<void> {
    this.stop();
    await this.drain.close();
    this.priority.restore();
    this.overhead.stop();
    this.sampler.close();
    this.controls.focused.close();
    this.containers.close();
    this.probes.close();
    this.engine.close();
  }

  /** Detaches, drains to the last event and takes the last sample, so that the loss equation closes. */
  private async *finish(last: number): AsyncIterable<Frame> {
    if (this.closing) return;
    this.overhead.stop();
    this.probes.stop();
    for (;;) {
      // A program that was running when its link went has ended within the wait.
      const events = await this.drain.once(20);
      if (this.closing) return;
      if (events.length === 0) break;
      yield frame({events});
    }
    yield this.frame(await this.look(true), performance.now() - last);
  }

  /** Events of one drain, each counted, but for those of lockups that the log tells better. */
  private sifted(events: KernelEvent[]): KernelEvent[] {
    this.slowRequests.explain();
    const fresh = events.flatMap((event): KernelEvent[] => (isLockup(event) ? this.lockups.sift(event) : [event]));
    for (const event of fresh) this.count(event);
    return fresh;
  }

  private count(event: KernelEvent): void {
    const id = probeOf(event)?.id ?? '';
    this.delivered.set(id, (this.delivered.get(id) ?? 0) + 1);
    this.containers.name(event);
    this.lives.event(event);
    this.probes.found(id);
    if (event.type === 'TCP_RETRANSMIT') this.lookIntoSocket(event as TcpRetransmitEvent);
  }

  /** A retransmit's process leads into its network namespace; one without a process asks for a new look around. */
  private lookIntoSocket(event: TcpRetransmitEvent): void {
    if (event.pid !== undefined && event.netns !== undefined) this.retransmits.sent.learn(event.netns, event.pid);
    if (event.pid === undefined) this.owners.look(event);
  }

  private failed({what, why, remedy}: Pick<Problem, 'what' | 'why' | 'remedy'>): void {
    this.errors.push({kind: 'error', ...this.stamp(), what, why, ...(remedy !== undefined && {remedy})});
  }

  /** What the kernel has logged, after the programs' events of the same. `last`: nothing is kept back for later. */
  private async look(last = false): Promise<KernelEvent[]> {
    const events = this.lockups.read() ? await this.drain.once(0) : [];
    if (this.closing) return events;
    this.clock.sync(this.engine.clocks());
    for (const event of this.lockups.due(last)) {
      events.push(event);
      this.count(event);
    }
    return events;
  }

  /** What of the command line the filter's cgroup comes from. */
  private get cgroupFlag(): string {
    return this.options.container === undefined ? '--cgroup' : '--container';
  }

  /** A cgroup that was removed and made anew (a service that restarts) is another one for the kernel. */
  private followCgroup(): void {
    const {pid, comm, cgroup} = this.options.filter ?? {};
    if (cgroup === undefined) return;
    const why = this.engine.filter(pid, comm, cgroup);
    const remedy =
      this.options.container === undefined
        ? 'it is watched again once there is one of that path'
        : 'it is watched again once it runs under the same id; for another one start kstop anew';
    if (why && !this.cgroupIsGone) this.failed({what: this.cgroupFlag, why, remedy});
    this.cgroupIsGone = why !== undefined;
  }

  private frame(events: KernelEvent[], intervalMs?: number): Frame {
    this.clock.sync(this.engine.clocks());
    if (intervalMs !== undefined) this.followCgroup();
    const found = (event: KernelEvent) => {
      events.push(event);
      this.count(event);
    };
    const ofFocus = noFocus();
    const sample = intervalMs === undefined ? undefined : this.sampler.sample(this.stamp(), intervalMs, found, ofFocus);
    if (sample) this.lives.complete(sample);
    if (sample && this.priority.nice !== undefined) sample.self.nice = this.priority.nice;
    const focus = sample && this.controls.focused.sample({...ofFocus, pages: this.controls.pageCount.take()});
    if (focus) sample.focus = this.containers.nameFocus(focus);
    else if (sample && ofFocus.syscalls.length > 0) sample.syscalls = ofFocus.syscalls;
    return frame({events, sample, probes: this.changes.splice(0), errors: this.errors.splice(0)});
  }

  /** Both read the same figures. */
  private memoryProbes(filter: Filter | undefined) {
    const cgroups = new MemoryCgroups(filter?.cgroup);
    const container = (path: string) => this.containers.ofPath(path);
    // A part of the processes is not the container's sum.
    const tasks = inOwnPidNamespace() ? undefined : this.containerTasks;
    return {
      pressure: new PressureProbe(this.engine, filter !== undefined, this.byProcess ? undefined : cgroups),
      growth: new GrowthProbe(cgroups, {
        filter,
        container,
        rows: this.byProcess ? undefined : new ContainerRows(cgroups, container, this.options.top ?? ROWS, tasks),
        sameNumbers: !inOwnPidNamespace(),
      }),
    };
  }

  /** Tells the programs which system calls sleep by design. */
  private classify(): undefined {
    for (const [entry, number] of syscallTable()) this.engine.table('syscall', entry, number);
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
      host: hostIdentity(),
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
}

const isLockup = (event: KernelEvent): event is LockupEvent => event.subsystem === 'lockup';

function frame(parts: Partial<Frame>): Frame {
  return {events: [], probes: [], errors: [], ...parts};
}
