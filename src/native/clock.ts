const SECOND = 1_000_000_000n;

/**
 * Turns monotonic nanoseconds into RFC 3339: monotonic + an offset that is read anew each interval, so that time
 * follows clock steps and slews without ever mixing two clocks within an interval.
 */
export class WallClock {
  private offset = 0n;
  private second = -1n;
  private prefix = '';

  /** Sets the offset from a pair of clocks read together. */
  sync([mono, real]: [bigint, bigint]): void {
    this.offset = real - mono;
  }

  /** "2026-01-31T12:34:56.123456789Z" */
  format(mono: bigint): string {
    const total = mono + this.offset;
    const second = total / SECOND;
    if (second !== this.second) {
      this.second = second;
      this.prefix = `${new Date(Number(second) * 1000).toISOString().slice(0, 19)}.`;
    }
    return `${this.prefix}${String(total % SECOND).padStart(9, '0')}Z`;
  }
}
