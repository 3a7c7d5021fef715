import type {TaskState} from '../types/stream.ts';
import {LAYOUT, WIRE} from './wire.gen.ts';

/** What a major fault and a minor fault, and a task switch, count for beside nanoseconds of CPU time and of waiting. */
const MAJOR_NS = 1_000_000;
const MINOR_NS = 1000;
const SWITCH_NS = 1000;

/** A process as of a pass of the task iterator. Its figures are of the time since the pass before. */
export interface ProcessEntry {
  pid: number;
  ppid: number;
  uid: number;
  /** Of the unified hierarchy; 0: unknown. */
  cgroup: bigint;
  comm: string;
  threads: number;
  state: TaskState;
  /** What it had; false: it was there before the first pass that saw it, and nothing can be said yet. */
  known: boolean;
  cpuNs: number;
  delayNs: number;
  voluntary: number;
  involuntary: number;
  minor: number;
  major: number;
  /** How long it, or that of its threads that waits longest, has been waiting now; 0: isn't. */
  waitingNs: number;
  /** Of the kernel's counters without their per-CPU parts; 0: no memory of its own. */
  rssBytes: number;
  rssGrowthBytes: number;
  /** Of a page of memory, as /proc counts it. */
  pageBytes: number;
}

const STATES: readonly (readonly [bits: number, state: TaskState])[] = [
  [WIRE.TASK_ZOMBIE, 'zombie'],
  [WIRE.TASK_EXIT_DEAD | WIRE.TASK_DEAD, 'dead'],
  [WIRE.TASK_TRACED, 'traced'],
  [WIRE.TASK_STOPPED, 'stopped'],
  [WIRE.TASK_PARKED, 'parked'],
  [WIRE.TASK_INTERRUPTIBLE, 'sleeping'],
];

/** The kernel's own order of precedence is that of task_state_array (fs/proc/array.c). */
export function taskState(bits: number): TaskState {
  for (const [mask, state] of STATES) if (bits & mask) return state;
  if (bits & WIRE.TASK_UNINTERRUPTIBLE) return bits & WIRE.TASK_NOLOAD ? 'idle' : 'uninterruptible';
  return 'running';
}

/** Rows of tasks in a snapshot, read in place: ten thousand processes must not become ten thousand objects. */
class Rows {
  readonly count: number;
  private readonly words: Uint32Array;
  private readonly stride: number;

  constructor(private readonly view: DataView) {
    const head = LAYOUT.snapshot;
    this.count = view.getUint32(head.rows, true);
    this.stride = LAYOUT.group_row.SIZE / 4;
    this.words = new Uint32Array(view.buffer, view.byteOffset + head.SIZE, this.count * this.stride);
  }

  u32(row: number, offset: number): number {
    return this.words[row * this.stride + offset / 4] as number;
  }

  u64(row: number, offset: number): number {
    const at = row * this.stride + offset / 4;
    return (this.words[at + 1] as number) * 4294967296 + (this.words[at] as number);
  }

  /** How much a process had to do with the interval. */
  weight(row: number): number {
    const layout = LAYOUT.group_row;
    if (this.u32(row, layout.known) === 0) return 0;
    const switches = this.u64(row, layout.voluntary) + this.u64(row, layout.involuntary);
    return (
      this.u64(row, layout.cpu_ns) +
      this.u64(row, layout.delay_ns) +
      this.u64(row, layout.waiting_ns) +
      switches * SWITCH_NS +
      this.u64(row, layout.minor) * MINOR_NS +
      this.u64(row, layout.major) * MAJOR_NS
    );
  }

  entry(row: number): ProcessEntry {
    const layout = LAYOUT.group_row;
    const {view} = this;
    const at = LAYOUT.snapshot.SIZE + row * layout.SIZE;
    const name = Buffer.from(view.buffer, view.byteOffset + at + layout.comm, 16);
    const end = name.indexOf(0);
    return {
      pid: this.u32(row, layout.pid),
      ppid: this.u32(row, layout.ppid),
      uid: this.u32(row, layout.uid),
      cgroup: view.getBigUint64(at + layout.cgroup_id, true),
      comm: name.toString('utf8', 0, end < 0 ? name.length : end),
      threads: this.u32(row, layout.threads),
      state: taskState(this.u32(row, layout.state)),
      known: this.u32(row, layout.known) !== 0,
      cpuNs: this.u64(row, layout.cpu_ns),
      delayNs: this.u64(row, layout.delay_ns),
      voluntary: this.u64(row, layout.voluntary),
      involuntary: this.u64(row, layout.involuntary),
      minor: this.u64(row, layout.minor),
      major: this.u64(row, layout.major),
      waitingNs: this.u64(row, layout.waiting_ns),
      rssBytes: this.u64(row, layout.rss_bytes),
      rssGrowthBytes: Number(view.getBigInt64(at + layout.rss_growth, true)),
      pageBytes: this.u32(row, layout.page_bytes),
    };
  }
}

/** The `most` busiest processes of a snapshot of tasks, busiest first, and how many there are in all. */
export function busiest(view: DataView, most: number): {processes: ProcessEntry[]; all: number} {
  const rows = new Rows(view);
  const weights = Float64Array.from({length: rows.count}, (_, row) => rows.weight(row));
  // Typed arrays sort numbers without a comparison function: a millisecond for ten thousand.
  const limit = rows.count > most ? (weights.slice().sort().at(-most) as number) : Number.NEGATIVE_INFINITY;
  const chosen: number[] = [];
  for (const more of [true, false])
    for (let row = 0; row < rows.count && chosen.length < most; row++) {
      const weight = weights[row] as number;
      if (more ? weight > limit : weight === limit) chosen.push(row);
    }
  chosen.sort((a, b) => (weights[b] as number) - (weights[a] as number));
  return {processes: chosen.map((row) => rows.entry(row)), all: rows.count};
}

/** What a cgroup's processes had between two passes, but for those that are over. */
export interface CgroupTasks {
  /** Of the unified hierarchy. */
  cgroup: bigint;
  processes: number;
  threads: number;
  /** Of the threads that live, in run queues. */
  delayNs: number;
  /** False: one of them was there before the first pass that saw it, and what it had is left out. */
  isKnown: boolean;
}

/** A snapshot of tasks summed up by cgroup; undefined: there was no pass. */
export function byCgroup(view: DataView): CgroupTasks[] | undefined {
  const rows = new Rows(view);
  if (rows.count === 0) return undefined;
  const layout = LAYOUT.group_row;
  const sums = new Map<number, CgroupTasks>();
  for (let row = 0; row < rows.count; row++) {
    if (rows.u32(row, layout.state) & (WIRE.TASK_ZOMBIE | WIRE.TASK_EXIT_DEAD)) continue;
    const id = rows.u64(row, layout.cgroup_id);
    const sum = sums.get(id) ?? {cgroup: BigInt(id), processes: 0, threads: 0, delayNs: 0, isKnown: true};
    sums.set(id, sum);
    sum.processes++;
    sum.threads += rows.u32(row, layout.threads);
    sum.delayNs += rows.u64(row, layout.delay_ns);
    sum.isKnown &&= rows.u32(row, layout.known) !== 0;
  }
  return [...sums.values()];
}
