import type {Sample} from '../types/stream.ts';

/** CPU time that a hypervisor gave to others while this machine's CPUs wanted to run, percent of all CPUs' time. */
export interface Stolen {
  pct: number;
  /** Of the worst sample; in short ones a single tick of the kernel's (10 ms) would look like much. */
  worst_pct: number;
}

/** The shortest sample that can be the worst. */
const WHOLE_MS = 900;

/** Adds it up over samples, each by its length. Those that don't tell count for nothing. */
export class StealSum {
  #ms = 0;
  #stolen = 0;
  #worst = 0;

  add({host: {steal_pct}, interval_ms}: Sample): void {
    if (steal_pct === undefined || interval_ms <= 0) return;
    this.#ms += interval_ms;
    this.#stolen += steal_pct * interval_ms;
    if (interval_ms >= WHOLE_MS) this.#worst = Math.max(this.#worst, steal_pct);
  }

  /** Undefined where no sample told. */
  get sum(): Stolen | undefined {
    return this.#ms > 0 ? {pct: this.#stolen / this.#ms, worst_pct: this.#worst} : undefined;
  }
}

/** The same of some samples. */
export function stolenIn(samples: readonly Sample[]): Stolen | undefined {
  const sum = new StealSum();
  for (const sample of samples) sum.add(sample);
  return sum.sum;
}
