import type {Counter} from '../types/stream.ts';
import {keyOf} from './distributions.ts';

/** How much each cumulative counter grew since the sample before. */
export interface Increase {
  name: string;
  labels: Record<string, string>;
  by: number;
  /** Seen for the first time: `by` is its whole value, which may be older than this run. */
  first: boolean;
  /** Since it was first seen. */
  grown: number;
}

/**
 * Turns cumulative counters into increases. One that is lower than before has restarted from 0 (a probe attached
 * anew), so its whole value is the increase. Only the last sample's counters are remembered.
 */
export class Counters {
  #values = new Map<string, {value: number; grown: number}>();

  next(counters: readonly Counter[]): Increase[] {
    const now = new Map<string, {value: number; grown: number}>();
    const increases = counters.map(({name, labels, value}) => {
      const key = keyOf(name, labels);
      const before = this.#values.get(key);
      const by = before === undefined || value < before.value ? value : value - before.value;
      const grown = before ? before.grown + by : 0;
      now.set(key, {value, grown});
      return {name, labels, by, first: before === undefined, grown};
    });
    this.#values = now;
    return increases;
  }
}
