import {type LeakHint, LeakWatch} from '../../predict/leak.ts';
import type {ContainerRef, ProcessRow} from '../../types/stream.ts';
import {type OwnMemory, ownMemory} from './own-memory.ts';

/** Processes that are watched, the largest ones; smaller ones than that are left alone. */
const MAX_WATCHED = 128;
const LEAST_BYTES = 8 << 20;
/** Their memory is looked at so often: some times in each minute whose lowest level counts. */
const LOOK_MS = 20_000;

type Row = Pick<ProcessRow, 'pid' | 'rss_bytes' | 'container'>;

interface Watched {
  startTicks: number;
  watch: LeakWatch;
  comm: string;
  bytes: number;
  container?: ContainerRef;
}

export interface ProcessLeak extends LeakHint {
  pid: number;
  comm: string;
  container?: ContainerRef;
}

/** Which of the large processes have only grown, over a long time: their memory but that of files. */
export class ProcessLeaks {
  private readonly watched = new Map<number, Watched>();
  /** Of the intervals since the last look. */
  private readonly seen = new Map<number, Row>();
  private lookedMs = Number.NEGATIVE_INFINITY;
  private leaks: ProcessLeak[] = [];

  /** `self`: left out; what kstop has is told in `self` of each sample. */
  constructor(
    private readonly proc = '/proc',
    private readonly self = process.pid,
  ) {}

  /** Takes the rows of an interval that ends at `ms` (monotonic); what is known by then. */
  after(rows: readonly Row[], ms: number): readonly ProcessLeak[] {
    for (const row of rows)
      if ((row.rss_bytes ?? 0) >= LEAST_BYTES && row.pid !== this.self) this.seen.set(row.pid, row);
    if (ms - this.lookedMs >= LOOK_MS || ms < this.lookedMs) this.look(ms);
    return this.leaks;
  }

  forget(): void {
    this.watched.clear();
    this.seen.clear();
    this.leaks = [];
    this.lookedMs = Number.NEGATIVE_INFINITY;
  }

  private look(ms: number): void {
    this.lookedMs = ms;
    this.leaks = [];
    for (const pid of this.chosen()) {
      const now = ownMemory(this.proc, pid);
      const hint = now && this.push(pid, now, ms);
      if (!now) this.watched.delete(pid);
      else if (hint) {
        const {comm, container} = this.watched.get(pid)!;
        this.leaks.push({pid, comm, ...hint, ...(container && {container})});
      }
    }
    this.seen.clear();
  }

  /** Those that are watched and those that were seen: of too many the largest. */
  private chosen(): number[] {
    const sizes = new Map([...this.watched].map(([pid, {bytes}]) => [pid, bytes]));
    for (const [pid, {rss_bytes = 0}] of this.seen) if (!sizes.has(pid)) sizes.set(pid, rss_bytes);
    const all = [...sizes].sort((a, b) => b[1] - a[1]).map(([pid]) => pid);
    for (const pid of all.splice(MAX_WATCHED)) this.watched.delete(pid);
    return all;
  }

  private push(pid: number, {comm, startTicks, privateBytes: bytes}: OwnMemory, ms: number): LeakHint | undefined {
    const before = this.watched.get(pid);
    const watch = before?.startTicks === startTicks ? before.watch : new LeakWatch();
    const container = this.seen.get(pid)?.container ?? (watch === before?.watch ? before.container : undefined);
    this.watched.set(pid, {startTicks, watch, comm, bytes, ...(container && {container})});
    watch.push(ms, bytes);
    return watch.hint();
  }
}
