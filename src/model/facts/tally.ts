/** Counts by key, bounded: once it is full, new keys only count into `other`. */
export class Tally {
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  other = 0;

  constructor(max = 256) {
    this.#max = max;
  }

  add(key: string, n: number): void {
    const before = this.#counts.get(key);
    if (before === undefined && this.#counts.size >= this.#max) this.other += n;
    else this.#counts.set(key, (before ?? 0) + n);
  }

  merge(from: Tally): void {
    for (const [key, n] of from.#counts) this.add(key, n);
    this.other += from.other;
  }

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  get total(): number {
    let sum = this.other;
    for (const n of this.#counts.values()) sum += n;
    return sum;
  }

  /** The key with the highest count. */
  top(): {key: string; n: number} | undefined {
    let best: {key: string; n: number} | undefined;
    for (const [key, n] of this.#counts) if (!best || n > best.n) best = {key, n};
    return best;
  }

  /** The keys that count for more than so much, the highest first. */
  over(least: number): {key: string; n: number}[] {
    const all = [...this.#counts].filter(([, n]) => n > least).map(([key, n]) => ({key, n}));
    return all.sort((a, b) => b.n - a.n);
  }

  /** The most frequent of the keys that are `prefix`, a space and more: that rest, and the sum over all of them. */
  topUnder(prefix: string): {key: string; n: number; total: number} | undefined {
    let best: {key: string; n: number} | undefined;
    let total = 0;
    for (const [key, n] of this.#counts) {
      if (!key.startsWith(`${prefix} `)) continue;
      total += n;
      if (!best || n > best.n) best = {key: key.slice(prefix.length + 1), n};
    }
    return best && {...best, total};
  }

  keys(): string[] {
    return [...this.#counts.keys()];
  }
}
