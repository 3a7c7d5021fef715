/**
 * SYNTHETIC streams: made by hand to hold rules to exact figures. They are no recordings of anything real;
 * those are in test/fixtures.
 */
import type {Frame} from '../../src/types/frame.ts';
import type {
  BioLatencyEvent,
  Counter,
  Header,
  Histogram,
  KernelEvent,
  LockupEvent,
  MemoryPressureEvent,
  OomKillEvent,
  OomPredictionEvent,
  PacketDropEvent,
  PageFaultEvent,
  ProbeInfo,
  ProcessExecEvent,
  ProcessExitEvent,
  ProcessForkEvent,
  ReclaimStallEvent,
  Sample,
  SchedLatencyEvent,
  Stamp,
  SyscallSlowEvent,
  TcpRetransmitEvent,
  TraceEnded,
  VfsSlowEvent,
} from '../../src/types/stream.ts';

/** Monotonic start and wall clock of every synthetic stream. */
const START_NS = 5_000_000_000_000n;
const START_WALL = Date.UTC(2026, 2, 1, 12, 0, 0);

/** The stamp `ms` after the synthetic start. */
export function stamp(ms: number): Stamp {
  const ns = BigInt(Math.round(ms * 1e6));
  const second = new Date(START_WALL + Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19);
  return {time: `${second}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`, mono_ns: String(START_NS + ns)};
}

/** Bounds of the kernel side's histograms, written out anew: four buckets an octave from 4 µs on. */
export function kernelBounds(): number[] {
  const bounds = [1, 1.25, 1.5, 1.75];
  for (let octave = 1; octave < 26; octave++) for (let k = 0; k < 4; k++) bounds.push(2 ** octave * (1 + k / 4));
  return [...bounds, 2 ** 26];
}

/** Puts raw microseconds into cells one by one (upper-inclusive). */
export function histogram(
  name: string,
  labels: Record<string, string>,
  values: number[],
  cpus?: number[][],
): Histogram {
  const bounds = kernelBounds();
  const cells = (all: number[]) => {
    const counts = new Array(bounds.length + 1).fill(0);
    for (const value of all) {
      const cell = bounds.findIndex((bound) => value <= bound);
      counts[cell < 0 ? bounds.length : cell]++;
    }
    return counts;
  };
  return {
    name,
    labels,
    unit: 'us',
    bounds,
    counts: cells(values),
    sum: values.reduce((sum, value) => sum + value, 0),
    count: values.length,
    max: Math.max(0, ...values),
    ...(cpus && {cpus: cpus.map(cells)}),
  };
}

export const PROBES: ProbeInfo[] = [
  {id: 'sched', subsystem: 'sched', state: 'attached', method: 'tp_btf', warn_us: 1000, crit_us: 10_000},
  {id: 'block', subsystem: 'block', state: 'attached', method: 'tp_btf', warn_us: 10_000, crit_us: 100_000},
  {id: 'oom', subsystem: 'memory', state: 'attached', method: 'tp_btf'},
  {id: 'retransmit', subsystem: 'network', state: 'attached', method: 'tp_btf'},
];

export function header(probes: ProbeInfo[] = PROBES, more: Partial<Header> = {}): Header {
  return {
    kind: 'header',
    ...stamp(0),
    schema: 1,
    kstop: '0.1.0',
    host: {name: 'synthetic', kernel: '6.12.0', arch: 'x86_64', cpus: 2, boot_id: 'none'},
    interval_s: 1,
    thresholds: {sched_warn_us: 1000, sched_crit_us: 10_000, block_warn_us: 10_000, block_crit_us: 100_000},
    probes,
    ...more,
  };
}

export interface SampleParts {
  interval_ms?: number;
  histograms?: Histogram[];
  counters?: Counter[];
  loss?: Sample['loss'];
  load1?: number;
}

export function sample(atMs: number, parts: SampleParts = {}): Sample {
  const {interval_ms = 1000, histograms = [], counters = [], loss = {}, load1} = parts;
  const host = load1 === undefined ? {} : {load1};
  return {kind: 'sample', ...stamp(atMs), interval_ms, host, subsystems: {}, histograms, counters, self: {}, loss};
}

export function frame(parts: Partial<Frame> = {}): Frame {
  return {events: [], probes: [], errors: [], ...parts};
}

export const sampleFrame = (atMs: number, parts?: SampleParts): Frame => frame({sample: sample(atMs, parts)});

