import type {KernelEvent, UnknownEvent} from '../../types/stream.ts';
import {containerLabel} from '../../util/container-label.ts';
import {bytes, duration, percent} from '../../util/format.ts';
import {visibleValue} from '../../util/sanitize.ts';
import {stackText} from '../../util/stack.ts';

type Fields = [name: string, text: string][];
type Shown = (value: unknown) => string;

const text: Shown = (value) => visibleValue(String(value)).slice(0, 160);
const time: Shown = (value) => (typeof value === 'number' ? duration(value) : text(value));
const size: Shown = (value) => (typeof value === 'number' ? bytes(value) : text(value));
const part: Shown = (value) => (typeof value === 'number' ? percent(value) : text(value));
const ms: Shown = (value) => (typeof value === 'number' ? duration(value * 1000) : text(value));
const seconds: Shown = (value) => (typeof value === 'number' ? duration(value * 1e6) : text(value));
const stack: Shown = (value) => text(Array.isArray(value) ? (stackText(value.map(String)) ?? '-') : value);

/** Culprits shown of a wait. */
const MAX_CULPRITS = 4;

const LOCKUP: [field: string, name: string, shown: Shown][] = [
  ['stuck_ms', 'stuck', ms],
  ['stack', 'stack', stack],
];

/** By event type: which fields are shown in which order, under which name, and how. */
const BY_TYPE: Record<string, [field: string, name: string, shown: Shown][]> = {
  SCHED_LATENCY: [
    ['latency_us', 'latency', time],
    ['throttled_us', 'throttled', time],
  ],
  BIO_LATENCY: [
    ['latency_us', 'latency', time],
    ['op', 'op', text],
    ['device', 'dev', text],
    ['queue_us', 'queue', time],
    ['device_us', 'device', time],
    ['size_bytes', 'size', size],
    ['owner', 'owner', text],
    ['sector', 'sector', text],
  ],
  VFS_SLOW: [
    ['latency_us', 'latency', time],
    ['op', 'op', text],
    ['path', 'path', text],
    ['name', 'name', text],
    ['fs', 'fs', text],
    ['size_bytes', 'size', size],
    ['file_type', 'file', text],
    ['inode', 'inode', text],
  ],
  SYSCALL_SLOW: [
    ['latency_us', 'latency', time],
    ['syscall_name', 'syscall', text],
    ['errno', 'errno', text],
    ['ret', 'ret', text],
  ],
  PROCESS_EXEC: [
    ['filename', 'file', text],
    ['main', '', () => 'main process of its container'],
    ['args', 'args', text],
    ['ppid', 'ppid', text],
  ],
  PROCESS_EXIT: [
    ['signal_name', 'signal', text],
    ['core', 'core', () => 'dumped'],
    ['main', '', () => 'main process of its container'],
    ['exit_code', 'code', text],
    ['lifetime_ms', 'lifetime', ms],
    ['cpu_time_ms', 'cpu_time', ms],
    ['max_rss_bytes', 'max_rss', size],
    ['ppid', 'ppid', text],
  ],
  PROCESS_FORK: [
    ['child_comm', 'child', text],
    ['child_pid', 'child_pid', text],
  ],
  OOM_KILL: [
    ['victim_comm', 'victim', text],
    ['victim_pid', 'victim_pid', text],
    ['rss_bytes', 'rss', size],
    ['total_vm_bytes', 'vm', size],
    ['memcg', 'memcg', text],
    ['limit_bytes', 'limit', size],
    ['constraint', 'constraint', text],
    ['trigger_comm', 'trigger', text],
    ['trigger_pid', 'trigger_pid', text],
    ['oom_score_adj', 'score_adj', text],
  ],
  TCP_RETRANSMIT: [
    ['state', 'state', text],
    ['segments', 'segments', text],
  ],
  PACKET_DROP: [
    ['reason', 'reason', text],
    ['class', 'class', text],
    ['protocol', 'protocol', text],
    ['device', 'dev', text],
    ['location', 'location', text],
  ],
  PAGE_FAULT: [
    ['latency_us', 'latency', time],
    ['address', 'address', text],
  ],
  RECLAIM_STALL: [
    ['latency_us', 'latency', time],
    ['reclaim', 'reclaim', text],
    ['order', 'order', text],
    ['reclaimed_bytes', 'reclaimed', size],
  ],
  MEMORY_PRESSURE: [
    ['scope', 'scope', text],
    ['some_avg10_pct', 'some', part],
    ['full_avg10_pct', 'full', part],
    ['working_set_bytes', 'working_set', size],
    ['usage_bytes', 'usage', size],
    ['limit_bytes', 'limit', size],
    ['utilization_pct', 'utilization', part],
  ],
  OOM_PREDICTION: [
    ['scope', 'scope', text],
    ['eta_s', 'eta', seconds],
    ['eta_low_s', 'from', seconds],
    ['eta_high_s', 'to', seconds],
    ['confidence_pct', 'confidence', part],
    ['growth_bytes_per_s', 'growth a second', size],
    ['usage_bytes', 'usage', size],
    ['limit_bytes', 'limit', size],
  ],
  SOFT_LOCKUP: LOCKUP,
  HUNG_TASK: LOCKUP,
  RCU_STALL: LOCKUP,
};

