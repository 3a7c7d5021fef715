import {getSystemErrorName} from 'node:util';
import {Problem} from '../util/problem.ts';
import {attrSize, type Calls, findLibrary, loadLibrary, roleSize} from './library.ts';

/** enum kstop_state */
export const STATE_NAMES = ['off', 'attached', 'degraded', 'unavailable'] as const;
/** enum kstop_setting */
export const SETTING = {
  warnNs: 1,
  eventCostNs: 2,
  eventBurstNs: 3,
  wakeBytes: 4,
  includeWaits: 5,
  quiet: 6,
  selfPid: 7,
  focusPid: 8,
  withArgs: 9,
} as const;

const TEXT = 1024;
/** Room for the text of the largest enumeration that is asked for, several times over. */
const ENUM_BYTES = 1 << 16;
const LOG_BYTES = 1 << 17;
/** -ENOSPC */
const NO_ROOM = -28;
/** Calls for one reading of the log: whoever floods it can't keep us. */
const LOG_READS = 16;

export interface NativeProbeState {
  state: (typeof STATE_NAMES)[number];
  method: string;
  reason: string;
}

/** struct kstop_role: a part of a probe; texts are empty where there is nothing to say. */
export interface NativeRole {
  name: string;
  /** 0 or 1. */
  required: number;
  attached: number;
  method: string;
  program: string;
  lost: string;
  refused: string;
}

/** The kernel refused BPF altogether: no probe can run here. */
export class EngineError extends Problem {
  override name = 'EngineError';
}

function text(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end);
}

/** One libkstop handle. All methods but drain and probesOn are synchronous and short (probe(on) 10-50 ms the first time). */
export class Engine {
  readonly cpus: number;
  private readonly calls: Calls;
  private readonly opened: unknown;
  private snapshotBuffer = new Uint8Array(1 << 18);
  private requestBuffer = new Uint8Array(1 << 16);
  private readonly method = Buffer.alloc(TEXT);
  private readonly reason = Buffer.alloc(TEXT);
  private readonly log = Buffer.alloc(LOG_BYTES);
  private readonly clockPair = new BigUint64Array(2);
  private closed = false;

  /** `skip`: attach methods not to try, comma-separated. Throws EngineError or LibraryError. */
  constructor(options: {ringBytes?: number; skip?: string} = {}) {
    const {library, objects} = findLibrary();
    this.calls = loadLibrary(library);
    this.cpus = this.calls.kstop_cpus();
    const why = Buffer.alloc(TEXT);
    const attr = {size: attrSize(), ring_bytes: options.ringBytes ?? 0, object_dir: objects, skip: options.skip ?? ''};
    this.opened = this.calls.kstop_open(attr, why, why.length);
    if (!this.opened) {
      throw new EngineError('kernel', text(why));
    }
  }

  /** What close() has freed reaches no native call. */
  private get handle(): unknown {
    if (this.closed) throw new Error('the engine is closed');
    return this.opened;
  }

  error(): string {
    return this.calls.kstop_error(this.handle);
  }

  /** Attaches or detaches a probe and returns its new state. */
  probe(id: string, on: boolean): NativeProbeState {
    (on ? this.calls.kstop_probe_on : this.calls.kstop_probe_off)(this.handle, id);
    return this.probeState(id);
  }

