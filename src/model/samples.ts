import type {Counter, Histogram, Sample} from '../types/stream.ts';

/** The samples that are kept whole, for a snapshot. */
export const MAX_SAMPLES = 60;
/**
 * What they may hold together, in figures of 8 bytes: 64 MiB, those of 1,000 CPUs. Of larger ones fewer are kept, so
 * that a hostile stream can't fill memory.
 */
export const MAX_SAMPLE_FIGURES = 2 ** 23;

/** A sample's text besides its labels, its other lists' rows, in figures: far above what they are. */
const ROW = 32;

/** The last samples, oldest first. `list` keeps its identity; the newest one is always in it. */
export class LastSamples {
  readonly list: Sample[] = [];
  readonly #figures: number[] = [];
  #sum = 0;

  add(sample: Sample): void {
    const figures = figuresOf(sample);
    this.list.push(sample);
    this.#figures.push(figures);
    this.#sum += figures;
    while (this.list.length > 1 && (this.list.length > MAX_SAMPLES || this.#sum > MAX_SAMPLE_FIGURES)) {
      this.list.shift();
      this.#sum -= this.#figures.shift() as number;
    }
  }
}

function figuresOf({histograms, counters, processes = [], loss}: Sample): number {
  let sum = (processes.length + Object.keys(loss).length + 1) * ROW;
  for (const {bounds, counts, cpus = [], labels} of histograms) {
    sum += bounds.length + counts.length + textOf(labels) + ROW;
    for (const row of cpus) sum += row.length;
  }
  for (const {labels} of counters) sum += textOf(labels) + ROW;
  return sum;
}

/** Labels' text, two bytes a letter, in figures. */
function textOf(labels: Histogram['labels'] | Counter['labels']): number {
  let letters = 0;
  for (const value of Object.values(labels)) letters += value.length;
  return letters / 4;
}
