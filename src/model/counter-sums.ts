import {keep} from './bounded.ts';
import type {Increase} from './counters.ts';
import {Tally} from './facts/tally.ts';

const RECENT_MS = 60_000;

/** Counters that findings speak of, with the labels that tell them apart. They count from boot on. */
const NAMES = new Map([
  ['page_faults', ['kind']],
  ['swap_pages', ['direction']],
  ['backlog_drops', []],
  ['net_drops', ['device', 'direction']],
  ['net_errors', ['device', 'direction']],
]);

/**
 * How much counters grew over the last minute and over the run, as `name label label`. What they stood at when they
 * were first seen may be older than the run and doesn't count.
 */
export class CounterSums {
  #pieces: {endMs: number; sums: Tally}[] = [];
  readonly run = new Tally(4096);

  push(endMs: number, increases: readonly Increase[]): void {
    this.#pieces = this.#pieces.filter((piece) => piece.endMs > endMs - RECENT_MS);
    const sums = new Tally(4096);
    for (const {name, labels, by, first} of increases) {
      const keys = NAMES.get(name);
      if (!keys || first || by <= 0) continue;
      sums.add([name, ...keys.map((key) => labels[key] ?? '')].join(' '), by);
    }
    if (sums.total === 0) return;
    this.run.merge(sums);
    keep(this.#pieces, {endMs, sums});
  }

  /** Time went backwards: there is no last minute. */
  forget(): void {
    this.#pieces = [];
  }

  /** The last minute, or the last sample where that is longer. */
  recent(): Tally {
    const all = new Tally(4096);
    for (const {sums} of this.#pieces) all.merge(sums);
    return all;
  }
}
