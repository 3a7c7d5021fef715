import type {LockupEvent, Severity} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const layout = LAYOUT.lockup_event;
/** By enum ks_lockup_kind. */
const TYPES = ['SOFT_LOCKUP', 'HUNG_TASK', 'RCU_STALL'] as const;
/** Where an interrupt came in on top of what ran: idtentry.h and entry_64.S (x86), entry.S (arm64). */
const INTERRUPT = /^(asm_sysvec_|asm_common_interrupt|common_interrupt\+|asm_call_irq|el1h_64_irq|el1_irq)/;
/** kernel/softirq.c; the threads do nothing else, so there it's the task's own. */
const SOFTIRQ = /^(__do_softirq|handle_softirqs)\+/;
const SOFTIRQ_THREAD = /^run_k(softirqd|timerd)\+/;

/** A hung task waits; a stuck CPU makes others wait. */
export const lockupSeverity = (type: LockupEvent['type']): Severity => (type === 'HUNG_TASK' ? 'warning' : 'critical');

/**
 * Is what the stack shows a task's own doing? Not when it is an interrupt's, on top of whatever task was there; unknown,
 * so no, when no frame has a name.
 */
export function isOfTask(stack: readonly string[]): boolean {
  if (stack.some((frame) => SOFTIRQ_THREAD.test(frame))) return true;
  const named = stack.some((frame) => !frame.startsWith('0x'));
  return named && !stack.some((frame) => INTERRUPT.test(frame) || SOFTIRQ.test(frame));
}

export function lockup(r: Records, at: number): LockupEvent {
  const type = TYPES[r.u32(at + layout.kind)] ?? 'SOFT_LOCKUP';
  if (type === 'RCU_STALL') r.context.tick?.(r.u64(at + LAYOUT.event.mono_ns), r.u64(at + layout.jiffies));
  const whole = stackOf(r, at);
  const stack = type === 'RCU_STALL' ? interrupted(whole) : whole;
  const {pid, tid, comm, uid, cgroup, ...rest} = r.base(at, type, 'lockup', lockupSeverity(type));
  // A hung task was named by the kernel; the others are what the CPU happened to run.
  const owned = pid !== undefined && (type === 'HUNG_TASK' || isOfTask(stack));
  return {
    ...rest,
    ...(owned && {pid, tid, comm, uid, ...(cgroup !== undefined && {cgroup})}),
    ...(r.u32(at + layout.lockup_flags) & WIRE.LOCKUP_HAS_STUCK && {
      stuck_ms: Math.round(r.u64(at + layout.stuck_ns) / 1e6),
    }),
    ...(stack.length > 0 && {stack}),
  };
}

function stackOf(r: Records, at: number): string[] {
  const {symbol = (address: bigint) => `0x${address.toString(16)}`} = r.context;
  const frames = Math.min(r.u32(at + layout.frames), (layout.SIZE - layout.stack) / 8);
  return Array.from({length: frames}, (_, i) => symbol(r.big(at + layout.stack + i * 8)));
}

/** A stall is found in the tick: what the tick interrupted is what stalls. */
function interrupted(stack: string[]): string[] {
  const entry = stack.findIndex((frame) => INTERRUPT.test(frame));
  return entry >= 0 && entry < stack.length - 1 ? stack.slice(entry + 1) : stack;
}