export function wait(atMs: number, latency_us: number, more: Partial<SchedLatencyEvent> = {}): SchedLatencyEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'SCHED_LATENCY',
    subsystem: 'sched',
    severity: latency_us >= 10_000 ? 'critical' : 'warning',
    cpu: 1,
    pid: 123,
    tid: 123,
    comm: 'victim',
    latency_us,
    cause: 'queue',
    prio: 120,
    prev_pid: 456,
    prev_comm: 'hog',
    ...more,
  };
}

export function request(atMs: number, latency_us: number, more: Partial<BioLatencyEvent> = {}): BioLatencyEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'BIO_LATENCY',
    subsystem: 'block',
    severity: latency_us >= 100_000 ? 'critical' : 'warning',
    cpu: 0,
    pid: 891,
    comm: 'postgres',
    latency_us,
    op: 'write',
    device: 'nvme0n1',
    sector: '2048',
    size_bytes: 4096,
    ...more,
  };
}

export function oom(atMs: number, more: Partial<OomKillEvent> = {}): OomKillEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'OOM_KILL',
    subsystem: 'memory',
    severity: 'critical',
    cpu: 1,
    pid: 2345,
    comm: 'java',
    victim_pid: 2345,
    victim_comm: 'java',
    ...more,
  };
}

export function retransmit(atMs: number, more: Partial<TcpRetransmitEvent> = {}): TcpRetransmitEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'TCP_RETRANSMIT',
    subsystem: 'network',
    severity: 'info',
    cpu: 0,
    saddr: '10.0.0.1',
    sport: 443,
    daddr: '10.0.0.2',
    dport: 52134,
    family: 'IPv4',
    state: 'ESTABLISHED',
    segments: 1,
    ...more,
  };
}

export function slowFile(atMs: number, latency_us: number, more: Partial<VfsSlowEvent> = {}): VfsSlowEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'VFS_SLOW',
    subsystem: 'vfs',
    severity: latency_us >= 50_000 ? 'critical' : 'warning',
    cpu: 0,
    pid: 77,
    comm: 'rsync',
    latency_us,
    op: 'read',
    path: '/srv/data/big',
    name: 'big',
    inode: '4711',
    fs: 'ext4',
    size_bytes: 65_536,
    file_type: 'regular',
    ...more,
  };
}

export function slowCall(atMs: number, latency_us: number, more: Partial<SyscallSlowEvent> = {}): SyscallSlowEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'SYSCALL_SLOW',
    subsystem: 'syscall',
    severity: latency_us >= 100_000 ? 'critical' : 'warning',
    cpu: 1,
    pid: 78,
    comm: 'mover',
    latency_us,
    syscall: 82,
    syscall_name: 'rename',
    ret: -5,
    errno: 'EIO',
    ...more,
  };
}

export function ran(atMs: number, more: Partial<ProcessExecEvent> = {}): ProcessExecEvent {
  const owner = {pid: 91, tid: 91, comm: 'cc1', uid: 1000};
  return {...life(atMs), type: 'PROCESS_EXEC', ...owner, ppid: 90, filename: '/usr/lib/gcc/cc1', ...more};
}

export function forked(atMs: number, more: Partial<ProcessForkEvent> = {}): ProcessForkEvent {
  const owner = {pid: 90, tid: 90, comm: 'make', uid: 1000};
  return {...life(atMs), type: 'PROCESS_FORK', ...owner, child_pid: 91, child_comm: 'make', ...more};
}

export function went(atMs: number, more: Partial<ProcessExitEvent> = {}): ProcessExitEvent {
  const owner = {pid: 91, tid: 91, comm: 'cc1', uid: 1000};
  const figures = {exit_code: 0, lifetime_ms: 1500, cpu_time_ms: 820.5, max_rss_bytes: 64 << 20};
  return {...life(atMs), type: 'PROCESS_EXIT', ...owner, ppid: 90, ...figures, ...more};
}

const life = (atMs: number) => ({
  kind: 'event' as const,
  ...stamp(atMs),
  subsystem: 'process' as const,
  severity: 'info' as const,
  cpu: 1,
});

export function drop(atMs: number, more: Partial<PacketDropEvent> = {}): PacketDropEvent {
  return {
    kind: 'event',
    ...stamp(atMs),
    type: 'PACKET_DROP',
    subsystem: 'network',
    severity: 'warning',
    cpu: 0,
    reason: 'SOCKET_RCVBUFF',
    class: 'fault',
    location: '__udp_enqueue_schedule_skb+0x2f0',
    protocol: 'UDP',
    saddr: '10.0.0.1',
    daddr: '10.0.0.2',
    sport: 5000,
    dport: 53,
    ...more,
  };
}

