import type {BioLatencyEvent, BlockOp} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

/** enum ks_block_op */
export const BLOCK_OPS: readonly BlockOp[] = ['read', 'write', 'flush', 'discard', 'other'];
const layout = LAYOUT.block_event;

export function bioLatency(r: Records, at: number): BioLatencyEvent {
  const latency = r.u64(at + layout.latency_ns);
  const owner = r.u32(at + layout.owner);
  const split = r.u32(at + layout.issue_known) !== 0;
  const event: BioLatencyEvent = {
    ...r.base(at, 'BIO_LATENCY', 'block', r.severity('block', latency)),
    latency_us: us(latency),
    ...(split && {queue_us: us(r.u64(at + layout.queue_ns)), device_us: us(r.u64(at + layout.device_ns))}),
    op: BLOCK_OPS[r.u32(at + layout.op)] ?? 'other',
    device: r.text(at + layout.disk, 32),
    sector: String(r.big(at + layout.sector)),
    size_bytes: r.u32(at + layout.bytes),
    ...(owner !== WIRE.OWNER_UNKNOWN && {owner: owner === WIRE.OWNER_WRITEBACK ? 'writeback' : 'task'}),
  };
  const endNs = r.u64(at + LAYOUT.event.mono_ns);
  const startNs = endNs - latency;
  const issueNs = split ? startNs + r.u64(at + layout.queue_ns) : startNs;
  r.context.slowRequest?.(event, {dev: r.u32(at + layout.dev), cpu: event.cpu as number, startNs, issueNs, endNs});
  return event;
}
