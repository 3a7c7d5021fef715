import {LAYOUT} from './wire.gen.ts';

/** Number of cells of a latency histogram, overflow included (KS_HIST_CELLS). */
export const CELLS = LAYOUT.hist_row.sum_ns / 8;

/**
 * Upper-inclusive bounds in microseconds: 1 µs to 67 s, four an octave (each octave (2^k, 2^(k+1)] in quarters).
 * The cells beside them are counted in ks_cell(), bpf/common.h.
 */
export const BOUNDS_US: readonly number[] = Array.from({length: CELLS - 1}, (_, i) =>
  i === 0 ? 1 : 2 ** Math.floor((i - 1) / 4) * (1 + (((i - 1) % 4) + 1) / 4),
);

/** Cumulative figures of a probe since it was first switched on. */
export interface ProbeCounts {
  runs: number;
  hits: number;
  sent: number;
  held: number;
  lost: number;
  missed: number;
  /** Waits whose part before a migration is unknown (sched). */
  cut: number;
  /** By the kernel's BPF statistics, while they were on. */
  runNs: number;
  runCount: number;
  mapBytes: number;
}

/** Cumulative distribution. */
export interface HistRow {
  cells: Float64Array;
  sumNs: number;
  /** Since the last snapshot. */
  maxNs: number;
  /** Of what came while this snapshot was read. */
  nextMaxNs: number;
  cpu: number;
  device: string;
  /** reclaim: what was freed. */
  bytes: number;
  /** enum ks_block_op, enum ks_reclaim, or index of hist of ks_vfs_cpu or ks_syscall_cpu. */
  op: number;
  dev: number;
  /** The process that the row is of alone; 0: of all. */
  focusPid: number;
}

export interface NetnsRow {
  netns: number;
  segments: number;
}

const u64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true);

export function readCounts(view: DataView): ProbeCounts {
  const layout = LAYOUT.snapshot;
  return {
    runs: u64(view, layout.runs),
    hits: u64(view, layout.hits),
    sent: u64(view, layout.sent),
    held: u64(view, layout.held),
    lost: u64(view, layout.lost),
    missed: u64(view, layout.missed),
    cut: u64(view, layout.cut),
    runNs: u64(view, layout.run_ns),
    runCount: u64(view, layout.run_count),
    mapBytes: u64(view, layout.map_bytes),
  };
}

function rows<T>(view: DataView, read: (at: number) => T): T[] {
  const count = view.getUint32(LAYOUT.snapshot.rows, true);
  const size = view.getUint32(LAYOUT.snapshot.row_bytes, true);
  return Array.from({length: count}, (_, i) => read(LAYOUT.snapshot.SIZE + i * size));
}

export function readHistRows(view: DataView): HistRow[] {
  const layout = LAYOUT.hist_row;
  return rows(view, (at) => {
    const cells = new Float64Array(CELLS);
    for (let i = 0; i < CELLS; i++) cells[i] = u64(view, at + layout.cells + i * 8);
    const name = Buffer.from(view.buffer, view.byteOffset + at + layout.disk, 32);
    const end = name.indexOf(0);
    return {
      cells,
      sumNs: u64(view, at + layout.sum_ns),
      maxNs: u64(view, at + layout.max_ns),
      nextMaxNs: u64(view, at + layout.next_max_ns),
      bytes: u64(view, at + layout.bytes),
      cpu: view.getUint32(at + layout.cpu, true),
      device: name.toString('utf8', 0, end < 0 ? name.length : end),
      op: view.getUint32(at + layout.op, true),
      dev: view.getUint32(at + layout.dev, true),
      focusPid: view.getUint32(at + layout.focus, true),
    };
  });
}

/** An entry of the table of system calls: slow ones of all, and the calls of the process that is looked into. */
export interface SyscallRow {
  entry: number;
  slow: number;
  /** Cumulative over all processes that were looked into, waits too. */
  count: number;
  totalNs: number;
  /** Since the last snapshot. */
  maxNs: number;
  /** 0: nobody is looked into. */
  focusPid: number;
}

/** They stand behind the histograms' rows. */
export function readSyscallRows(view: DataView): SyscallRow[] {
  const [head, layout] = [LAYOUT.snapshot, LAYOUT.syscall_row];
  const from = head.SIZE + view.getUint32(head.rows, true) * view.getUint32(head.row_bytes, true);
  return Array.from({length: view.getUint32(head.more_rows, true)}, (_, i) => {
    const at = from + i * layout.SIZE;
    return {
      entry: view.getUint32(at + layout.entry, true),
      slow: u64(view, at + layout.slow),
      count: u64(view, at + layout.count),
      totalNs: u64(view, at + layout.total_ns),
      maxNs: u64(view, at + layout.max_ns),
      focusPid: view.getUint32(at + layout.focus, true),
    };
  });
}

