/** A tooth of a saw: memory that grew and was given back. */
export interface Tooth {
  /** When it was lowest before the rise, and how low. */
  troughMs: number;
  trough: number;
  /** When it was highest, and how high. */
  peakMs: number;
  peak: number;
}

/** Teeth kept: of a saw of some seconds these are minutes. */
const MAX_TEETH = 60;
/** A fall counts from this share of the rise before it on … */
const GIVEN_BACK = 0.3;
/** … and of the room that there is, so that noise is none. */
const LEAST_SHARE = 0.015;
/** A first fall from nearer to the limit than this share of the room gave nothing back: something was killed. */
const NEAR_LIMIT = 0.03;

/** A rise that exceeds all teeth by this factor is none. */
export const TALLER = 1.25;

/** The turning points of a level: where what had grown was given back. */
export class Teeth {
  /** Finished ones, oldest first. */
  readonly teeth: Tooth[] = [];
  /** The lowest level since the last peak, or since the beginning. */
  trough = Number.NaN;
  troughMs = Number.NaN;
  #peak = Number.NaN;
  #peakMs = Number.NaN;
  /** Level goes down, or hasn't clearly gone up since it did. */
  falling = false;
  /** It has gone down at least once. */
  fell = false;

  /** `room`: demand and headroom together, in bytes. */
  push(ms: number, level: number, room: number): void {
    if (Number.isNaN(this.trough)) {
      this.#low(ms, level);
      this.#high(ms, level);
    } else if (this.falling) this.#fall(ms, level, room * LEAST_SHARE);
    else this.#rise(ms, level, room);
  }

  #low(ms: number, level: number): void {
    this.trough = level;
    this.troughMs = ms;
  }

  #high(ms: number, level: number): void {
    this.#peak = level;
    this.#peakMs = ms;
  }

  #rise(ms: number, level: number, room: number): void {
    if (level >= this.#peak) {
      this.#high(ms, level);
      return;
    }
    const least = room * LEAST_SHARE;
    const rise = this.#peak - this.trough;
    if (this.#peak - level < Math.max(least, GIVEN_BACK * rise)) return;
    const tallest = this.teeth.reduce((most, {peak, trough}) => Math.max(most, peak - trough), 0);
    if (room - this.#peak < room * NEAR_LIMIT && rise > TALLER * tallest) this.teeth.length = 0;
    // A fall that nothing had risen to is the end of something older.
    else if (rise >= least) this.#keep();
    this.falling = true;
    this.fell = true;
    this.#low(ms, level);
  }

  #keep(): void {
    this.teeth.push({troughMs: this.troughMs, trough: this.trough, peakMs: this.#peakMs, peak: this.#peak});
    if (this.teeth.length > MAX_TEETH) this.teeth.shift();
  }

  #fall(ms: number, level: number, least: number): void {
    if (level <= this.trough) {
      this.#low(ms, level);
      return;
    }
    if (level - this.trough < least) return;
    this.falling = false;
    this.#high(ms, level);
  }
}
