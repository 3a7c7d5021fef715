import {readdirSync, readFileSync} from 'node:fs';
import {getPriority, setPriority} from 'node:os';

const TASKS = '/proc/self/task';

/** kstop's own threads, as the scheduler has them: on Linux each has a nice level of its own. */
export class OwnThreads {
  /** Nanoseconds in run queues by thread, as read last. */
  private waits = new Map<number, number>();
  /** Nice levels from before. */
  private before = new Map<number, number>();

  /** Nice level of the main thread: what the user chose. */
  get nice(): number {
    return getPriority();
  }

  /**
   * How long they were ready and didn't run since this was asked last, together: one waits for the other (milliseconds); 0 where
   * the kernel doesn't count.
   */
  waitedMs(): number {
    const waits = new Map<number, number>();
    let sum = 0;
    for (const tid of this.ids()) {
      const ns = waitedNs(tid);
      sum += ns - (this.waits.get(tid) ?? ns);
      waits.set(tid, ns);
    }
    this.waits = waits;
    return sum / 1e6;
  }

  /** Gives all of them a nice level, also those that yield else: who waits for one of these waits as long as it does. */
  raise(nice: number): void {
    // The main thread alone tells whether it is allowed: another one may have ended meanwhile.
    this.give(process.pid, nice);
    for (const tid of this.ids()) {
      try {
        if (tid !== process.pid) this.give(tid, nice);
      } catch {
        // It has ended.
      }
    }
  }

  /** Gives each its own again; to those that began meanwhile what the main thread has. */
  restore(raised: number): void {
    const usual = this.before.get(process.pid) ?? 0;
    for (const tid of this.ids()) {
      try {
        if (getPriority(tid) === raised) setPriority(tid, this.before.get(tid) ?? usual);
      } catch {
        // It has ended.
      }
    }
    this.before.clear();
  }

  private give(tid: number, nice: number): void {
    const own = getPriority(tid);
    if (own <= nice) return;
    setPriority(tid, nice);
    this.before.set(tid, own);
  }

  private ids(): number[] {
    try {
      return readdirSync(TASKS).map(Number);
    } catch {
      return [];
    }
  }
}

/** The second figure of schedstat. */
function waitedNs(tid: number): number {
  try {
    return Number(readFileSync(`${TASKS}/${tid}/schedstat`, 'latin1').split(' ')[1]) || 0;
  } catch {
    return 0;
  }
}
