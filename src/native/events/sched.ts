import type {SchedLatencyEvent} from '../../types/stream.ts';
import {LAYOUT} from '../wire.gen.ts';
import {blame} from './blame.ts';
import {type Records, us} from './records.ts';

const CAUSES = ['queue', 'throttled', 'unknown'] as const;
const layout = LAYOUT.sched_event;

export function schedLatency(r: Records, at: number): SchedLatencyEvent {
  const latency = r.u64(at + layout.latency_ns);
  const throttled = r.u64(at + layout.throttled_ns);
  return {
    ...r.base(at, 'SCHED_LATENCY', 'sched', r.severity('sched', latency)),
    latency_us: us(latency),
    cause: CAUSES[r.u32(at + layout.cause)] ?? 'unknown',
    ...(throttled > 0 && {throttled_us: us(throttled)}),
    prio: r.u32(at + layout.prio),
    prev_pid: r.u32(at + layout.prev_pid),
    prev_comm: r.comm(at + layout.prev_comm),
    ...blame(r, at, latency, throttled),
  };
}
