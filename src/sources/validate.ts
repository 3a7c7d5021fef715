import type {Header, StreamObject} from '../types/stream.ts';
import {PROBE_STATES, SUBSYSTEMS} from '../types/stream.ts';
import {type Check, fields, Invalid, integer, list, number, oneOf, record, shape} from './check.ts';
import {CONTAINER, checkEvent} from './validate/event.ts';
import {SAMPLE} from './validate/sample.ts';
import {SUMMARY} from './validate/summary.ts';
import {TRACE} from './validate/trace.ts';
import {MAX_CPUS, MICROS, NAME, PID, STAMP, TEXT} from './validate/values.ts';

const PROBE = {id: NAME, state: oneOf(PROBE_STATES)};
const PROBE_MORE = {method: NAME, reason: TEXT, warn_us: MICROS, crit_us: MICROS};

const HOST = shape(
  {name: NAME, kernel: NAME, arch: NAME, cpus: integer(1, MAX_CPUS), boot_id: NAME},
  {isolated_cpus: TEXT, nohz_full_cpus: TEXT},
);

const HEADER = shape(
  {
    ...STAMP,
    schema: integer(1, 1e6),
    kstop: NAME,
    host: HOST,
    interval_s: number(0, 3600),
    thresholds: record(MICROS, 64),
    probes: list(shape({...PROBE, subsystem: oneOf(SUBSYSTEMS)}, PROBE_MORE), 256),
  },
  {filter: shape({}, {pid: PID, comm: TEXT, cgroup: TEXT, container: CONTAINER})},
);

const KINDS = new Map<string, Check<unknown>>([
  ['header', HEADER],
  ['sample', SAMPLE],
  ['probe', shape({...STAMP, ...PROBE}, PROBE_MORE)],
  ['error', shape({...STAMP, what: TEXT, why: TEXT}, {remedy: TEXT})],
  ['trace', TRACE],
  ['summary', SUMMARY],
]);

/**
 * One parsed line of a stream, everything in it taken as hostile until checked. `length` is the line's own.
 * Undefined: an object of a kind that this version doesn't know (kinds may be added within a schema).
 * @throws {Invalid} with the field that is wrong.
 */
export function validate(value: unknown, length: number): StreamObject | undefined {
  const {kind} = fields(value, 'line');
  if (typeof kind !== 'string') throw new Invalid('kind is not a string');
  if (kind === 'event') return checkEvent(value, length);
  return KINDS.get(kind)?.(value, kind) as StreamObject | undefined;
}

/** The header's schema before anything else of it is looked at: a newer one may have another shape. */
export function schemaOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {kind, schema} = value as Partial<Header>;
  return kind === 'header' && typeof schema === 'number' ? schema : undefined;
}
