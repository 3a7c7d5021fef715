import type {Value} from './value.ts';

/** Bytes that a BPF program has for all that it holds at once. */
const STACK = 512;
/** Of an event: its number, nsecs, pid, tid, uid, cpu, comm; and what the program itself needs. */
const HEADER = 8 + 5 * 8 + 16 + 32;
const SHORTEST = 32;
/** What bpftrace 0.17 allows (BPFTRACE_STRLEN). */
const LONGEST = 200;

/** Longest string that a script may ask for so that an event with these values fits, bytes; undefined where none would be of use. */
export function strlenFor(values: readonly Value[], textsCompared: boolean): number | undefined {
  const texts = values.filter((value) => value.shape === 'text').length;
  const left = STACK - HEADER - values.reduce((sum, value) => sum + value.bytes, 0);
  if (texts === 0 && !textsCompared) return left < 0 ? undefined : 64;
  // One more is under way while it's read or compared.
  const each = Math.min(LONGEST, Math.floor(left / (texts + 1) / 8) * 8);
  return each < SHORTEST ? undefined : each;
}
