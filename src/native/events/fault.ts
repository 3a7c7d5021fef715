import type {PageFaultEvent} from '../../types/stream.ts';
import {LAYOUT} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

const layout = LAYOUT.fault_event;

/** A major fault is work, not trouble by itself: `info`. */
export function pageFault(r: Records, at: number): PageFaultEvent {
  const latency = r.u64(at + layout.latency_ns);
  return {
    ...r.base(at, 'PAGE_FAULT', 'memory', 'info'),
    address: `0x${r.big(at + layout.address).toString(16)}`,
    ...(latency > 0 && {latency_us: us(latency)}),
  };
}
