const MAX_KEYS = 8;

/**
 * The most frequent of any number of keys in constant space (Misra and Gries): whatever makes up more than a ninth of all
 * that was added is among those kept. The counts are lower bounds.
 */
export class Frequent {
  readonly #counts = new Map<string, number>();

  add(key: string, n = 1): void {
    const before = this.#counts.get(key);
    if (before !== undefined || this.#counts.size < MAX_KEYS) {
      this.#counts.set(key, (before ?? 0) + n);
      return;
    }
    const least = Math.min(n, ...this.#counts.values());
    for (const [each, count] of this.#counts) {
      if (count > least) this.#counts.set(each, count - least);
      else this.#counts.delete(each);
    }
    if (n > least) this.#counts.set(key, n - least);
  }

  merge(from: Frequent): void {
    for (const [key, n] of from.#counts) this.add(key, n);
  }

  /** The key that was added most; undefined when there is none. */
  top(): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const [key, n] of this.#counts) if (n > most) [best, most] = [key, n];
    return best;
  }
}
