import type {Counter} from '../../types/stream.ts';

/** Samples without growth after which a counter may give up its place. */
const IDLE_SAMPLES = 60;

interface Named {
  counter: Counter;
  /** Samples, by number, in which it was added to, and in which it last grew. */
  seen: number;
  grew: number;
}

/**
 * Counters whose labels come from outside, as many as there are devices, namespaces or cgroups. `max` of them have
 * labels of their own; what has no place is summed under coarser ones. A full house gives the place of one that has long
 * been idle to one that grows. A counter that comes (back) begins at 0, and none ever falls.
 */
export class BoundedCounters {
  private readonly named = new Map<string, Named>();
  private readonly coarse = new Map<string, Counter>();
  private idle: string[] | undefined;
  private sample = 0;

  constructor(private readonly max: number) {}

  /** `by`: what it grew by since the last sample. `labels` and `coarser` may be one object. */
  add(name: string, labels: Record<string, string>, coarser: Record<string, string>, by: number): void {
    const key = keyOf(name, labels);
    // What is coarse by itself has one sum, whether there is room or not.
    const entry =
      labels === coarser ? undefined : (this.named.get(key) ?? this.place(key, {name, labels, value: 0}, by > 0));
    if (entry) {
      entry.counter.value += by;
      entry.seen = this.sample;
      if (by > 0) entry.grew = this.sample;
    } else if (by > 0) {
      const coarseKey = keyOf(name, coarser);
      const sum = this.coarse.get(coarseKey) ?? {name, labels: coarser, value: 0};
      sum.value += by;
      this.coarse.set(coarseKey, sum);
    }
  }

  /** Ends the sample: its counters. Those that were not added to have gone. */
  take(): Counter[] {
    for (const [key, {seen}] of this.named) if (seen !== this.sample) this.named.delete(key);
    this.sample++;
    this.idle = undefined;
    return [...[...this.named.values()].map(({counter}) => ({...counter})), ...this.coarseOnes()];
  }

  private coarseOnes(): Counter[] {
    return [...this.coarse.values()].map((counter) => ({...counter}));
  }

  private place(key: string, counter: Counter, grows: boolean): Named | undefined {
    if (this.named.size >= this.max && !(grows && this.makeRoom())) return undefined;
    const entry = {counter, seen: this.sample, grew: this.sample};
    this.named.set(key, entry);
    return entry;
  }

  private makeRoom(): boolean {
    this.idle ??= [...this.named]
      .filter(([, {grew}]) => grew < this.sample - IDLE_SAMPLES)
      .sort(([, a], [, b]) => b.grew - a.grew)
      .map(([key]) => key);
    const key = this.idle.pop();
    return key !== undefined && this.named.delete(key);
  }
}

const keyOf = (name: string, labels: Record<string, string>): string => `${name} ${JSON.stringify(labels)}`;
