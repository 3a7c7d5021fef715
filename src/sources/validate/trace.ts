import {TRACE_LIMITS, TRACE_STATES, TRACE_TYPES} from '../../types/trace.ts';
import {type Check, fields, integer, list, matching, number, oneOf, record, shape, string} from '../check.ts';
import {COUNT, MAX_CPUS, NAME, PID, STAMP, TEXT} from './values.ts';

/** Above what a script of kstop's own making can have. */
const SCRIPT = string(65_536);
const MAX_ROWS = 10_000;
const UID = integer(0, 2 ** 32 - 1);
/** Any number of 64 bits. */
const BOUND = number(-1e20, 1e20);
const KEY = record(TEXT, 16);
/** What a spec asks for, and what its filter needs beside it. */
const ARGUMENTS = record(TEXT, 32);
const SENTENCES = list(TEXT, 1000);
const TYPE = oneOf(TRACE_TYPES);

const INFO = {
  ran_s: number(0, 1e6),
  preset: NAME,
  description: TEXT,
  reason: TEXT,
  remedy: TEXT,
  field: NAME,
  pid: PID,
  process_name: NAME,
  notes: SENTENCES,
  warnings: SENTENCES,
  script_sha256: matching(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'),
};
/** What ran is known by all of these; of what didn't there may be less. */
const RAN = {type: TYPE, target: TEXT, duration_s: number(0, 1e6)};
const INFO_OF_ANY = shape({name: NAME, state: oneOf(TRACE_STATES)}, {...RAN, ...INFO});
const INFO_OF_RUN = shape(RAN);
const INFO_OF_OTHER = shape({reason: TEXT});

const trace: Check<unknown> = (value, at) => {
  const it = INFO_OF_ANY(value, at);
  return it.state === 'refused' || it.state === 'skipped' ? INFO_OF_OTHER(it, at) : INFO_OF_RUN(it, at);
};

const EVENT = shape({
  timestamp: matching(/^\d{1,20}$/, 'nanoseconds as a decimal string'),
  pid: PID,
  tid: PID,
  uid: UID,
  process_name: NAME,
  // Of a USDT probe the file's path is in it.
  function: TEXT,
  message: TEXT,
  raw_args: ARGUMENTS,
  cpu: integer(0, MAX_CPUS),
});

const TOTALS = {
  total_events: COUNT,
  kept_events: COUNT,
  lost_events: COUNT,
  events_by_process: record(COUNT, MAX_ROWS),
  events_by_uid: record(COUNT, MAX_ROWS),
  top_processes: list(
    shape({process_name: NAME, pid: PID, event_count: COUNT, percentage: number(0, 100.1)}),
    MAX_ROWS,
  ),
};

const OUTCOME = {
  trace,
  events: list(EVENT, TRACE_LIMITS.events),
  stats: shape({...TOTALS, events_per_second: number(0, 1e12)}, {other_events: COUNT}),
};
const MAPS = {
  script: SCRIPT,
  histograms: list(
    shape({title: NAME, unit: NAME, buckets: list(shape({min: BOUND, max: BOUND, count: COUNT}), 256)}, {key: KEY}),
    MAX_ROWS,
  ),
  tables: list(
    shape({title: NAME, unit: NAME, rows: list(shape({key: KEY, value: BOUND}), MAX_ROWS)}, {more: COUNT}),
    64,
  ),
};

const ENDED = shape({...STAMP, ...OUTCOME}, MAPS);
const ANSWERED = shape({
  ...STAMP,
  request: shape({}, {response_type: TEXT, reasoning: string(65_536)}),
  results: list(shape(OUTCOME, MAPS), TRACE_LIMITS.specs),
  statistics: shape({...TOTALS, programs: record(COUNT, TRACE_STATES.length)}, {other_events: COUNT}),
  scripts: list(shape({name: NAME, text: SCRIPT, sha256: INFO.script_sha256}), TRACE_LIMITS.specs),
  failures: list(shape({name: NAME, reason: TEXT}, {field: NAME, remedy: TEXT}), TRACE_LIMITS.specs),
  skipped: list(shape({command: TEXT}, {id: TEXT, description: TEXT}), 1000),
});

/** One trace's result, or the answer to a whole request. Throws Invalid with the field that is wrong. */
export const TRACE: Check<unknown> = (value, at) =>
  Object.hasOwn(fields(value, at), 'results') ? ANSWERED(value, at) : ENDED(value, at);
