/** Points kept of a series, at most. */
export const MAX_POINTS = 120;
/** How many of the oldest go at once when there are too many. */
const CUT = 20;

/** The latest levels of a scope in order of time, in two plain arrays: `ms[0]` to `ms[length - 1]` and `level` likewise. */
export class Series {
  readonly ms = new Float64Array(MAX_POINTS);
  readonly level = new Float64Array(MAX_POINTS);
  length = 0;
  readonly #spacingMs: number;

  /** Points that come quicker than that take the place of the last one, so that a short interval doesn't shorten the memory. */
  constructor(spacingMs: number) {
    this.#spacingMs = spacingMs;
  }

  /** Time must not go back: such a point is left out. */
  push(ms: number, level: number): void {
    if (this.length > 0 && !(ms > (this.ms[this.length - 1] as number))) return;
    if (this.length > 1 && ms - (this.ms[this.length - 2] as number) < this.#spacingMs) this.length--;
    if (this.length === MAX_POINTS) {
      this.ms.copyWithin(0, CUT);
      this.level.copyWithin(0, CUT);
      this.length -= CUT;
    }
    this.ms[this.length] = ms;
    this.level[this.length] = level;
    this.length++;
  }

  /** Time of the last point, in monotonic milliseconds. */
  get lastMs(): number {
    return this.ms[this.length - 1] ?? Number.NaN;
  }

  /** Index of the first point that is not before that moment. */
  indexOf(from: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ms[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
