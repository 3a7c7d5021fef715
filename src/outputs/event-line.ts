import type {
  BioLatencyEvent,
  DiskSharer,
  Grower,
  KernelEvent,
  LockupEvent,
  MemoryPressureEvent,
  OomKillEvent,
  OomPredictionEvent,
  PacketDropEvent,
  PageFaultEvent,
  ProcessExecEvent,
  ProcessExitEvent,
  ProcessForkEvent,
  ReclaimStallEvent,
  SchedLatencyEvent,
  SyscallSlowEvent,
  TcpRetransmitEvent,
  VfsSlowEvent,
} from '../types/stream.ts';
import {bytes, duration, percent} from '../util/format.ts';
import {visible, visibleUpTo, visibleValue} from '../util/sanitize.ts';
import {stackText} from '../util/stack.ts';

type Fields = (string | undefined)[];

/** Names of an event that are columns already, or belong to the stream. */
const COLUMNS = new Set(['kind', 'type', 'subsystem', 'severity', 'time', 'mono_ns', 'cpu', 'pid', 'tid', 'comm']);
/** Fields shown of an event type that this version doesn't know. */
const MAX_FIELDS = 16;
const MAX_VALUE = 256;
/** Culprits shown of a wait. */
const MAX_CULPRITS = 3;

const text = (key: string, value: string | undefined) =>
  value === undefined
    ? undefined
    : `${key}=${visibleValue(value.length > MAX_VALUE ? visibleUpTo(value, MAX_VALUE) : value)}`;
const number = (key: string, value: number | undefined) => (value === undefined ? undefined : `${key}=${value}`);
const time = (key: string, us: number | undefined) => (us === undefined ? undefined : `${key}=${duration(us)}`);
const seconds = (key: string, s: number) => time(key, s * 1e6);
const size = (key: string, n: number | undefined) => (n === undefined ? undefined : `${key}=${bytes(n)}`);
const part = (key: string, pct: number | undefined) => (pct === undefined ? undefined : `${key}=${percent(pct)}`);

const lockup = ({stuck_ms, stack}: LockupEvent): Fields => [
  time('stuck', stuck_ms === undefined ? undefined : stuck_ms * 1000),
  text('stack', stackText(stack)),
];

/** `stress-ng:12ms,cc1:1.5ms`: the heaviest three. */
function culpritsText(parts: readonly [name: string, us: number][]): string | undefined {
  const named = parts.slice(0, MAX_CULPRITS).map(([name, us]) => `${name}:${duration(us)}`);
  return named.length > 0 ? named.join(',') : undefined;
}

/** `java[7]:1.2MiB/s:95%`: who grows below a cgroup. */
function growersText(growers: readonly Grower[] = []): string | undefined {
  const named = growers
    .slice(0, MAX_CULPRITS)
    .map((each) => `${each.comm}[${each.pid}]:${bytes(each.growth_bytes_per_s)}/s:${percent(each.share_pct)}`);
  return named.length > 0 ? named.join(',') : undefined;
}

const sharerName = ({comm, owner}: DiskSharer): string => comm ?? (owner === 'writeback' ? owner : '-');

