import {setTimeout as delay} from 'node:timers/promises';
import {PROBES} from '../../src/probes/catalog.ts';
import type {Controls, Frame, Playback, PlaybackControls, Source} from '../../src/types/frame.ts';
import type {
  Counter,
  Focus,
  FocusPages,
  Header,
  Histogram,
  KernelEvent,
  ProcessRow,
  Sample,
  Stamp,
  SubsystemName,
} from '../../src/types/stream.ts';

/** What a synthetic source makes. Nothing of it was measured: it exists to fill screens in tests. */
export interface SyntheticOptions {
  cpus?: number;
  /** Events a second. */
  rate?: number;
  intervalMs?: number;
  /** Present a recording's playback instead of live controls. */
  replay?: boolean;
  /** End after so many samples. */
  samples?: number;
  /** Throw from frames() after so many samples. */
  failAfter?: number;
  /** Go on after stop(), delivering nothing. */
  stuck?: boolean;
  /** Command names as an attacker would choose them. */
  hostile?: boolean;
  /** Processes in each sample. */
  processes?: number;
  /** Cgroups with traffic in each sample. */
  cgroups?: number;
  /** Time passes without waiting. */
  instant?: boolean;
}

const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);
const BOUNDS = Array.from({length: 27 * 4}, (_, i) => Math.ceil(2 ** (i / 4))).filter((b, i, all) => b !== all[i - 1]);
const NAMES = ['nginx', 'postgres', 'kworker/u8:3', 'java', 'rsync'];
const HOSTILE = [
  '\x1b[2J\x1b]0;pwned\x07',
  'a\nb\rc',
  '名前がとても長い',
  'x\u202egpj.exe',
  '\ud800lone',
  'e\u0301e\u0301',
];

/** A source of made-up frames, on a clock of its own that starts at a fixed time. */
/** Samples of a measured run that differ. */
const ORDERS = 8;

export class SyntheticSource implements Source {
  private readonly orders: ProcessRow[][] = [];
  readonly calls: string[] = [];
  readonly controls?: Controls;
  readonly playback?: PlaybackControls;
  private ms = 0;
  private seq = 0;
  private focused: number | undefined;
  private counting = false;
  private stopped = false;
  private readonly pending: Frame[] = [];
  private readonly states = new Map(PROBES.map((probe) => [probe.id, 'attached' as const as 'attached' | 'off']));
  private readonly play: Playback = {playing: true, speed: 1, position_ms: 0, duration_ms: 60_000, ended: false};
  private readonly abort = new AbortController();

  constructor(private readonly options: SyntheticOptions = {}) {
    if (options.replay) this.playback = this.makePlayback();
    else
      this.controls = {
        toggle: (id) => this.toggle(id),
        threshold: (name, us) => this.threshold(name, us),
        focus: (pid) => this.focus(pid),
        pages: () => this.pages(),
      };
  }

  async *frames(): AsyncGenerator<Frame> {
    const {intervalMs = 1000, samples = Number.POSITIVE_INFINITY, failAfter} = this.options;
    yield {...this.empty(), header: this.header()};
    for (let n = 0; n < samples && !this.stopped; n++) {
      if (n === failAfter) throw new Error('the synthetic source failed as it was asked to');
      yield {...this.empty(), events: this.events(), sample: this.sample(intervalMs)};
      if (!this.options.instant) await delay(intervalMs, undefined, {signal: this.abort.signal}).catch(() => {});
      this.ms += intervalMs;
      while (this.pending.length > 0) yield this.pending.shift() as Frame;
    }
    if (this.options.stuck) await delay(60_000, undefined, {ref: false});
    if (this.stopped) yield {...this.empty(), sample: this.sample(intervalMs)};
    this.play.ended = true;
  }

  stop(): void {
    this.stopped = true;
    this.calls.push('stop');
    this.abort.abort();
  }

  async close(): Promise<void> {}

  private stamp(): Stamp {
    const time = new Date(T0 + this.ms).toISOString().replace('Z', '000000Z');
    return {time, mono_ns: String(BigInt(1000 + this.ms) * 1_000_000n)};
  }

  private empty(): Frame {
    return {events: [], probes: [], errors: []};
  }

  private header(): Header {
    const {cpus = 4} = this.options;
    return {
      kind: 'header',
      ...this.stamp(),
      schema: 1,
      kstop: '0.1.0',
      host: {name: 'synthetic', kernel: '6.12.0-test', arch: 'x86_64', cpus, boot_id: 'none'},
      interval_s: 1,
      thresholds: {sched_warn_us: 1000, sched_crit_us: 10_000, block_warn_us: 10_000, block_crit_us: 100_000},
      probes: PROBES.map(({id, subsystem, warnUs, critUs}) => ({
        id,
        subsystem,
        state: 'attached',
        method: 'tp_btf',
        ...(warnUs && {warn_us: warnUs, crit_us: critUs}),
      })),
    };
  }

