import type {ProcessRow, ProcessSums} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import type {Entry} from '../leaders/ranking.ts';

const SUMMED = ['cpu_time_ms', 'run_delay_ms', 'voluntary_switches', 'involuntary_switches', 'major_faults'] as const;

/** What a fault and a task switch count for beside milliseconds of CPU time and of waiting, as for the rows of a sample. */
const MAJOR_MS = 1;
const MINOR_MS = 0.001;
const SWITCH_MS = 0.001;

/** How much a process had to do with an interval, in milliseconds; without a wait that goes on into the next one. */
function activity(row: ProcessRow): number {
  const {cpu_time_ms = 0, run_delay_ms = 0, major_faults = 0, minor_faults = 0, context_switches = 0} = row;
  return cpu_time_ms + run_delay_ms + major_faults * MAJOR_MS + minor_faults * MINOR_MS + context_switches * SWITCH_MS;
}

/** What one process had in all of the samples that carry it. */
export class ProcessTotal implements Entry<ProcessTotal> {
  #pid = 0;
  #comm = '';
  readonly #sums: Partial<Record<(typeof SUMMED)[number], number>> = {};
  #busy = 0;
  #longest?: number;
  #firstRss?: number;
  #lastRss?: number;
  /** It has ended: whoever comes under its number and name is another one, unless it is what is left of it. */
  ended = false;

  get weight(): number {
    return this.#busy + (this.#longest ?? 0);
  }

  add(row: ProcessRow): void {
    [this.#pid, this.#comm] = [row.pid, row.comm];
    for (const figure of SUMMED) this.#count(figure, row[figure]);
    this.#busy += activity(row);
    this.#wait(row.waiting_ms);
    this.#resident(row.rss_bytes, row.rss_bytes);
  }

  merge(from: ProcessTotal): void {
    [this.#pid, this.#comm] = [from.#pid, from.#comm];
    for (const figure of SUMMED) this.#count(figure, from.#sums[figure]);
    this.#busy += from.#busy;
    this.#wait(from.#longest);
    this.#resident(from.#firstRss, from.#lastRss);
  }

  row(): ProcessSums {
    const sums = Object.entries(this.#sums).map(([figure, sum]) => [figure, round(sum, 3)]);
    const [first, last] = [this.#firstRss, this.#lastRss];
    return {
      pid: this.#pid,
      comm: this.#comm,
      ...Object.fromEntries(sums),
      ...(this.#longest !== undefined && {longest_wait_ms: this.#longest}),
      ...(last !== undefined && {rss_bytes: last}),
      ...(first !== undefined && last !== undefined && {rss_growth_bytes: last - first}),
    };
  }

  #count(figure: (typeof SUMMED)[number], n: number | undefined): void {
    if (n !== undefined) this.#sums[figure] = (this.#sums[figure] ?? 0) + n;
  }

  #wait(ms: number | undefined): void {
    if (ms !== undefined) this.#longest = Math.max(this.#longest ?? 0, ms);
  }

  #resident(first: number | undefined, last: number | undefined): void {
    this.#firstRss ??= first;
    this.#lastRss = last ?? this.#lastRss;
  }
}
