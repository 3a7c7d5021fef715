import type {Header, KernelEvent, StreamObject} from '../types/stream.ts';
import {PROBE_STATES, SEVERITIES, STATUSES, SUBSYSTEMS} from '../types/stream.ts';
import {type Check, fields, Invalid, integer, list, matching, number, oneOf, record, shape, string} from './check.ts';

/** Limits on what one object may hold. Far above anything real, far below what would hurt. */
const TEXT = string(4096);
const NAME = string(256);
const COUNT = number(0, Number.MAX_SAFE_INTEGER);
const AMOUNT = number(-1e18, 1e18);
const MICROS = number(0, 1e15);
const MAX_CELLS = 1024;
const MAX_CPUS = 8192;
const PID = integer(0, 2 ** 31 - 1);

const STAMP = {
  time: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'an RFC 3339 time in UTC'),
  mono_ns: matching(/^\d{1,19}$/, 'nanoseconds as a decimal string'),
};

const PROBE = {id: NAME, state: oneOf(PROBE_STATES)};
const PROBE_MORE = {method: NAME, reason: TEXT, warn_us: MICROS, crit_us: MICROS};

const HEADER = shape(
  {
    ...STAMP,
    schema: integer(1, 1e6),
    kstop: NAME,
    host: shape({name: NAME, kernel: NAME, arch: NAME, cpus: integer(1, MAX_CPUS), boot_id: NAME}),
    interval_s: number(0, 3600),
    thresholds: record(MICROS, 64),
    probes: list(shape({...PROBE, subsystem: oneOf(SUBSYSTEMS)}, PROBE_MORE), 256),
  },
  {filter: shape({}, {pid: PID, comm: TEXT, cgroup: TEXT})},
);

const CONTAINER = shape(
  {id: NAME},
  Object.fromEntries(['name', 'image', 'pod', 'namespace', 'pod_uid', 'runtime'].map((key) => [key, TEXT])),
);
const OWNER = {pid: PID, tid: PID, comm: NAME, uid: integer(0, 2 ** 32 - 1), cgroup: TEXT, container: CONTAINER};

const EVENT = shape(
  {...STAMP, type: string(64), subsystem: oneOf(SUBSYSTEMS), severity: oneOf(SEVERITIES), cpu: integer(0, MAX_CPUS)},
  OWNER,
);

const PORT = integer(0, 65_535);

/** What an event of a known type must hold beside the common fields. */
const BY_TYPE = new Map<string, Check<unknown>>([
  [
    'SCHED_LATENCY',
    shape(
      {
        latency_us: MICROS,
        cause: oneOf(['queue', 'throttled', 'unknown']),
        prio: AMOUNT,
        prev_pid: PID,
        prev_comm: NAME,
      },
      {throttled_us: MICROS},
    ),
  ],
  [
    'BIO_LATENCY',
    shape(
      {
        latency_us: MICROS,
        op: oneOf(['read', 'write', 'flush', 'discard', 'other']),
        device: NAME,
        sector: matching(/^\d{1,20}$/, 'a sector as a decimal string'),
        size_bytes: COUNT,
      },
      {queue_us: MICROS, device_us: MICROS, owner: oneOf(['task', 'writeback'])},
    ),
  ],
  [
    'OOM_KILL',
    shape(
      {victim_pid: PID, victim_comm: NAME},
      {
        total_vm_bytes: COUNT,
        rss_bytes: COUNT,
        oom_score_adj: AMOUNT,
        constraint: oneOf(['none', 'cpuset', 'memory_policy', 'memcg']),
        memcg: TEXT,
        limit_bytes: COUNT,
        trigger_pid: PID,
        trigger_comm: NAME,
      },
    ),
  ],
  [
    'TCP_RETRANSMIT',
    shape({
      saddr: NAME,
      sport: PORT,
      daddr: NAME,
      dport: PORT,
      family: oneOf(['IPv4', 'IPv6']),
      state: NAME,
      segments: COUNT,
    }),
  ],
]);

const LABELS = record(TEXT, 16);

