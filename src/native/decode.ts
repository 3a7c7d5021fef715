import {isIPv6} from 'node:net';
import type {
  BioLatencyEvent,
  BlockOp,
  KernelEvent,
  OomKillEvent,
  Owner,
  SchedLatencyEvent,
  TcpRetransmitEvent,
} from '../types/stream.ts';
import type {WallClock} from './clock.ts';
import {CommCache} from './comm.ts';
import {LAYOUT, WIRE} from './wire.gen.ts';

export const BLOCK_OPS: readonly BlockOp[] = ['read', 'write', 'flush', 'discard', 'other'];
const CAUSES = ['queue', 'throttled', 'unknown'] as const;
const CONSTRAINTS = ['none', 'cpuset', 'memory_policy', 'memcg'] as const;
/** include/net/tcp_states.h */
const TCP_STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
  'BOUND_INACTIVE',
];
const AF_INET6 = 10;

/** What the decoder asks of its surroundings. */
export interface DecodeContext {
  clock: WallClock;
  /** Critical thresholds in nanoseconds. */
  schedCritNs: number;
  blockCritNs: number;
  cgroupPath(id: bigint, v2: boolean): string | undefined;
}

/** Microseconds with at most three decimals from nanoseconds. */
const us = (ns: number): number => ns / 1000;

/** Decodes drained records into events of the stream. Reuses one view over one buffer; allocates only the events. */
export class Decoder {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly comms = new CommCache();

  constructor(
    buffer: Uint8Array,
    private readonly context: DecodeContext,
  ) {
    this.bytes = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Appends the events of the first `length` bytes to `into`. */
  decode(length: number, into: KernelEvent[]): void {
    let at = 0;
    while (at + LAYOUT.event.SIZE <= length) {
      const size = this.view.getUint16(at + LAYOUT.event.size, true);
      if (size < LAYOUT.event.SIZE || at + size > length) throw new Error(`a record of ${size} bytes can't be`);
      into.push(this.one(at, this.view.getUint16(at + LAYOUT.event.type, true)));
      at += (size + 7) & ~7;
    }
  }

  private one(at: number, type: number): KernelEvent {
    switch (type) {
      case WIRE.SCHED_LATENCY:
        return this.sched(at);
      case WIRE.BIO_LATENCY:
        return this.block(at);
      case WIRE.OOM_KILL:
        return this.oom(at);
      case WIRE.TCP_RETRANSMIT:
        return this.retransmit(at);
      default:
        throw new Error(`a record of type ${type} is unknown`);
    }
  }

  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Exact below 2^53; durations and sizes are. */
  private u64(at: number): number {
    return this.view.getUint32(at + 4, true) * 4294967296 + this.view.getUint32(at, true);
  }

  private text(at: number, length: number): string {
    let end = at;
    while (end < at + length && this.bytes[end] !== 0) end++;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, end - at).toString('utf8');
  }

  private comm(at: number): string {
    return this.comms.get(this.view, at);
  }

  private stamp(at: number): {time: string; mono_ns: string} {
    const mono = this.view.getBigUint64(at + LAYOUT.event.mono_ns, true);
    return {time: this.context.clock.format(mono), mono_ns: String(mono)};
  }

  private owner(at: number): Owner {
    const flags = this.u32(at + LAYOUT.event.flags);
    const owner: Owner = {};
    if (flags & WIRE.HAS_TASK) {
      owner.pid = this.u32(at + LAYOUT.event.pid);
      owner.tid = this.u32(at + LAYOUT.event.tid);
      owner.comm = this.comm(at + LAYOUT.event.comm);
    }
    if (flags & WIRE.HAS_UID) owner.uid = this.u32(at + LAYOUT.event.uid);
    if (flags & WIRE.HAS_CGROUP) {
      const path = this.context.cgroupPath(this.view.getBigUint64(at + LAYOUT.event.cgroup_id, true), true);
      if (path !== undefined) owner.cgroup = path;
    }
    return owner;
  }

  private sched(at: number): SchedLatencyEvent {
    const layout = LAYOUT.sched_event;
    const latency = this.u64(at + layout.latency_ns);
    const throttled = this.u64(at + layout.throttled_ns);
    return {
      kind: 'event',
      ...this.stamp(at),
      type: 'SCHED_LATENCY',
      subsystem: 'sched',
      severity: latency >= this.context.schedCritNs ? 'critical' : 'warning',
      cpu: this.u32(at + LAYOUT.event.cpu),
      ...this.owner(at),
      latency_us: us(latency),
      cause: CAUSES[this.u32(at + layout.cause)] ?? 'unknown',
      ...(throttled > 0 && {throttled_us: us(throttled)}),
      prio: this.u32(at + layout.prio),
      prev_pid: this.u32(at + layout.prev_pid),
      prev_comm: this.comm(at + layout.prev_comm),
    };
  }

