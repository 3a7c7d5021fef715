import type {KernelEvent, LockupEvent} from '../../types/stream.ts';
import {duration} from '../../util/format.ts';
import {functionOf} from '../../util/stack.ts';
import {isLockup} from '../facts/lockup.ts';
import type {StatusRule, Trigger} from './rule.ts';

/** A hung task warns; a soft lockup or an RCU stall is critical. */
export const lockupRule: StatusRule = {
  event(event: KernelEvent): Trigger | undefined {
    if (!isLockup(event)) return undefined;
    const level = event.type === 'HUNG_TASK' ? 'WARNING' : 'CRITICAL';
    return {level, why: lockupText(event)};
  },
};

/** `CPU 1 stuck for 22s (pid 99 dd) in io_schedule` */
export function lockupText({type, cpu, pid, comm, stuck_ms, stack}: LockupEvent): string {
  const task = pid === undefined && comm === undefined ? 'a task' : `pid ${pid ?? '-'} ${comm ?? '-'}`;
  const time = stuck_ms === undefined ? '' : ` for ${duration(stuck_ms * 1000)}`;
  const where = stack?.[0] === undefined ? '' : ` in ${functionOf(stack[0])}`;
  if (type === 'HUNG_TASK') return `${task} hung${time}${where}`;
  const on = task === 'a task' ? '' : ` (${task})`;
  return `${type === 'RCU_STALL' ? `RCU stalled by CPU ${cpu}` : `CPU ${cpu} stuck`}${time}${on}${where}`;
}
