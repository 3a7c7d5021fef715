import {type PresetParameters, TRACE_LIMITS, type TraceRefusal} from '../../types/trace.ts';
import {isRefusal, refuse} from '../refusal.ts';
import {readPattern} from './pattern.ts';
import type {Preset} from './preset.ts';

const PID_MAX = 2 ** 22;
const COMM_MAX = 15;
const SLOW_MS_MAX = 60_000;

/** What is wrong with what a preset was given; undefined if nothing. */
export function checkParameters(preset: Preset, parameters: PresetParameters): TraceRefusal | undefined {
  const {duration_s, pid, process_name, pattern, slow_ms} = parameters;
  if (!whole(duration_s, 1, TRACE_LIMITS.durationS))
    return refuse('duration_s', `a whole number of seconds from 1 to ${TRACE_LIMITS.durationS}`);
  if (!whole(pid, 1, PID_MAX)) return refuse('pid', `a whole number from 1 to ${PID_MAX}`);
  if (process_name !== undefined && !/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(process_name)) {
    return refuse('process_name', 'printable ASCII without " and \\ only');
  }
  if (process_name !== undefined && process_name.length > COMM_MAX) {
    return refuse('process_name', `the kernel keeps ${COMM_MAX} bytes of a name`, process_name.slice(0, COMM_MAX));
  }
  if (pattern !== undefined) {
    if (preset.pattern === undefined) return refuse('pattern', `${preset.name} takes no pattern`);
    const read = readPattern(pattern);
    if (isRefusal(read)) return read;
  }
  if (slow_ms !== undefined && !preset.slow) return refuse('slow_ms', `${preset.name} tells of nothing slow`);
  return slow_ms === undefined || (slow_ms >= 0.001 && slow_ms <= SLOW_MS_MAX)
    ? undefined
    : refuse('slow_ms', `from 0.001 to ${SLOW_MS_MAX}`);
}

function whole(value: number | undefined, least: number, most: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= least && value <= most);
}