const DETAILS: Record<string, ((event: never) => Fields) | undefined> = {
  SCHED_LATENCY: (event: SchedLatencyEvent) => [
    time('latency', event.latency_us),
    event.cause === 'throttled' ? 'cause=throttled' : undefined,
    text('culprits', culpritsText((event.culprits ?? []).map(({comm, ran_us}) => [comm, ran_us]))),
  ],
  BIO_LATENCY: (event: BioLatencyEvent) => [
    time('latency', event.latency_us),
    text('op', event.op),
    text('dev', event.device),
    time('queue', event.queue_us),
    time('device', event.device_us),
    event.owner === 'writeback' ? 'owner=writeback' : undefined,
    text('culprits', culpritsText((event.culprits ?? []).map((each) => [sharerName(each), each.wait_us]))),
  ],
  VFS_SLOW: (event: VfsSlowEvent) => [
    time('latency', event.latency_us),
    text('op', event.op),
    event.path === undefined ? text('name', event.name) : text('path', event.path),
    event.path === undefined ? text('inode', event.inode) : undefined,
    text('fs', event.fs),
    size('size', event.size_bytes),
    event.file_type === 'regular' ? undefined : text('file', event.file_type),
  ],
  SYSCALL_SLOW: (event: SyscallSlowEvent) => [
    time('latency', event.latency_us),
    text('syscall', event.syscall_name),
    number('ret', event.ret),
    text('errno', event.errno),
  ],
  PROCESS_EXEC: (event: ProcessExecEvent) => [
    text('file', event.filename),
    number('ppid', event.ppid),
    text('args', event.args),
  ],
  PROCESS_EXIT: (event: ProcessExitEvent) => [
    event.signal === undefined
      ? number('code', event.exit_code)
      : text('signal', event.signal_name ?? String(event.signal)),
    event.core ? 'core=dumped' : undefined,
    time('lifetime', event.lifetime_ms * 1000),
    time('cpu_time', event.cpu_time_ms === undefined ? undefined : event.cpu_time_ms * 1000),
    size('max_rss', event.max_rss_bytes),
    number('ppid', event.ppid),
  ],
  PROCESS_FORK: (event: ProcessForkEvent) => [number('child_pid', event.child_pid), text('child', event.child_comm)],
  TCP_RETRANSMIT: (event: TcpRetransmitEvent) => [
    number('sport', event.sport),
    number('dport', event.dport),
    text('saddr', event.saddr),
    text('daddr', event.daddr),
    text('state', event.state),
    event.segments > 1 ? number('segments', event.segments) : undefined,
  ],
  PACKET_DROP: (event: PacketDropEvent) => [
    text('reason', event.reason),
    text('class', event.class),
    text('location', event.location),
    text('protocol', event.protocol),
    number('sport', event.sport),
    number('dport', event.dport),
    text('saddr', event.saddr),
    text('daddr', event.daddr),
    text('dev', event.device),
  ],
  PAGE_FAULT: (event: PageFaultEvent) => [time('latency', event.latency_us), text('address', event.address)],
  RECLAIM_STALL: (event: ReclaimStallEvent) => [
    time('latency', event.latency_us),
    text('reclaim', event.reclaim),
    number('order', event.order),
    size('reclaimed', event.reclaimed_bytes),
  ],
  MEMORY_PRESSURE: (event: MemoryPressureEvent) => [
    text('scope', event.scope),
    part('some', event.some_avg10_pct),
    part('full', event.full_avg10_pct),
    size('working_set', event.working_set_bytes),
    size('usage', event.usage_bytes),
    size('limit', event.limit_bytes),
    part('utilization', event.utilization_pct),
  ],
  OOM_PREDICTION: (event: OomPredictionEvent) => [
    text('scope', event.scope),
    seconds('eta', event.eta_s),
    `between=${duration(event.eta_low_s * 1e6)}..${duration(event.eta_high_s * 1e6)}`,
    part('confidence', event.confidence_pct),
    text('growth', `${bytes(event.growth_bytes_per_s)}/s`),
    text('growers', growersText(event.growers)),
    size('usage', event.usage_bytes),
    size('limit', event.limit_bytes),
  ],
  SOFT_LOCKUP: lockup,
  HUNG_TASK: lockup,
  RCU_STALL: lockup,
  OOM_KILL: (event: OomKillEvent) => [
    number('victim_pid', event.victim_pid),
    text('victim', event.victim_comm),
    size('total_vm', event.total_vm_bytes),
    size('rss', event.rss_bytes),
    number('oom_score_adj', event.oom_score_adj),
    text('constraint', event.constraint),
    text('memcg', event.memcg),
    size('limit', event.limit_bytes),
    number('trigger_pid', event.trigger_pid),
    text('trigger', event.trigger_comm),
    '*** PROCESS KILLED ***',
  ],
};

function otherFields(event: KernelEvent): Fields {
  return Object.entries(event)
    .filter(([key, value]) => !COLUMNS.has(key) && (typeof value !== 'object' || value === null))
    .slice(0, MAX_FIELDS)
    .map(([key, value]) => `${visibleUpTo(key, 64)}=${visibleValue(visibleUpTo(String(value), MAX_VALUE))}`);
}

/** `latency=2.45ms op=write dev=nvme0n1 …`: what an event says by its type; any other type as its plain fields. */
export function eventDetails(event: KernelEvent): string {
  const known = Object.hasOwn(DETAILS, event.type) ? DETAILS[event.type] : undefined;
  const fields = known ? known(event as never) : otherFields(event);
  return fields.filter((field) => field !== undefined).join(' ');
}

/** ` [WARNING]`, ` [CRITICAL]`, or nothing. An OOM kill says it in its own words. */
function tag(event: KernelEvent): string {
  if (event.severity === 'info' || event.type === 'OOM_KILL') return '';
  return event.severity === 'critical' ? ' [CRITICAL]' : ' [WARNING]';
}

/** One event as a line without its newline. `clock` is local time; an unknown owner is `-`. */
export function eventLine(event: KernelEvent, clock: string): string {
  const type = visibleUpTo(event.type, 32).padEnd(16);
  const cpu = `cpu=${event.cpu ?? '-'}`.padEnd(7);
  const pid = `pid=${event.pid ?? '-'}`.padEnd(11);
  const comm = (event.comm === undefined ? '-' : visible(event.comm)).padEnd(16);
  return `${clock} ${type} ${cpu} ${pid} ${comm} ${eventDetails(event)}${tag(event)}`;
}