  private events(): KernelEvent[] {
    const {rate = 3, intervalMs = 1000} = this.options;
    const wanted = Math.max(1, Math.round((rate * intervalMs) / 1000));
    return Array.from({length: wanted}, () => this.event(this.seq++));
  }

  private event(n: number): KernelEvent {
    const names = this.options.hostile ? HOSTILE : NAMES;
    const comm = names[n % names.length] as string;
    const base = {kind: 'event' as const, ...this.stamp(), cpu: n % (this.options.cpus ?? 4), pid: 1000 + n, comm};
    if (n % 7 === 5) {
      const memcg = {constraint: 'memcg' as const, memcg: `/sys/fs/cgroup/${comm}`, limit_bytes: 268_435_456};
      const victim = {victim_pid: 4242, victim_comm: comm, rss_bytes: 250_000_000};
      return {...base, subsystem: 'memory', severity: 'critical', type: 'OOM_KILL', ...victim, ...memcg};
    }
    if (n % 5 === 3) {
      const peer = {saddr: '10.0.0.1', sport: 443, daddr: '2001:db8::7', dport: 52_134, family: 'IPv6' as const};
      return {
        ...base,
        subsystem: 'network',
        severity: 'info',
        type: 'TCP_RETRANSMIT',
        ...peer,
        state: 'ESTABLISHED',
        segments: 1,
      };
    }
    if (n % 3 === 1) {
      const part = {
        queue_us: 1100,
        device_us: 14_100,
        op: 'write' as const,
        device: 'nvme0n1',
        sector: '123456',
        size_bytes: 4096,
      };
      return {...base, subsystem: 'block', severity: 'warning', type: 'BIO_LATENCY', latency_us: 15_200, ...part};
    }
    const waited = {
      latency_us: 1000 + (n % 50) * 100,
      cause: 'queue' as const,
      prio: 120,
      prev_pid: 17,
      prev_comm: 'hog',
    };
    return {...base, subsystem: 'sched', severity: 'warning', type: 'SCHED_LATENCY', ...waited};
  }

  private sample(interval_ms: number): Sample {
    const second = this.ms / 1000;
    return {
      kind: 'sample',
      ...this.stamp(),
      interval_ms,
      host: {load1: 0.52, load5: 0.4, load15: 0.33, uptime_s: 273_600 + second, cpu_pct: 12},
      subsystems: {
        sched: this.figures('sched', 12_000 + (second % 10) * 300, 45),
        block: this.figures('block', 120, 900),
        memory: {status: 'OK', events: 0, rate_per_s: 0},
        network: {status: 'OK', events: 1, rate_per_s: 1},
      },
      ...(this.options.processes !== undefined && {processes: this.processRows()}),
      histograms: [this.histogram()],
      counters: this.traffic(),
      self: {cpu_pct: 0.31, rss_bytes: 80_000_000, kernel_cpu_pct: 0.02},
      loss: Object.fromEntries(PROBES.map((probe) => [probe.id, {held: 0, lost: 0, missed: 0}])),
      ...(this.focused !== undefined && {focus: this.focusOf(this.focused)}),
    };
  }

  private traffic(): Counter[] {
    const {cgroups = 0} = this.options;
    return Array.from({length: cgroups}, (_, i) => ({
      name: 'container_net_bytes',
      labels: {cgroup: `/kubepods.slice/pod${i}/container${i}`, direction: i % 2 ? 'rx' : 'tx'},
      value: this.ms * (1 + (i % 9)),
    }));
  }

  /** Each sample in another order, as the busiest change. */
  private processRows(): ProcessRow[] {
    return this.repeated(this.orders, () => this.freshRows());
  }

  /** Where frames are measured, what is large repeats: the source's own waste must not be collected on a frame's time. */
  private repeated<T>(made: T[], make: () => T): T {
    if (!this.options.instant) return make();
    const at = Math.round(this.ms / 1000) % ORDERS;
    made[at] ??= make();
    return made[at];
  }

  private freshRows(): ProcessRow[] {
    const {processes = 0, hostile} = this.options;
    const names = hostile ? HOSTILE : NAMES;
    const time_bucket = Math.floor((T0 + this.ms) / 1000);
    return Array.from({length: processes}, (_, i) => {
      const pid = 1 + ((i * 7919 + this.ms) % processes);
      const comm = names[pid % names.length] as string;
      const busy = (pid * 31) % 1000;
      return {
        time_bucket,
        pid,
        ppid: pid >> 1,
        comm,
        uid: 1000,
        context_switches: busy + 1,
        voluntary_switches: busy,
        involuntary_switches: 1,
        cpu_time_ms: busy / 10,
        avg_timeslice_us: 100,
        run_delay_ms: pid % 50,
        ...(pid % 50 === 0 && {waiting_ms: pid}),
        minor_faults: busy,
        major_faults: pid % 10 === 0 ? pid : 0,
        rss_bytes: pid << 20,
        rss_growth_bytes_per_s: (busy - 500) << 10,
        threads: 1 + (pid % 9),
        state: pid % 50 === 0 ? 'uninterruptible' : 'sleeping',
      };
    });
  }

