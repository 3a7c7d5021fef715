import {readdirSync} from 'node:fs';
import {readIfAllowed} from './files.ts';
import {parseSchedstat, parseStatus} from './proc.ts';

/** Threads that are looked at: two small files each, some 15 µs together. */
const MAX_THREADS = 512;

interface Thread {
  runNs: number;
  waitNs: number;
  slices: number;
  voluntary?: number;
  involuntary?: number;
}

/** What a process's threads did between two passes. Figures that the kernel doesn't keep are absent. */
export interface ThreadGrowth {
  runNs?: number;
  waitNs?: number;
  slices?: number;
  voluntary?: number;
  involuntary?: number;
}

const KEYS = ['runNs', 'waitNs', 'slices', 'voluntary', 'involuntary'] as const;

/**
 * The scheduler's figures of all threads of a process, as they grow. A thread that came since the last pass counts from
 * its birth; what one did between the last pass and its end is not seen.
 */
export class Threads {
  private last: Map<string, Thread> | undefined;

  /** `folder`: the process's task/. */
  constructor(private readonly folder: string) {}

  /** Growth since the last pass; nothing at the first one, and where there are too many threads to look at each. */
  next(): ThreadGrowth {
    const now = this.read();
    const {last} = this;
    this.last = now;
    if (!now || !last) return {};
    const growth: ThreadGrowth = {};
    for (const [tid, thread] of now) {
      const before = last.get(tid);
      // A thread's number can be another's meanwhile.
      const same = before && before.slices <= thread.slices && before.runNs <= thread.runNs ? before : undefined;
      for (const key of KEYS) {
        const value = thread[key];
        if (value !== undefined) growth[key] = (growth[key] ?? 0) + Math.max(0, value - (same?.[key] ?? 0));
      }
    }
    return growth;
  }

  private read(): Map<string, Thread> | undefined {
    let tids: string[];
    try {
      tids = readdirSync(this.folder);
    } catch {
      return undefined;
    }
    if (tids.length > MAX_THREADS) return undefined;
    const threads = new Map<string, Thread>();
    for (const tid of tids) {
      const thread = this.thread(tid);
      if (thread) threads.set(tid, thread);
    }
    // A kernel without these figures writes zeros; whoever lives has run.
    return [...threads.values()].some(({slices}) => slices > 0) ? threads : undefined;
  }

  private thread(tid: string): Thread | undefined {
    const text = readIfAllowed(`${this.folder}/${tid}/schedstat`);
    const stat = text === undefined ? undefined : parseSchedstat(text);
    if (!stat) return undefined;
    const {voluntary, involuntary} = parseStatus(readIfAllowed(`${this.folder}/${tid}/status`) ?? '');
    return {...stat, ...(voluntary !== undefined && {voluntary}), ...(involuntary !== undefined && {involuntary})};
  }
}
