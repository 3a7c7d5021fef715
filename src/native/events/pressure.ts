import type {MemoryPressureEvent} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import type {Records} from './records.ts';

const layout = LAYOUT.pressure_event;

/** The host's, by the library: of no CPU. `critical` when all tasks that could run were stalled. */
export function memoryPressure(r: Records, at: number): MemoryPressureEvent {
  const full = r.u32(at + layout.level) === WIRE.PRESSURE_FULL;
  const known = r.u32(at + layout.known);
  const average = (level: number) =>
    known & (1 << level) ? r.u32(at + layout.avg10_centi_pct + 4 * level) / 100 : undefined;
  const [some, all] = [average(WIRE.PRESSURE_SOME), average(WIRE.PRESSURE_FULL)];
  const {cpu: _, ...base} = r.base(at, 'MEMORY_PRESSURE', 'memory', full ? 'critical' : 'warning');
  return {
    ...base,
    scope: 'host',
    ...(some !== undefined && {some_avg10_pct: some}),
    ...(all !== undefined && {full_avg10_pct: all}),
  };
}
