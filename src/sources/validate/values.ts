import {integer, matching, number, record, string} from '../check.ts';

/** Checks of single values, with limits far above anything real and far below what would hurt. */
export const TEXT = string(4096);
export const NAME = string(256);
export const COUNT = number(0, Number.MAX_SAFE_INTEGER);
export const AMOUNT = number(-1e18, 1e18);
export const MICROS = number(0, 1e15);
export const PID = integer(0, 2 ** 31 - 1);
export const MAX_CPUS = 8192;
export const LABELS = record(TEXT, 16);

export const STAMP = {
  time: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'an RFC 3339 time in UTC'),
  mono_ns: matching(/^\d{1,19}$/, 'nanoseconds as a decimal string'),
};
