import type {Sample} from '../types/stream.ts';

const SHARES = ['cpu_pct', 'kernel_cpu_pct'] as const;

/** kstop's own cost over the run: shares of CPU weighted by each sample's length, memory as it was last, the highest priority that it gave itself. */
export class OwnCost {
  readonly #sums = {cpu_pct: {ms: 0, value: 0}, kernel_cpu_pct: {ms: 0, value: 0}};

  #nice: number | undefined;

  add({self, interval_ms}: Sample): Sample['self'] {
    const average: Sample['self'] = {...self};
    for (const key of SHARES) {
      const sum = this.#sums[key];
      const value = self[key];
      if (value !== undefined) {
        sum.ms += interval_ms;
        sum.value += value * interval_ms;
      }
      if (sum.ms > 0) average[key] = Math.round((sum.value / sum.ms) * 1e4) / 1e4;
    }
    if (self.nice !== undefined) this.#nice = Math.min(self.nice, this.#nice ?? self.nice);
    if (this.#nice !== undefined) average.nice = this.#nice;
    return average;
  }
}