export function readNetnsRows(view: DataView): NetnsRow[] {
  const layout = LAYOUT.netns_row;
  return rows(view, (at) => ({
    netns: view.getUint32(at + layout.netns, true),
    segments: u64(view, at + layout.segments),
  }));
}

/** How often something happened to a process: enum ks_process_count, or a signal that ended it. */
export interface ProcessCountRow {
  what: number;
  count: number;
}

export function readProcessRows(view: DataView): ProcessCountRow[] {
  const layout = LAYOUT.process_row;
  return rows(view, (at) => ({
    what: view.getUint32(at + layout.what, true),
    count: u64(view, at + layout.count),
  }));
}

/** `beyond`: a class's drops whose namespace and reason had no room; else netns 0 is an unknown one. */
export interface DropRow {
  netns: number;
  reason: number;
  count: number;
  beyond: boolean;
  dropClass: number;
}

export function readDropRows(view: DataView): DropRow[] {
  const layout = LAYOUT.drop_row;
  return rows(view, (at) => ({
    netns: view.getUint32(at + layout.netns, true),
    reason: view.getUint32(at + layout.reason, true),
    count: u64(view, at + layout.count),
    beyond: view.getUint32(at + layout.beyond, true) !== 0,
    dropClass: view.getUint32(at + layout.drop_class, true),
  }));
}

/** Of a process since it was first woken up. */
export interface WakeupRow {
  pid: number;
  startNs: bigint;
  count: number;
}

export function readWakeupRows(view: DataView): WakeupRow[] {
  const layout = LAYOUT.wakeup_row;
  return rows(view, (at) => ({
    pid: view.getUint32(at + layout.pid, true),
    startNs: view.getBigUint64(at + layout.start_ns, true),
    count: u64(view, at + layout.count),
  }));
}

/** What one process was given in one way, since the counting began. */
export interface PageRow {
  allocations: number;
  bytes: number;
  /** The same number means the same stack; 0: unknown. */
  kernelId: bigint;
  userId: bigint;
  /** Addresses, innermost first. Valid as long as the snapshot. */
  kernel(): bigint[];
  user(): bigint[];
}

/** `lost`: what had no room by its stacks, and how many stacks had none themselves. */
export interface PageRows {
  rows: PageRow[];
  lost: {allocations: number; bytes: number; stacks: number};
}

export function readPageRows(view: DataView): PageRows {
  const layout = LAYOUT.pages_row;
  /** From one field to the next, up to a 0. */
  const stack = (at: number, from: number, to: number): bigint[] => {
    const frames: bigint[] = [];
    for (let i = at + from; i < at + to; i += 8) {
      const address = view.getBigUint64(i, true);
      if (address === 0n) break;
      frames.push(address);
    }
    return frames;
  };
  const lost = {allocations: 0, bytes: 0, stacks: 0};
  const all = rows(view, (at): PageRow | undefined => {
    const [allocations, bytes] = [u64(view, at + layout.allocations), u64(view, at + layout.bytes)];
    if (view.getUint32(at + layout.lost, true) !== 0) {
      Object.assign(lost, {allocations, bytes, stacks: u64(view, at + layout.lost_stacks)});
      return undefined;
    }
    return {
      allocations,
      bytes,
      kernelId: view.getBigUint64(at + layout.kernel_id, true),
      userId: view.getBigUint64(at + layout.user_id, true),
      kernel: () => stack(at, layout.kernel, layout.user),
      user: () => stack(at, layout.user, layout.lost),
    };
  });
  return {rows: all.filter((row) => row !== undefined), lost};
}

export interface TrafficRow {
  cgroup: bigint;
  rxBytes: number;
  rxPackets: number;
  txBytes: number;
  txPackets: number;
}

export function readTrafficRows(view: DataView): TrafficRow[] {
  const layout = LAYOUT.traffic_row;
  return rows(view, (at) => {
    const cell = (field: keyof typeof LAYOUT.traffic) => u64(view, at + layout.n + LAYOUT.traffic[field]);
    return {
      cgroup: view.getBigUint64(at + layout.cgroup_id, true),
      rxBytes: cell('rx_bytes'),
      rxPackets: cell('rx_packets'),
      txBytes: cell('tx_bytes'),
      txPackets: cell('tx_packets'),
    };
  });
}
