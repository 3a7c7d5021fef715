import type {KernelEvent} from '../../types/stream.ts';
import {DROP_CLASSES, SEVERITIES, SUBSYSTEMS} from '../../types/stream.ts';
import {type Check, exactly, Invalid, integer, list, matching, number, oneOf, shape, string} from '../check.ts';
import {AMOUNT, COUNT, MAX_CPUS, MICROS, NAME, PID, STAMP, TEXT} from './values.ts';

export const CONTAINER = shape(
  {id: NAME},
  Object.fromEntries(['name', 'image', 'pod', 'namespace', 'pod_uid', 'runtime'].map((key) => [key, TEXT])),
);
export const OWNER = {pid: PID, tid: PID, comm: NAME, uid: integer(0, 2 ** 32 - 1), cgroup: TEXT, container: CONTAINER};

const EVENT = shape(
  {...STAMP, type: string(64), subsystem: oneOf(SUBSYSTEMS), severity: oneOf(SEVERITIES)},
  {...OWNER, cpu: integer(0, MAX_CPUS)},
);

export const BLOCK_OP = oneOf(['read', 'write', 'flush', 'discard', 'other']);
export const REQUEST_OWNER = oneOf(['task', 'writeback']);
const SECONDS = number(0, 1e9);
const PORT = integer(0, 65_535);
const LOCKUP = shape({}, {stuck_ms: COUNT, stack: list(NAME, 256)});

/** What foretells that a scope will be out of memory. */
export const OUT_OF_MEMORY = {
  scope: TEXT,
  growth_bytes_per_s: COUNT,
  eta_s: SECONDS,
  eta_low_s: SECONDS,
  eta_high_s: SECONDS,
  confidence_pct: number(0, 100),
  usage_bytes: COUNT,
  limit_bytes: COUNT,
};

export const GROWERS = {
  growers: list(shape({pid: PID, comm: NAME, growth_bytes_per_s: COUNT, share_pct: number(0, 100)}), 64),
};

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
      {
        throttled_us: MICROS,
        covered_pct: number(0, 1000),
        culprits: list(shape({pid: PID, comm: NAME, ran_us: MICROS}, {container: CONTAINER}), 256),
      },
    ),
  ],
  [
    'BIO_LATENCY',
    shape(
      {
        latency_us: MICROS,
        op: BLOCK_OP,
        device: NAME,
        sector: matching(/^\d{1,20}$/, 'a sector as a decimal string'),
        size_bytes: COUNT,
      },
      {
        queue_us: MICROS,
        device_us: MICROS,
        owner: REQUEST_OWNER,
        culprits: list(
          shape(
            {requests: COUNT, size_bytes: COUNT, wait_us: MICROS},
            {pid: PID, comm: NAME, owner: REQUEST_OWNER, container: CONTAINER},
          ),
          256,
        ),
        covered_pct: number(0, 1000),
      },
    ),
  ],
  [
    'VFS_SLOW',
    shape(
      {
        latency_us: MICROS,
        op: oneOf(['read', 'write', 'fsync', 'open']),
        file_type: oneOf(['regular', 'directory', 'block', 'socket', 'pipe', 'char', 'symlink', 'other']),
      },
      // A path may have 4,095 bytes; what can't be text is longer in JSON.
      {
        path: TEXT,
        name: TEXT,
        inode: matching(/^\d{1,20}$/, 'an inode as a decimal string'),
        fs: NAME,
        size_bytes: COUNT,
      },
    ),
  ],
  [
    'SYSCALL_SLOW',
    shape(
      {latency_us: MICROS, syscall: integer(-(2 ** 31), 2 ** 31 - 1), syscall_name: NAME},
      {ret: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), errno: NAME},
    ),
  ],
  ['PROCESS_FORK', shape({child_pid: PID, child_comm: NAME})],
  ['PROCESS_EXEC', shape({ppid: PID, filename: TEXT}, {main: exactly(true), args: TEXT})],
  [
    'PROCESS_EXIT',
    shape(
      {ppid: PID, exit_code: integer(0, 255), lifetime_ms: AMOUNT},
      {
        signal: integer(1, 127),
        signal_name: NAME,
        core: exactly(true),
        main: exactly(true),
        cpu_time_ms: AMOUNT,
        max_rss_bytes: COUNT,
      },
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
    'PAGE_FAULT',
    shape({address: matching(/^0x[0-9a-f]{1,16}$/, 'an address as 0x and hexadecimal digits')}, {latency_us: MICROS}),
  ],
  [
    'RECLAIM_STALL',
    shape({latency_us: MICROS, reclaim: oneOf(['direct', 'memcg']), reclaimed_bytes: COUNT}, {order: integer(0, 63)}),
  ],
  [
    'MEMORY_PRESSURE',
    shape(
      {scope: TEXT},
      {
        some_avg10_pct: AMOUNT,
        full_avg10_pct: AMOUNT,
        working_set_bytes: COUNT,
        usage_bytes: COUNT,
        limit_bytes: COUNT,
        utilization_pct: AMOUNT,
      },
    ),
  ],
  ['OOM_PREDICTION', shape(OUT_OF_MEMORY, GROWERS)],
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
  [
    'PACKET_DROP',
    shape(
      {reason: NAME, class: oneOf(DROP_CLASSES), location: NAME, protocol: NAME},
      {saddr: NAME, daddr: NAME, sport: PORT, dport: PORT, device: NAME, netns: COUNT},
    ),
  ],
  ['SOFT_LOCKUP', LOCKUP],
  ['HUNG_TASK', LOCKUP],
  ['RCU_STALL', LOCKUP],
]);

/** An event and its fields of unknown types are kept in the buffer, so they are held to a size: characters of JSON. */
export const MAX_EVENT_LENGTH = 16_384;

/** @throws {Invalid} with the field that is wrong. `length` is the line's own, in characters. */
export function checkEvent(value: unknown, length: number): KernelEvent {
  if (length > MAX_EVENT_LENGTH) throw new Invalid(`event is longer than ${MAX_EVENT_LENGTH} characters`);
  const it = EVENT(value, 'event');
  BY_TYPE.get(it.type as string)?.(it, it.type as string);
  return it as unknown as KernelEvent;
}
