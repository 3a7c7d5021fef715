import {SUBSYSTEMS} from '../../types/stream.ts';
import {list, number, oneOf, shape} from '../check.ts';
import {BLAMED} from './sample.ts';
import {AMOUNT, COUNT, MICROS, NAME, PID, STAMP, TEXT} from './values.ts';

const SENTENCES = list(TEXT, 1000);
const MAX_ROWS = 1000;
const MILLIS = number(0, 1e12);

const PROCESS = shape(
  {pid: PID, comm: NAME},
  {
    cpu_time_ms: AMOUNT,
    run_delay_ms: AMOUNT,
    voluntary_switches: COUNT,
    involuntary_switches: COUNT,
    major_faults: COUNT,
    longest_wait_ms: AMOUNT,
    rss_bytes: COUNT,
    rss_growth_bytes: AMOUNT,
  },
);
const BLAME = shape({
  subsystem: oneOf(SUBSYSTEMS),
  victim: BLAMED,
  culprit: BLAMED,
  wait_ms: MILLIS,
  waits: COUNT,
  worst_ms: MILLIS,
});
const SYSCALL = shape(
  {syscall_name: NAME, calls: COUNT, failed: COUNT, total_us: MICROS, max_us: MICROS},
  {worst_pid: PID, worst_comm: NAME},
);

export const SUMMARY = shape(
  {...STAMP, duration_s: COUNT, findings: SENTENCES, recommendations: SENTENCES},
  {processes: list(PROCESS, MAX_ROWS), blame: list(BLAME, MAX_ROWS), syscalls: list(SYSCALL, MAX_ROWS)},
);
