import type {LockupEvent} from '../../types/stream.ts';

/** What lasts is told again every 30 s by the kernel side (REPEAT_NS), less what the sources' clocks differ by. */
const REPEAT_MS = 28_000;
/** Two sources find the same stall within this. */
const STALL_MS = 5000;
/** The log's durations are whole seconds, counted from a little before or after ours. */
const SLACK_MS = 3000;
const KEPT_MAX = 1024;

const atMs = (event: LockupEvent): number => Number(event.mono_ns) / 1e6;

function keyOf({type, cpu, tid}: LockupEvent): string {
  if (type === 'SOFT_LOCKUP') return `cpu ${cpu}`;
  return type === 'HUNG_TASK' ? `task ${tid}` : 'stall';
}

/** Tells trouble that one source has told already from new trouble, and from what is to be told again. */
export class Episodes {
  private readonly told = new Map<string, number>();

  /** Is this the same that was told a moment ago, by whichever source? If not, it's remembered as told. */
  isTold(event: LockupEvent): boolean {
    const key = keyOf(event);
    const last = this.told.get(key);
    const now = atMs(event);
    if (last !== undefined && isSame(event, now, last)) return true;
    if (this.told.size >= KEPT_MAX) this.told.clear();
    this.told.set(key, Math.max(now, last ?? now));
    return false;
  }
}

function isSame(event: LockupEvent, now: number, last: number): boolean {
  if (event.type === 'RCU_STALL') return Math.abs(now - last) < STALL_MS;
  const began = now - (event.stuck_ms ?? 0);
  return now - last < REPEAT_MS && began <= last + SLACK_MS;
}
