import type {Entry} from '../leaders/ranking.ts';

interface Held<E> {
  entry: E;
  /** What it may have had before it was kept. */
  credit: number;
}

/** Keys that are kept. */
const MAX_KEYS = 128;
/** So many are looked out at once to give way. */
const BATCH = 16;

/**
 * Who had most of something since the beginning, in constant space (Space-Saving by Metwally and others): a new key takes
 * the place of one of the lightest and is credited with its weight, since it may have been there before. Whoever has more
 * than a hundredth of the whole is kept, however many others there are. What an entry holds was counted, the credit
 * isn't: of a key that was forgotten and came back it is less than the truth.
 */
export class Heaviest<E extends Entry<E>> {
  readonly #held = new Map<string, Held<E>>();
  /** Keys to give way, the next one last, and how heavy each may be. */
  #lightest: string[] = [];
  #limit = 0;

  constructor(private readonly fresh: () => E) {}

  /** The entry of a key, if there is one. */
  get(key: string): E | undefined {
    return this.#held.get(key)?.entry;
  }

  /** The entry of a key, made when there is none. */
  at(key: string): E {
    const held = this.#held.get(key);
    if (held) return held.entry;
    const credit = this.#held.size < MAX_KEYS ? 0 : this.#giveWay();
    const entry = this.fresh();
    this.#held.set(key, {entry, credit});
    return entry;
  }

  /** Has an entry go on under another key, which nobody has. */
  rename(from: string, to: string): void {
    const held = this.#held.get(from);
    if (!held) return;
    this.#held.delete(from);
    this.#held.set(to, held);
  }

  /** All that are kept, heaviest first; with what others add, which isn't kept. */
  top(others: ReadonlyMap<string, E> = new Map()): E[] {
    const all = new Map([...this.#held].map(([key, {entry}]) => [key, entry]));
    for (const [key, other] of others) all.set(key, this.#sum(all.get(key), other));
    return [...all.values()].sort((a, b) => b.weight - a.weight);
  }

  #sum(entry: E | undefined, other: E): E {
    const sum = this.fresh();
    if (entry) sum.merge(entry);
    sum.merge(other);
    return sum;
  }

  /** Forgets one of the lightest; what it weighed. */
  #giveWay(): number {
    for (;;) {
      const key = this.#lightest.pop();
      if (key === undefined) this.#findLightest();
      const held = key === undefined ? undefined : this.#held.get(key);
      if (key === undefined || !held || weightOf(held) > this.#limit) continue;
      this.#held.delete(key);
      return weightOf(held);
    }
  }

  #findLightest(): void {
    const batch = [...this.#held].sort(([, a], [, b]) => weightOf(a) - weightOf(b)).slice(0, BATCH);
    this.#limit = Math.max(...batch.map(([, held]) => weightOf(held)));
    this.#lightest = batch.map(([key]) => key).reverse();
  }
}

function weightOf<E extends Entry<E>>({entry, credit}: Held<E>): number {
  return entry.weight + credit;
}
