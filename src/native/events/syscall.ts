import type {SyscallSlowEvent} from '../../types/stream.ts';
import {errnoName, syscallName} from '../syscalls/names.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

const layout = LAYOUT.syscall_event;

/** A call above its threshold. One that sleeps by design (`--include-waits`) is no warning. */
export function syscallSlow(r: Records, at: number): SyscallSlowEvent {
  const latency = r.u64(at + layout.latency_ns);
  const flags = r.u32(at + layout.syscall_flags);
  const number = Number(BigInt.asIntN(64, r.big(at + layout.number)));
  const ret = Number(BigInt.asIntN(64, r.big(at + layout.ret)));
  const errno = errnoName(ret);
  return {
    ...r.base(at, 'SYSCALL_SLOW', 'syscall', flags & WIRE.SYSCALL_IS_WAIT ? 'info' : r.severity('syscall', latency)),
    latency_us: us(latency),
    syscall: number,
    syscall_name: syscallName(number, (flags & WIRE.SYSCALL_COMPAT) !== 0),
    // An address can pass what a number holds exactly.
    ...(Number.isSafeInteger(ret) && {ret}),
    ...(errno !== undefined && {errno}),
  };
}