export function fault(atMs: number, more: Partial<PageFaultEvent> = {}): PageFaultEvent {
  const owner = {pid: 88, comm: 'mapper'};
  const base = {
    kind: 'event' as const,
    ...stamp(atMs),
    subsystem: 'memory' as const,
    severity: 'info' as const,
    cpu: 1,
  };
  return {...base, type: 'PAGE_FAULT', ...owner, address: '0x7f0012345000', ...more};
}

export function reclaim(atMs: number, more: Partial<ReclaimStallEvent> = {}): ReclaimStallEvent {
  const base = {kind: 'event' as const, ...stamp(atMs), subsystem: 'memory' as const, severity: 'warning' as const};
  const owner = {cpu: 1, pid: 88, tid: 88, comm: 'mapper'};
  const what = {latency_us: 40_000, reclaim: 'memcg' as const, order: 0, reclaimed_bytes: 128 << 10};
  return {...base, type: 'RECLAIM_STALL', ...owner, ...what, ...more};
}

export function pressure(atMs: number, more: Partial<MemoryPressureEvent> = {}): MemoryPressureEvent {
  const base = {kind: 'event' as const, ...stamp(atMs), subsystem: 'memory' as const, cpu: 0};
  const figures = {scope: 'host', some_avg10_pct: 12.5, full_avg10_pct: 3.1};
  return {...base, severity: 'warning', type: 'MEMORY_PRESSURE', ...figures, ...more};
}

export function foretold(atMs: number, more: Partial<OomPredictionEvent> = {}): OomPredictionEvent {
  const base = {kind: 'event' as const, ...stamp(atMs), subsystem: 'memory' as const, severity: 'warning' as const};
  const ahead = {growth_bytes_per_s: 1 << 20, eta_s: 300, eta_low_s: 280, eta_high_s: 330, confidence_pct: 85.5};
  const size = {usage_bytes: 700 << 20, limit_bytes: 1 << 30};
  const growers = [{pid: 77, comm: 'leaker', growth_bytes_per_s: 944_000, share_pct: 90}];
  return {
    ...base,
    type: 'OOM_PREDICTION',
    scope: '/leaky',
    pid: 77,
    comm: 'leaker',
    ...ahead,
    growers,
    ...size,
    ...more,
  };
}

export function lockup(atMs: number, type: LockupEvent['type'], more: Partial<LockupEvent> = {}): LockupEvent {
  const base = {kind: 'event' as const, ...stamp(atMs), subsystem: 'lockup' as const, cpu: 1};
  const stack = ['io_schedule+0x46/0x80', 'folio_wait_bit_common+0x13d/0x350', 'vfs_fsync_range+0x4b/0x90'];
  const severity = type === 'HUNG_TASK' ? ('warning' as const) : ('critical' as const);
  return {...base, severity, type, pid: 99, comm: 'stuck', stuck_ms: 22_000, stack, ...more};
}

/** Any event type that this version doesn't know. */
export function unknownEvent(atMs: number, fields: Record<string, unknown>): KernelEvent {
  const base = {kind: 'event' as const, ...stamp(atMs), type: 'NEW_THING', subsystem: 'memory' as const};
  return {...base, severity: 'info', cpu: 0, ...fields};
}

/** A trace that has ended at `ms`, with `events` of one process. */
export function traced(ms: number, events = 1, more: Partial<TraceEnded['trace']> = {}): TraceEnded {
  const one = {
    ...{timestamp: '1772366400000000001', pid: 42, tid: 42, uid: 0, process_name: 'true\x1b', cpu: 1},
    ...{function: 'sched:sched_process_exec', message: '/bin/true', raw_args: {filename: '/bin/true'}},
  };
  return {
    kind: 'trace',
    ...stamp(ms),
    trace: {
      ...{name: 'execs', type: 'tracepoint', target: 'sched:sched_process_exec'},
      ...{duration_s: 5, ran_s: 5, state: 'done', ...more},
    } as TraceEnded['trace'],
    events: Array.from({length: events}, () => one),
    stats: {
      total_events: events,
      events_by_process: {true: events},
      events_by_uid: {0: events},
      events_per_second: events / 5,
      top_processes: [{process_name: 'true', pid: 42, event_count: events, percentage: 100}],
      kept_events: events,
      lost_events: 0,
    },
  };
}
