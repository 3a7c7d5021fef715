import {isIPv6} from 'node:net';
import type {BioLatencyEvent, LatencySubsystem, Owner, Severity, SubsystemName} from '../../types/stream.ts';
import type {WallClock} from '../clock.ts';
import {CommCache} from '../comm.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';

/** include/linux/socket.h */
const AF_INET6 = 10;

/** What the decoder asks of its surroundings. */
export interface DecodeContext {
  clock: WallClock;
  /** Critical thresholds in nanoseconds, by subsystem; changed live. */
  critNs: Record<LatencySubsystem, number>;
  cgroupPath(id: bigint, v2: boolean): string | undefined;
  /** Learns the path of a cgroup of version 2 from the hierarchy's root on. */
  learnCgroup?(id: bigint, path: string): void;
  /** Function and offset of a kernel address (`do_idle+0x5c`), or the address itself. */
  symbol?(address: bigint): string;
  /** The kernel's name of a drop reason. */
  dropReason?(reason: number): string;
  /** Is told of each slow request; may add to the event who kept its disk busy. */
  slowRequest?(event: BioLatencyEvent, span: RequestSpan): void;
  /** Learns a moment's CLOCK_MONOTONIC in nanoseconds and jiffies64. */
  tick?(monoNs: number, jiffies: number): void;
}

/** Where and when a request was under way, in nanoseconds of CLOCK_MONOTONIC. */
export interface RequestSpan {
  /** The whole disk's number. */
  dev: number;
  /** The CPU that it ended on. */
  cpu: number;
  startNs: number;
  /** When it was with the disk; `startNs` where that isn't known. */
  issueNs: number;
  endNs: number;
}

/** Microseconds with at most three decimals from nanoseconds. */
export const us = (ns: number): number => ns / 1000;

/**
 * The drained buffer and what all records have in common. One view over one buffer, reused; a decoder reads a record's
 * fields at `at` + the offsets of LAYOUT.
 */
export class Records {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  private readonly comms = new CommCache();

  constructor(
    buffer: Uint8Array,
    readonly context: DecodeContext,
  ) {
    this.bytes = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Exact below 2^53; durations and sizes are. */
  u64(at: number): number {
    return this.view.getUint32(at + 4, true) * 4294967296 + this.view.getUint32(at, true);
  }

  /** For what can pass 2^53: addresses, sectors, ids. */
  big(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  /** Up to the first zero byte; what isn't UTF-8 becomes U+FFFD. */
  text(at: number, length: number): string {
    let end = at;
    while (end < at + length && this.bytes[end] !== 0) end++;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, end - at).toString('utf8');
  }

  /** A task's name, 16 bytes. */
  comm(at: number): string {
    return this.comms.get(this.view, at);
  }

  /** `critical` from the subsystem's critical threshold on, inclusive. */
  severity(subsystem: LatencySubsystem, latencyNs: number): Severity {
    return latencyNs >= this.context.critNs[subsystem] ? 'critical' : 'warning';
  }

  /** The fields that every event begins with. */
  base<T extends string>(at: number, type: T, subsystem: SubsystemName, severity: Severity) {
    const mono = this.big(at + LAYOUT.event.mono_ns);
    return {
      kind: 'event' as const,
      time: this.context.clock.format(mono),
      mono_ns: String(mono),
      type,
      subsystem,
      severity,
      cpu: this.u32(at + LAYOUT.event.cpu),
      ...this.owner(at),
    };
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
      const path = this.context.cgroupPath(this.big(at + LAYOUT.event.cgroup_id), true);
      if (path !== undefined) owner.cgroup = path;
    }
    return owner;
  }

  /** An IP address of `family` (AF_INET6, else IPv4). IPv4-mapped ones are shown as the IPv4 addresses they carry. */
  address(at: number, family: number): string {
    const b = this.bytes;
    if (family !== AF_INET6) return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;
    if (this.u64(at) === 0 && this.u32(at + 8) === 0xffff0000) return this.address(at + 12, 0);
    return formatIPv6(this.view, at);
  }
}

/** Family of an address as it is shown. */
export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return isIPv6(address) ? 'IPv6' : 'IPv4';
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
