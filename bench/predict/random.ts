/** Random numbers that are the same for the same seed (a 32-bit mixer of a counter). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** Even between 0 and 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** Between two positive numbers, each order of magnitude as likely as the others. */
  scale(low: number, high: number): number {
    return low * (high / low) ** this.unit();
  }

  /** With mean 1, as the time between two events that know nothing of each other. */
  wait(): number {
    return -Math.log(1 - this.unit());
  }

  /** With mean 0 and deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }
}