/** Fields that every event has, shown in columns of their own. */
const COMMON = new Set(
  'kind time mono_ns type subsystem severity cpu pid tid comm uid cgroup container saddr sport daddr dport family'.split(
    ' ',
  ),
);

/** What an event says beyond time, type, CPU and owner, as safe text. Types of later versions show what they have. */
export function eventFields(event: KernelEvent): Fields {
  const values = event as UnknownEvent;
  const known = Object.hasOwn(BY_TYPE, event.type) ? BY_TYPE[event.type] : undefined;
  const out: Fields = event.type === 'PACKET_DROP' ? [] : addresses(values);
  if (known) {
    for (const [field, name, shown] of known) {
      if (values[field] === undefined || isSaid(field, values)) continue;
      out.push([name, shown(values[field])]);
      // Why a packet was dropped says more than whose it was.
      if (event.type === 'PACKET_DROP' && field === 'reason') out.push(...addresses(values));
    }
    if (event.type === 'SCHED_LATENCY') out.push(...waited(values));
    if (event.type === 'BIO_LATENCY') out.push(...culpritsOf(values));
    if (event.type === 'OOM_PREDICTION') out.push(...growersOf(values));
  } else {
    for (const [field, value] of Object.entries(values)) if (!COMMON.has(field)) out.push(unknownField(field, value));
  }
  if (event.container) out.push(['container', text(containerLabel(event.container))]);
  else if (event.cgroup !== undefined && event.cgroup !== '/') out.push(['cgroup', text(event.cgroup)]);
  return out;
}

/** Another field says the same and more. */
function isSaid(field: string, {path, signal_name}: UnknownEvent): boolean {
  return (field === 'name' && path !== undefined) || (field === 'exit_code' && signal_name !== undefined);
}

/** Behind whom a task waited, and what is out of the ordinary about it. */
function waited(event: UnknownEvent): Fields {
  const {cause, prev_comm, prev_pid, prio} = event;
  const out: Fields = culpritsOf(event);
  if (cause !== undefined && cause !== 'queue') out.push(['cause', text(cause)]);
  if (prev_pid === 0) out.push(['behind', 'an idle CPU']);
  else if (prev_comm !== undefined) out.push(['behind', `${text(prev_comm)}[${text(prev_pid ?? '-')}]`]);
  if (typeof prio === 'number' && prio < 100) out.push(['prio', `rt${99 - prio}`]);
  else if (typeof prio === 'number' && prio !== 120) out.push(['nice', String(prio - 120)]);
  return out;
}

/** Who had the CPU or the disk meanwhile, and how much of the wait is explained by that. */
function culpritsOf({culprits, covered_pct}: UnknownEvent): Fields {
  if (!Array.isArray(culprits) || culprits.length === 0) return [];
  const named: [string, string] = ['culprits', culprits.slice(0, MAX_CULPRITS).map(culpritText).join(', ')];
  return covered_pct === undefined ? [named] : [named, ['covered', part(covered_pct)]];
}

/** Who grows below a cgroup, and how much of its growth that is. */
function growersOf({growers}: UnknownEvent): Fields {
  if (!Array.isArray(growers) || growers.length === 0) return [];
  const named = growers.slice(0, MAX_CULPRITS).map((each: UnknownEvent) => {
    const {comm, pid, growth_bytes_per_s: growth, share_pct: share} = each;
    return `${text(comm)}[${text(pid)}] ${size(growth)}/s ${part(share)}`;
  });
  return [['growers', named.join(', ')]];
}

interface AnyCulprit {
  pid?: unknown;
  comm?: unknown;
  owner?: unknown;
  ran_us?: unknown;
  wait_us?: unknown;
}

function culpritText({pid, comm, owner, ran_us, wait_us}: AnyCulprit): string {
  const who = pid === undefined && owner === 'writeback' ? owner : `${text(comm ?? '-')}[${text(pid ?? '-')}]`;
  return `${who} ${time(ran_us ?? wait_us)}`;
}

function unknownField(field: string, value: unknown): [string, string] {
  const name = text(field);
  if (typeof value === 'number' && field.endsWith('_us')) return [name.slice(0, -3), duration(value)];
  if (typeof value === 'number' && field.endsWith('_bytes')) return [name.slice(0, -6), bytes(value)];
  return [name, typeof value === 'object' ? text(JSON.stringify(value)) : text(value)];
}

/** `source:port → destination:port` as one field, IPv6 in brackets; without ports where the protocol has none. */
function addresses({saddr, sport, daddr, dport}: UnknownEvent): Fields {
  if (saddr === undefined || daddr === undefined) return [];
  const end = (address: unknown, port: unknown): string => {
    const shown = text(address);
    if (port === undefined) return shown;
    return `${shown.includes(':') ? `[${shown}]` : shown}:${text(port)}`;
  };
  return [['', `${end(saddr, sport)} → ${end(daddr, dport)}`]];
}
