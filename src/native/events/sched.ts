import type {Culprit, SchedLatencyEvent} from '../../types/stream.ts';
import {LAYOUT} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

const CAUSES = ['queue', 'throttled', 'unknown'] as const;
const layout = LAYOUT.sched_event;
const CULPRITS = (layout.SIZE - layout.culprits) / LAYOUT.culprit.SIZE;

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
    ...(r.u32(at + layout.looked) !== 0 && blame(culpritsOf(r, at), latency)),
  };
}

function culpritsOf(r: Records, at: number): Culprit[] {
  const culprits: Culprit[] = [];
  for (let i = 0; i < CULPRITS; i++) {
    const place = at + layout.culprits + i * LAYOUT.culprit.SIZE;
    const ran = r.u64(place + LAYOUT.culprit.ran_ns);
    if (ran === 0) break;
    culprits.push({
      pid: r.u32(place + LAYOUT.culprit.pid),
      comm: r.comm(place + LAYOUT.culprit.comm),
      ran_us: us(ran),
    });
  }
  return culprits.sort((a, b) => b.ran_us - a.ran_us);
}

/** The share is held to two decimals; nobody named is a share of 0, which is known. */
function blame(culprits: Culprit[], latencyNs: number): Partial<SchedLatencyEvent> {
  const ranUs = culprits.reduce((sum, {ran_us}) => sum + ran_us, 0);
  const covered_pct = latencyNs > 0 ? Math.round((ranUs * 10_000_000) / latencyNs) / 100 : 0;
  return {...(culprits.length > 0 && {culprits}), covered_pct};
}