  private block(at: number): BioLatencyEvent {
    const layout = LAYOUT.block_event;
    const latency = this.u64(at + layout.latency_ns);
    const owner = this.u32(at + layout.owner);
    const split = this.u32(at + layout.issue_known) !== 0;
    return {
      kind: 'event',
      ...this.stamp(at),
      type: 'BIO_LATENCY',
      subsystem: 'block',
      severity: latency >= this.context.blockCritNs ? 'critical' : 'warning',
      cpu: this.u32(at + LAYOUT.event.cpu),
      ...this.owner(at),
      latency_us: us(latency),
      ...(split && {queue_us: us(this.u64(at + layout.queue_ns)), device_us: us(this.u64(at + layout.device_ns))}),
      op: BLOCK_OPS[this.u32(at + layout.op)] ?? 'other',
      device: this.text(at + layout.disk, 32),
      sector: String(this.view.getBigUint64(at + layout.sector, true)),
      size_bytes: this.u32(at + layout.bytes),
      ...(owner !== WIRE.OWNER_UNKNOWN && {owner: owner === WIRE.OWNER_WRITEBACK ? 'writeback' : 'task'}),
    };
  }

  private oom(at: number): OomKillEvent {
    const layout = LAYOUT.oom_event;
    const flags = this.u32(at + layout.oom_flags);
    const owner = this.owner(at);
    return {
      kind: 'event',
      ...this.stamp(at),
      type: 'OOM_KILL',
      subsystem: 'memory',
      severity: 'critical',
      cpu: this.u32(at + LAYOUT.event.cpu),
      ...owner,
      victim_pid: owner.pid ?? this.u32(at + LAYOUT.event.tid),
      victim_comm: owner.comm ?? '',
      ...(flags & WIRE.OOM_HAS_MM && {
        total_vm_bytes: this.u64(at + layout.total_vm_bytes),
        rss_bytes: this.u64(at + layout.rss_bytes),
        oom_score_adj: this.view.getInt32(at + layout.oom_score_adj, true),
      }),
      ...(flags & WIRE.OOM_HAS_CONSTRAINT && {constraint: CONSTRAINTS[this.u32(at + layout.constraint)]}),
      ...(flags & WIRE.OOM_HAS_MEMCG && {memcg: this.memcg(at)}),
      ...(flags & WIRE.OOM_HAS_LIMIT && {limit_bytes: this.u64(at + layout.limit_bytes)}),
      ...(flags & WIRE.OOM_HAS_TRIGGER && {
        trigger_pid: this.u32(at + layout.trigger_pid),
        trigger_comm: this.comm(at + layout.trigger_comm),
      }),
    };
  }

  /** The path; when the cgroup is gone already, the last part of its name, as the kernel copied it. */
  private memcg(at: number): string {
    const layout = LAYOUT.oom_event;
    const id = this.view.getBigUint64(at + layout.memcg_id, true);
    const path = this.context.cgroupPath(id, this.u32(at + layout.memcg_v2) !== 0);
    return path ?? (this.text(at + layout.memcg_name, 64) || '/');
  }

  private retransmit(at: number): TcpRetransmitEvent {
    const layout = LAYOUT.retransmit_event;
    const v6 = this.view.getUint16(at + layout.family, true) === AF_INET6;
    const saddr = this.address(at + layout.saddr, v6);
    return {
      kind: 'event',
      ...this.stamp(at),
      type: 'TCP_RETRANSMIT',
      subsystem: 'network',
      severity: 'info',
      cpu: this.u32(at + LAYOUT.event.cpu),
      ...this.owner(at),
      saddr,
      sport: this.view.getUint16(at + layout.sport, true),
      daddr: this.address(at + layout.daddr, v6),
      dport: this.view.getUint16(at + layout.dport, true),
      family: isIPv6(saddr) ? 'IPv6' : 'IPv4',
      state: TCP_STATES[this.view.getUint16(at + layout.state, true)] || 'UNKNOWN',
      segments: this.u32(at + layout.segments),
      netns: this.u32(at + layout.netns),
    };
  }

  /** IPv4-mapped IPv6 addresses are shown as the IPv4 addresses that they carry. */
  private address(at: number, v6: boolean): string {
    const b = this.bytes;
    if (!v6) return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;
    if (this.u64(at) === 0 && this.u32(at + 8) === 0xffff0000) return this.address(at + 12, false);
    return formatIPv6(this.view, at);
  }
}

/** RFC 5952: the longest run of two or more zero groups is left out. */
export function formatIPv6(view: DataView, at: number): string {
  const groups = Array.from({length: 8}, (_, i) => view.getUint16(at + i * 2, false));
  let best = {start: -1, length: 1};
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = {start: i, length};
    if (length > 0) i += length - 1;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
