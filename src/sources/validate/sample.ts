import {STATUSES, SUBSYSTEMS} from '../../types/stream.ts';
import {type Check, exactly, Invalid, integer, list, number, oneOf, record, shape} from '../check.ts';
import {BLOCK_OP, CONTAINER, GROWERS, OUT_OF_MEMORY, OWNER, REQUEST_OWNER} from './event.ts';
import {AMOUNT, COUNT, LABELS, MAX_CPUS, MICROS, NAME, PID, STAMP, TEXT} from './values.ts';

const MAX_CELLS = 1024;

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
const PRESSURE = shape({}, {cpu: PSI, memory: PSI, io: PSI});
const LOSS = record(shape({held: COUNT, lost: COUNT, missed: COUNT}), 256);
const figures = (keys: string[]) => shape({}, Object.fromEntries(keys.map((key) => [key, AMOUNT])));

/** Milliseconds: none, or as many as something can be told a second of (a rate would be infinite). */
const INTERVAL: Check<number> = (value, at) => (value === 0 ? value : number(0.001, 1e10)(value, at));

const FOCUS_COUNTS = [
  'rss_bytes',
  'rss_peak_bytes',
  'swap_bytes',
  'virtual_bytes',
  'cpu_time_ms',
  'run_delay_ms',
  'timeslices',
  'voluntary_switches',
  'involuntary_switches',
  'minor_faults',
  'major_faults',
  'read_bytes',
  'write_bytes',
  'read_calls',
  'write_calls',
  'storage_read_bytes',
  'storage_write_bytes',
];

const CALLS = list(
  shape({syscall_name: NAME, count: COUNT, total_us: MICROS}, {syscall: integer(0, 2 ** 31 - 1), max_us: MICROS}),
  1024,
);

const FRAMES = list(NAME, 128);
const PAGES = shape(
  {
    duration_ms: COUNT,
    bytes: COUNT,
    allocations: COUNT,
    lost_bytes: COUNT,
    lost_allocations: COUNT,
    lost_stacks: COUNT,
    stacks: list(shape({bytes: COUNT, allocations: COUNT}, {kernel: FRAMES, user: FRAMES}), 4096),
  },
  {ended: exactly(true), reason: TEXT},
);

const FOCUS = shape(
  {pid: PID, comm: NAME},
  {
    ended: exactly(true),
    ppid: PID,
    uid: integer(0, 2 ** 32 - 1),
    user: NAME,
    cgroup: TEXT,
    container: CONTAINER,
    args: list(TEXT, 4096),
    kernel_thread: exactly(true),
    threads: COUNT,
    state: NAME,
    started: STAMP.time,
    interval_ms: INTERVAL,
    histograms: list(histogram, 64),
    syscalls: CALLS,
    pages: PAGES,
    ...Object.fromEntries(FOCUS_COUNTS.map((key) => [key, COUNT])),
  },
);

const ROW_COUNTS = [
  'context_switches',
  'voluntary_switches',
  'involuntary_switches',
  'wakeups',
  'minor_faults',
  'major_faults',
  'rss_bytes',
  'threads',
];
const ROW_AMOUNTS = ['cpu_time_ms', 'avg_timeslice_us', 'run_delay_ms', 'waiting_ms'];
const each = <T>(keys: string[], check: T): Record<string, T> => Object.fromEntries(keys.map((key) => [key, check]));
const EXIT_CODE = {exit_code: integer(0, 255)};
const SIGNAL = {signal: integer(1, 127), signal_name: NAME};
export const BLAMED = shape({comm: NAME}, {pid: PID, container: CONTAINER});

export const SAMPLE = shape(
  {
    ...STAMP,
    interval_ms: INTERVAL,
    host: figures(['load1', 'load5', 'load15', 'uptime_s', 'cpu_pct', 'mem_available_bytes', 'swap_free_bytes']),
    subsystems: record(shape({status: oneOf(STATUSES)}), 64),
    histograms: list(histogram, 4096),
    counters: list(shape({name: NAME, labels: LABELS, value: COUNT}), 65_536),
    self: shape(
      {},
      {cpu_pct: AMOUNT, rss_bytes: AMOUNT, kernel_cpu_pct: AMOUNT, map_bytes: AMOUNT, nice: integer(-20, 19)},
    ),
    loss: LOSS,
  },
  {
    processes: list(
      shape(
        {time_bucket: COUNT, pid: PID, comm: NAME},
        {
          ppid: PID,
          uid: integer(0, 2 ** 32 - 1),
          state: NAME,
          container: CONTAINER,
          rss_growth_bytes_per_s: number(-1e18, 1e18),
          ...each(ROW_COUNTS, COUNT),
          ...each(ROW_AMOUNTS, AMOUNT),
        },
      ),
      65_536,
    ),
    containers: list(
      shape(
        {time_bucket: COUNT, container: CONTAINER, cgroup: TEXT},
        {
          ...each(['throttled_periods', 'memory_usage_bytes', 'working_set_bytes', 'limit_bytes'], COUNT),
          ...each(['limit_hits', 'oom_kills', 'rss_bytes', 'processes', 'threads', 'restarts'], COUNT),
          ...each(['cpu_time_ms', 'run_delay_ms', 'throttled_ms', 'utilization_pct'], AMOUNT),
          memory_events: shape({}, each(['high', 'max', 'oom', 'oom_kill'], COUNT)),
          exits: list(shape({...EXIT_CODE, count: COUNT}, SIGNAL), 64),
          last_exit: shape(EXIT_CODE, {...SIGNAL, core: exactly(true), comm: NAME}),
          pressure: PRESSURE,
        },
      ),
      65_536,
    ),
    predictions: list(shape(OUT_OF_MEMORY, {...GROWERS, pid: PID, comm: NAME, container: CONTAINER}), 4096),
    leaks: list(
      shape(
        {growth_bytes_per_s: COUNT, growing_s: COUNT, grown_bytes: COUNT},
        {scope: TEXT, pid: PID, comm: NAME, container: CONTAINER},
      ),
      4096,
    ),
    in_flight: list(
      shape(
        {device: NAME, op: BLOCK_OP, size_bytes: COUNT, waiting_ms: AMOUNT},
        {...OWNER, device_ms: AMOUNT, owner: REQUEST_OWNER},
      ),
      4096,
    ),
    blame: list(shape({subsystem: oneOf(SUBSYSTEMS), victim: BLAMED, culprit: BLAMED, wait_ms: number(0, 1e12)}), 4096),
    focus: FOCUS,
    syscalls: CALLS,
    pressure: PRESSURE,
    accuracy: shape({}, {sched: figures(['cut_by_migration_pct'])}),
  },
);
