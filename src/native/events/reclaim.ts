import type {ReclaimStallEvent} from '../../types/stream.ts';
import {LAYOUT} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

/** By enum ks_reclaim. */
export const RECLAIMS = ['direct', 'memcg'] as const;
/** From here on it is critical, in nanoseconds: ten times what makes it an event. */
const CRITICAL_NS = 100_000_000;

const layout = LAYOUT.reclaim_event;

export function reclaimStall(r: Records, at: number): ReclaimStallEvent {
  const latency = r.u64(at + layout.latency_ns);
  const order = r.view.getInt32(at + layout.order, true);
  return {
    ...r.base(at, 'RECLAIM_STALL', 'memory', latency >= CRITICAL_NS ? 'critical' : 'warning'),
    latency_us: us(latency),
    reclaim: RECLAIMS[r.u32(at + layout.reclaim)] ?? 'direct',
    ...(order >= 0 && {order}),
    reclaimed_bytes: r.u64(at + layout.reclaimed_bytes),
  };
}
