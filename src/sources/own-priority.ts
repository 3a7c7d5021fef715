import {span} from '../util/format.ts';
import type {Problem} from '../util/problem.ts';

/** Before ordinary tasks, never before those of real time: kstop needs a tenth of a CPU, and soon. */
export const RAISED = -10;
/** Later than two intervals, within these bounds, is late (milliseconds). */
const LATE_INTERVALS = 2;
const LEAST_LATE_MS = 500;
const MOST_LATE_MS = 2000;
/** Share of the lateness that its threads stood in run queues, at least: some of the time they wait for each other. */
const WAITED = 0.1;
/** How long it stays raised after the last late sample; twice as long each time that it is late again soon after. */
const HOLD_MS = 30_000;
const LONGEST_HOLD_MS = 600_000;
const SOON_MS = 60_000;

/** What it acts on. */
export interface Threads {
  readonly nice: number;
  waitedMs(): number;
  raise(nice: number): void;
  restore(raised: number): void;
}

/**
 * Lets kstop go before other tasks (nice -10) while its samples come late because these have the CPUs. Not where the user
 * gave it a nice level above 0; and a reader that is slow is no reason.
 */
export class OwnPriority {
  private untilMs: number | undefined;
  private restoredMs = Number.NEGATIVE_INFINITY;
  private holdMs = HOLD_MS;
  private refused = false;

  constructor(
    private readonly threads: Threads,
    private readonly say: (problem: Pick<Problem, 'what' | 'why' | 'remedy'>) => void,
  ) {}

  /** The nice level, while it is raised. */
  get nice(): number | undefined {
    return this.untilMs === undefined ? undefined : RAISED;
  }

  /** Judges a sample that came `lateMs` later than it was due. All times in milliseconds, of one steady clock. */
  look(lateMs: number, intervalMs: number, nowMs: number): void {
    const waited = this.threads.waitedMs();
    const limit = Math.min(MOST_LATE_MS, Math.max(LEAST_LATE_MS, LATE_INTERVALS * intervalMs));
    const late = lateMs > limit && waited >= lateMs * WAITED;
    if (this.untilMs === undefined) {
      if (late) this.raise(lateMs, nowMs);
    } else if (late) {
      this.untilMs = nowMs + this.holdMs;
    } else if (nowMs >= this.untilMs) {
      this.restore();
      this.restoredMs = nowMs;
    }
  }

  /** As it was before. */
  restore(): void {
    if (this.untilMs !== undefined) this.threads.restore(RAISED);
    this.untilMs = undefined;
  }

  private raise(lateMs: number, nowMs: number): void {
    const {nice} = this.threads;
    if (this.refused || nice > 0 || nice <= RAISED) return;
    const late = `a sample came ${span(Math.round(lateMs / 100) / 10)} late, other tasks had the CPUs`;
    try {
      this.threads.raise(RAISED);
    } catch {
      this.refused = true;
      this.say({
        what: 'own priority',
        why: `${late}, and it can't be raised`,
        remedy: 'run it as root, or with CAP_SYS_NICE',
      });
      return;
    }
    this.holdMs = nowMs - this.restoredMs < SOON_MS ? Math.min(LONGEST_HOLD_MS, 2 * this.holdMs) : HOLD_MS;
    this.untilMs = nowMs + this.holdMs;
  }
}