  /** Attaches several probes at once, on threads of their own: probeState() tells what became of each. */
  probesOn(ids: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.kstop_probes_on.async(this.handle, ids.join(), (error: unknown, result: number) => {
        if (error) reject(error);
        else if (result < 0) reject(new Error(this.error()));
        else resolve();
      });
    });
  }

  probeState(id: string): NativeProbeState {
    const state = this.calls.kstop_probe_state(this.handle, id, this.method, TEXT, this.reason, TEXT);
    if (state < 0) throw new Error(this.error());
    return {state: STATE_NAMES[state as 0 | 1 | 2 | 3], method: text(this.method), reason: text(this.reason)};
  }

  /** The parts of a probe, the main one first. */
  roles(id: string): NativeRole[] {
    const roles: NativeRole[] = [];
    const empty = {name: '', method: '', program: '', lost: '', refused: '', required: 0, attached: 0};
    for (;;) {
      const role = {...empty, size: roleSize()};
      if (this.calls.kstop_probe_role(this.handle, id, roles.length, role) < 0) return roles;
      roles.push(role);
    }
  }

  /** Changes a live setting (SETTING) of a probe. */
  set(probe: string, setting: number, value: number | bigint): void {
    if (this.calls.kstop_set(this.handle, probe, setting, value) < 0) throw new Error(this.error());
  }

  /** Sets an entry of a probe's table (drops: the class of a reason). */
  table(probe: string, index: number, value: number): void {
    if (this.calls.kstop_table(this.handle, probe, index, value) < 0) throw new Error(this.error());
  }

  /** `NAME VALUE` lines of enumerations of the running kernel; without those that it lacks. */
  kernelEnums(...names: string[]): string {
    const lines = Buffer.alloc(ENUM_BYTES);
    return this.calls.kstop_enums(this.handle, names.join(), lines, lines.length) < 0 ? '' : text(lines);
  }

  /** Restricts every probe. Returns the sentence of what is wrong, if anything. */
  filter(pid?: number, comm?: string, cgroup?: string): string | undefined {
    return this.calls.kstop_filter(this.handle, pid ?? 0, comm ?? '', cgroup ?? '') < 0 ? this.error() : undefined;
  }

  /** Waits up to timeoutMs on a libuv thread, then fills the buffer with whole records; resolves to the bytes. */
  drain(buffer: Uint8Array, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.calls.kstop_drain.async(this.handle, buffer, buffer.length, timeoutMs, (error: unknown, bytes: number) => {
        if (error) reject(error);
        else if (bytes < 0)
          reject(new Problem('events', `the ring buffer can't be read: ${getSystemErrorName(bytes)}`));
        else resolve(bytes);
      });
    });
  }

  /** Ends the wait of the drain under way (or of the next one) at once. */
  wake(): void {
    if (!this.closed) this.calls.kstop_wake(this.handle);
  }

  /**
   * A probe's snapshot (struct ks_snapshot and, if asked for, its rows); valid until the next call. Rows begin a new
   * interval for the maxima.
   */
  snapshot(probe: string, rows: boolean): DataView {
    const wanted = rows ? 1 : 0;
    for (;;) {
      const {snapshotBuffer: buffer} = this;
      const bytes = this.calls.kstop_snapshot(this.handle, probe, wanted, buffer, buffer.length);
      if (bytes >= 0) return new DataView(this.snapshotBuffer.buffer, 0, bytes);
      if (this.snapshotBuffer.length >= 1 << 26) throw new Error(this.error());
      this.snapshotBuffer = new Uint8Array(this.snapshotBuffer.length * 2);
    }
  }

  /**
   * Requests in flight and, with `ended`, those that ended lately (struct ks_flights and its rows); valid until the next
   * call. Undefined while the probe `block` has never been on.
   */
  requests(ended: boolean): DataView | undefined {
    for (;;) {
      const {requestBuffer: buffer} = this;
      const bytes = this.calls.kstop_requests(this.handle, ended ? 1 : 0, buffer, buffer.length);
      if (bytes >= 0) return new DataView(buffer.buffer, 0, bytes);
      if (bytes !== NO_ROOM || buffer.length >= 1 << 26) return undefined;
      this.requestBuffer = new Uint8Array(buffer.length * 2);
    }
  }

  /**
   * Events when the host's tasks stall for memory that much of a window, all in microseconds; returns why not, if the
   * kernel refuses. A window of 0 ends it.
   */
  pressure(someUs: number, fullUs: number, windowUs: number): string | undefined {
    return this.calls.kstop_pressure(this.handle, someUs, fullUs, windowUs) < 0 ? this.error() : undefined;
  }

  /** Opens the kernel's log, to be read from now on. Returns the sentence of what is wrong, if anything. */
  openLog(): string | undefined {
    return this.calls.kstop_log_open(this.handle) < 0 ? this.error() : undefined;
  }

  /** Hands over the records that the kernel has logged; returns how often some had been overwritten unread. */
  readLog(take: (record: string) => void): number {
    const gaps = new Uint32Array(1);
    let lost = 0;
    for (let i = 0; i < LOG_READS; i++) {
      const bytes: number = this.calls.kstop_log_read(this.handle, this.log, this.log.length, gaps);
      lost += gaps[0];
      if (bytes <= 0) break;
      for (const record of this.log.toString('latin1', 0, bytes - 1).split('\0')) take(record);
    }
    return lost;
  }

  findOwners(): void {
    this.calls.kstop_find_owners(this.handle);
  }

  /** Path of a cgroup id, or undefined when it is gone. */
  cgroupPath(id: bigint, v2: boolean): string | undefined {
    const path = Buffer.alloc(4096);
    return this.calls.kstop_cgroup_path(this.handle, id, v2 ? 1 : 0, path, path.length) < 0 ? undefined : text(path);
  }

  /** False when the kernel or this user doesn't allow BPF statistics. */
  statistics(on: boolean): boolean {
    return this.calls.kstop_statistics(this.handle, on ? 1 : 0) === 0;
  }

  /** [CLOCK_MONOTONIC, CLOCK_REALTIME] in nanoseconds. */
  clocks(): [bigint, bigint] {
    this.calls.kstop_clocks(this.clockPair);
    return [this.clockPair[0], this.clockPair[1]];
  }

  /** Frees the handle; a drain under way must have resolved. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.calls.kstop_close(this.opened);
  }
}