  private figures(_name: SubsystemName, perSecond: number, p99: number) {
    return {status: 'OK' as const, events: perSecond, rate_per_s: perSecond, p50_us: 3, p99_us: p99, max_us: p99 * 20};
  }

  private histogram(): Histogram {
    const {cpus = 4} = this.options;
    const rows = Array.from({length: cpus}, (_, cpu) => this.row(cpu));
    const counts = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0));
    const count = counts.reduce((a, b) => a + b, 0);
    return {
      name: 'sched',
      labels: {},
      unit: 'us',
      bounds: BOUNDS,
      counts,
      sum: count * 4,
      count,
      max: 5400,
      cpus: rows,
    };
  }

  /** Most waits near 4 µs, a tail that grows with the CPU's number. */
  private row(cpu: number): number[] {
    const counts = new Array<number>(BOUNDS.length + 1).fill(0);
    BOUNDS.forEach((bound, i) => {
      const distance = Math.abs(Math.log2(bound) - 2 - (cpu % 3));
      counts[i] = bound > 5400 ? 0 : Math.floor(3000 / 2 ** (distance * (1.4 - (cpu % 4) / 10)));
    });
    return counts;
  }

  private toggle(id: string): undefined {
    this.calls.push(`toggle ${id}`);
    const state = this.states.get(id) === 'attached' ? 'off' : 'attached';
    this.states.set(id, state);
    const method = state === 'attached' ? {method: 'tp_btf'} : {};
    this.pending.push({...this.empty(), probes: [{kind: 'probe', ...this.stamp(), id, state, ...method}]});
  }

  private threshold(name: SubsystemName, warnUs: number): undefined {
    this.calls.push(`threshold ${name} ${warnUs}`);
    const change = {id: name, state: 'attached' as const, method: 'tp_btf', warn_us: warnUs, crit_us: warnUs * 10};
    this.pending.push({...this.empty(), probes: [{kind: 'probe', ...this.stamp(), ...change}]});
  }

  private focus(pid: number | undefined): string | undefined {
    this.calls.push(`focus ${pid}`);
    this.focused = pid !== undefined && pid < 4_000_000 ? pid : undefined;
    return pid !== undefined && pid >= 4_000_000 ? `there is no process ${pid}` : undefined;
  }

  private pages(): undefined {
    this.calls.push('pages');
    this.counting = !this.counting;
  }

  /** A large stack and a small one that nobody knows. */
  private pagesOf(): FocusPages {
    const name = this.options.hostile ? `${HOSTILE[1]}${HOSTILE[3]}` : 'libc.so.6';
    return {
      duration_ms: this.ms,
      bytes: 3 << 20,
      allocations: 700,
      lost_bytes: 4096,
      lost_allocations: 1,
      lost_stacks: 0,
      stacks: [
        {
          bytes: 2 << 20,
          allocations: 512,
          kernel: ['__alloc_pages_noprof+0x12', 'vma_alloc_folio+0x2', 'do_anonymous_page+0x9', 'handle_mm_fault+0x4'],
          user: [`${name}+0x9f2a`, '0x7f00'],
        },
        {bytes: 1 << 20, allocations: 187},
      ],
    };
  }

  private focusOf(pid: number): Focus {
    const comm = this.options.hostile ? (HOSTILE[0] as string) : 'nginx';
    const identity = {ppid: 1, uid: 33, user: 'www-data', cgroup: '/system.slice/nginx.service', threads: 12};
    const levels = {
      state: 'sleeping' as const,
      started: '2026-01-02T01:02:03.450Z',
      rss_bytes: 50_000_000 + this.ms * 100,
    };
    const figures = {interval_ms: 1000, cpu_time_ms: 120, run_delay_ms: 3.1, timeslices: 44, read_bytes: 3_145_728};
    const counts = {voluntary_switches: 40, minor_faults: 12, major_faults: 0};
    return {pid, comm, ...identity, ...levels, ...figures, ...counts, ...(this.counting && {pages: this.pagesOf()})};
  }

  private makePlayback(): PlaybackControls {
    const {play} = this;
    return {
      state: () => ({...play, position_ms: this.ms}),
      playPause: () => {
        this.calls.push('playPause');
        play.playing = !play.playing;
      },
      step: (n) => {
        this.calls.push(`step ${n}`);
        return undefined;
      },
      seek: (ms) => {
        this.calls.push(`seek ${ms < 0 ? 'before the start' : 'on'}`);
        return ms < 0 ? 'what comes through a pipe has no way back' : undefined;
      },
      speed: (factor) => {
        this.calls.push(`speed ${factor}`);
        play.speed = factor;
      },
    };
  }
}
