/** How long a trace may take for what. All in milliseconds. */
export interface RunTimes {
  /** From the start to attached probes: on a slow machine bpftrace compiles for half a minute. */
  start: number;
  /** Without any output after it was told to end … */
  quiet: number;
  /** … and at the latest. */
  ending: number;
}

export const RUN_TIMES: RunTimes = {start: 60_000, quiet: 5000, ending: 20_000};

/** One timer at a time: setting it again replaces it. */
export class Alarm {
  #timer?: NodeJS.Timeout;

  set(ms: number, ring: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(ring, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** Calls listeners at most every so often: at once, or when the pause since the last call is over. */
export class Throttle {
  readonly #pauseMs: number;
  readonly #listeners = new Set<() => void>();
  #timer?: NodeJS.Timeout;
  #last = Number.NEGATIVE_INFINITY;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  call(): void {
    if (this.#timer || this.#listeners.size === 0) return;
    const wait = this.#last + this.#pauseMs - performance.now();
    if (wait <= 0) this.#callNow();
    else this.#timer = setTimeout(() => this.#callNow(), wait);
  }

  #callNow(): void {
    this.#timer = undefined;
    this.#last = performance.now();
    for (const listener of this.#listeners) listener();
  }
}