const histogram: Check<unknown> = (value, at) => {
  const it = shape(
    {
      name: NAME,
      labels: LABELS,
      unit: oneOf(['us']),
      bounds: list(MICROS, MAX_CELLS),
      counts: list(COUNT, MAX_CELLS + 1),
      sum: number(0, 1e21),
      count: COUNT,
      max: MICROS,
    },
    {cpus: list(list(COUNT, MAX_CELLS + 1), MAX_CPUS)},
  )(value, at);
  const {bounds, counts, cpus = []} = it as {bounds: number[]; counts: number[]; cpus?: number[][]};
  if (bounds.length === 0) throw new Invalid(`${at}.bounds is empty`);
  if (bounds.some((bound, i) => i > 0 && bound <= (bounds[i - 1] as number)))
    throw new Invalid(`${at}.bounds don't ascend`);
  if (counts.length !== bounds.length + 1) throw new Invalid(`${at}.counts has not one cell more than bounds`);
  if (cpus.some((row) => row.length !== counts.length)) throw new Invalid(`${at}.cpus has a row of another length`);
  return it;
};

const PSI = shape({}, {some_avg10_pct: AMOUNT, full_avg10_pct: AMOUNT});
const LOSS = record(shape({held: COUNT, lost: COUNT, missed: COUNT}), 256);
const figures = (keys: string[]) => shape({}, Object.fromEntries(keys.map((key) => [key, AMOUNT])));

const SAMPLE = shape(
  {
    ...STAMP,
    interval_ms: number(0, 1e10),
    host: figures(['load1', 'load5', 'load15', 'uptime_s', 'cpu_pct', 'mem_available_bytes', 'swap_free_bytes']),
    subsystems: record(shape({status: oneOf(STATUSES)}), 64),
    histograms: list(histogram, 4096),
    counters: list(shape({name: NAME, labels: LABELS, value: COUNT}), 65_536),
    self: figures(['cpu_pct', 'rss_bytes', 'kernel_cpu_pct', 'map_bytes']),
    loss: LOSS,
  },
  {
    pressure: shape({}, {cpu: PSI, memory: PSI, io: PSI}),
    accuracy: shape({}, {sched: figures(['cut_by_migration_pct'])}),
  },
);

const SENTENCES = list(TEXT, 1000);
const KINDS = new Map<string, Check<unknown>>([
  ['header', HEADER],
  ['sample', SAMPLE],
  ['probe', shape({...STAMP, ...PROBE}, PROBE_MORE)],
  ['error', shape({...STAMP, what: TEXT, why: TEXT}, {remedy: TEXT})],
  ['summary', shape({...STAMP, duration_s: COUNT, findings: SENTENCES, recommendations: SENTENCES})],
]);

/** An event and its fields of unknown types are kept in the buffer, so they are held to a size: characters of JSON. */
export const MAX_EVENT_LENGTH = 16_384;

function event(value: unknown, length: number): KernelEvent {
  if (length > MAX_EVENT_LENGTH) throw new Invalid(`event is longer than ${MAX_EVENT_LENGTH} characters`);
  const it = EVENT(value, 'event');
  BY_TYPE.get(it.type as string)?.(it, it.type as string);
  return it as unknown as KernelEvent;
}

/**
 * One parsed line of a stream, everything in it taken as hostile until checked. `length` is the line's own.
 * Undefined: an object of a kind that this version doesn't know (kinds may be added within a schema).
 * @throws {Invalid} with the field that is wrong.
 */
export function validate(value: unknown, length: number): StreamObject | undefined {
  const {kind} = fields(value, 'line');
  if (typeof kind !== 'string') throw new Invalid('kind is not a string');
  if (kind === 'event') return event(value, length);
  return KINDS.get(kind)?.(value, kind) as StreamObject | undefined;
}

/** The header's schema before anything else of it is looked at: a newer one may have another shape. */
export function schemaOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {kind, schema} = value as Partial<Header>;
  return kind === 'header' && typeof schema === 'number' ? schema : undefined;
}
