import type {Counter} from '../types/stream.ts';
import {keyOf} from './distributions.ts';

/** How much each cumulative counter grew since the sample before. */
export interface Increase {
  name: string;
  labels: Record<string, string>;
  by: number;
  /** Seen for the first time: `by` is its whole value, which may be older than this run. */
  first: boolean;
}

/**
 * Turns cumulative counters into increases. One that is lower than before has restarted from 0 (a probe attached
 * anew), so its whole value is the increase. Only the last sample's counters are remembered.
 */
export class Counters {
  #values = new Map<string, number>();

  next(counters: readonly Counter[]): Increase[] {
    const now = new Map<string, number>();
    const increases = counters.map(({name, labels, value}) => {
      const key = keyOf(name, labels);
      const before = this.#values.get(key);
      now.set(key, value);
      const by = before === undefined || value < before ? value : value - before;
      return {name, labels, by, first: before === undefined};
    });
    this.#values = now;
    return increases;
  }
}
