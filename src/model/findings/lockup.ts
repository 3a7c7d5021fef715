import type {LockupEvent} from '../../types/stream.ts';
import {stackText} from '../../util/stack.ts';
import {lockupText} from '../status/lockup.ts';
import {many, type Rule} from './rule.ts';

const ADVICE: Record<LockupEvent['type'], string> = {
  HUNG_TASK:
    'lockup: a hung task waits for what its stack names: a device, a network file system, a frozen or locked file system (see /proc/PID/stack, dmesg)',
  SOFT_LOCKUP:
    'lockup: the kernel code in the stack doesn’t yield: save dmesg, look for that function’s driver or module and a newer kernel; in a virtual machine check that its CPUs get time',
  RCU_STALL:
    'lockup: a CPU or task holds up RCU: the same as for a soft lockup; also real-time tasks that starve the kernel’s own',
};

export const lockups: Rule = ({facts: {lockup}}) => {
  const shown = lockup.last.slice(-3).map((event) => {
    const stack = stackText(event.stack);
    return {text: `lockup: ${lockupText(event)}${stack ? ` (${stack})` : ''}`, advice: ADVICE[event.type]};
  });
  const more = lockup.reports - shown.length;
  return more > 0 ? [...shown, {text: `lockup: ${many(more, 'more report')} of these or others`}] : shown;
};
