import type {KernelEvent, LockupEvent} from '../../types/stream.ts';
import type {Part} from './part.ts';

const MAX_KEPT = 8;

/** What was stuck. */
export class LockupFacts implements Part<LockupFacts> {
  reports = 0;
  /** The last report of each stuck task or CPU. */
  last: LockupEvent[] = [];

  add(event: KernelEvent): void {
    if (!isLockup(event)) return;
    this.reports++;
    this.#keep(event);
  }

  merge(from: LockupFacts): void {
    this.reports += from.reports;
    for (const event of from.last) this.#keep(event);
  }

  #keep(event: LockupEvent): void {
    const others = this.last.filter((each) => subject(each) !== subject(event));
    this.last = [...others, event].slice(-MAX_KEPT);
  }
}

/** A hung task by itself, a stuck CPU by its number: the same trouble is reported again and again. */
function subject({type, tid, pid, cpu}: LockupEvent): string {
  return type === 'HUNG_TASK' ? `${type} ${tid ?? pid ?? ''}` : `${type} ${cpu}`;
}

export function isLockup(event: KernelEvent): event is LockupEvent {
  return event.type === 'SOFT_LOCKUP' || event.type === 'HUNG_TASK' || event.type === 'RCU_STALL';
}
