import type {FocusState} from '../types/state.ts';
import type {Focus, Sample} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';
import {keyOf, Totals} from './distributions.ts';
import {SyscallSums} from './syscall-sums.ts';

/** Samples that the charts of a process go back. */
export const FOCUS_HISTORY = 300;
/** Growth is told over this long, and not before the shorter one. */
const GROWTH_MS = 60_000;
const GROWTH_AFTER_MS = 10_000;

interface Size {
  atMs: number;
  bytes?: number;
}

/**
 * Follows the process that samples speak of as `focus`. Each state is a new object. The last one stays when nobody looks
 * any more; looking again, or into another process, begins anew.
 */
export class FocusLog {
  #state: FocusState | undefined;
  #sizes: Size[] = [];
  #totals = new Totals();
  #syscalls = new SyscallSums();
  #open = false;

  /** What is known after a sample. */
  push(sample: Sample): FocusState | undefined {
    const {focus} = sample;
    const {now} = this.#state ?? {};
    const same = this.#open && now?.pid === focus?.pid && now?.started === focus?.started;
    this.#open = focus !== undefined;
    if (!focus) return this.#state;
    if (!same) {
      this.#state = undefined;
      this.#sizes = [];
      this.#totals = new Totals();
      this.#syscalls = new SyscallSums();
    }
    if (this.#state?.now.ended) return this.#state;
    this.#state = this.#next(focus, sample);
    return this.#state;
  }

  #next(focus: Focus, sample: Sample): FocusState {
    const before = this.#state;
    const atMs = monoMs(sample);
    for (const each of focus.histograms ?? []) this.#totals.add(keyOf(each.name, each.labels), each);
    for (const call of focus.syscalls ?? []) this.#syscalls.add(call);
    const pages = focus.pages ?? before?.pages;
    const figures = focus.interval_ms === undefined ? before?.figures : focus;
    if (!focus.ended) this.#sizes = [...this.#sizes, {atMs, bytes: focus.rss_bytes}].slice(-FOCUS_HISTORY);
    const growth = focus.ended ? before?.growth_bytes_per_s : growthOf(this.#sizes, atMs);
    return {
      now: focus,
      time: sample.time,
      distributions: this.#totals.list.map((each) => ({...each, counts: [...each.counts]})),
      syscalls: this.#syscalls.list,
      rss: this.#sizes.map(({bytes}) => bytes),
      ...(figures && {figures}),
      ...(pages && {pages}),
      ...(growth !== undefined && {growth_bytes_per_s: growth}),
    };
  }
}

/** Bytes a second that the size grew by over the last minute, or since it is looked at; unknown when that is too short. */
function growthOf(sizes: readonly Size[], nowMs: number): number | undefined {
  const known = sizes.filter(({atMs, bytes}) => bytes !== undefined && atMs > nowMs - GROWTH_MS);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || last.atMs - first.atMs < GROWTH_AFTER_MS) return undefined;
  return (((last.bytes as number) - (first.bytes as number)) * 1000) / (last.atMs - first.atMs);
}
