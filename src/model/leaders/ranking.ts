/** What is kept of one key over a stretch of time. */
export interface Entry<E> {
  /** How much it matters: the heaviest are shown, and outlive the others where room is short. */
  readonly weight: number;
  merge(from: E): void;
}

interface Slot<E> {
  /** Time since the monotonic clock's start in slots. */
  number: number;
  entries: Map<string, E>;
}

const SLOT_MS = 10_000;
const KEEP_MS = 60_000;
/** A minute lies in at most seven of them. */
const MAX_SLOTS = 8;
/** Keys that a slot holds. */
export const MAX_KEYS = 128;
/** Rows that a list is given. */
const TOP = 100;

/**
 * Of rows with a weight above 0 the heaviest `most`, in their order; of equals at the limit the first ones. One pass with a
 * small sorted list: of ten thousand rows only a few hundred ever enter it.
 */
export function heaviest<Row>(rows: readonly Row[], most: number, weightOf: (row: Row) => number): Row[] {
  const weights = Float64Array.from(rows, weightOf);
  const top = new Float64Array(most);
  let held = 0;
  for (const weight of weights) {
    if (!(weight > 0) || (held === most && weight <= (top[0] ?? Number.POSITIVE_INFINITY))) continue;
    if (held === most) top.copyWithin(0, 1);
    else held++;
    let at = held - 1;
    for (; at > 0 && (top[at - 1] as number) > weight; at--) top[at] = top[at - 1] as number;
    top[at] = weight;
  }
  const limit = top[0] ?? Number.POSITIVE_INFINITY;
  if (held < most) return rows.filter((_, i) => (weights[i] as number) > 0);
  let room = top.filter((weight) => weight === limit).length;
  return rows.filter((_, i) => (weights[i] as number) > limit || (weights[i] === limit && room-- > 0));
}

/**
 * Who had most of something in the last minute, in slots of 10 s. A slot that is full forgets the lighter half of its
 * keys: a flood of names takes no memory and hides nobody heavy.
 */
export class Ranking<E extends Entry<E>> {
  #slots: Slot<E>[] = [];

  constructor(private readonly fresh: () => E) {}

  /** The entry of a key at a monotonic time (milliseconds), made when there is none. */
  at(key: string, ms: number): E {
    const {entries} = this.#slot(Math.floor(ms / SLOT_MS));
    return entries.get(key) ?? this.#make(key, entries);
  }

  /** The last minute's entries, heaviest first. */
  top(nowMs: number): E[] {
    return [...this.sums(nowMs).values()].sort((a, b) => b.weight - a.weight).slice(0, TOP);
  }

  /** The last minute's entries by key. */
  sums(nowMs: number): Map<string, E> {
    this.#slots = this.#slots.filter(({number}) => (number + 1) * SLOT_MS > nowMs - KEEP_MS);
    const sums = new Map<string, E>();
    for (const {entries} of this.#slots) {
      for (const [key, entry] of entries) {
        const sum = sums.get(key) ?? this.fresh();
        sums.set(key, sum);
        sum.merge(entry);
      }
    }
    return sums;
  }

  #slot(number: number): Slot<E> {
    const last = this.#slots.at(-1);
    // Events of several CPUs may come a little out of order.
    if (last && number <= last.number) return last;
    const slot = {number, entries: new Map<string, E>()};
    this.#slots.push(slot);
    if (this.#slots.length > MAX_SLOTS) this.#slots.shift();
    return slot;
  }

  #make(key: string, entries: Map<string, E>): E {
    if (entries.size >= MAX_KEYS) {
      const lighter = [...entries].sort(([, a], [, b]) => a.weight - b.weight).slice(0, MAX_KEYS / 2);
      for (const [each] of lighter) entries.delete(each);
    }
    const entry = this.fresh();
    entries.set(key, entry);
    return entry;
  }
}
