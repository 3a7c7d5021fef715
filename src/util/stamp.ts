import type {Stamp} from '../types/stream.ts';

/** Monotonic milliseconds of an object: enough for windows and pacing (exact to the microsecond for years). */
export function monoMs(stamp: Stamp): number {
  return Number(stamp.mono_ns) / 1e6;
}

/** This moment, for objects that no source has made. */
export function stampNow(): Stamp {
  return {time: new Date().toISOString().replace('Z', '000000Z'), mono_ns: String(process.hrtime.bigint())};
}

/** Local date and time of an RFC 3339 stamp. */
export interface LocalTime {
  /** `2026-03-01` */
  date: string;
  /** `12:34:56.789` */
  clock: string;
}

const two = (n: number) => String(n).padStart(2, '0');

/**
 * Local wall-clock text of stamps (zone by the environment's TZ). Remembers the last second, because events come in
 * bursts and a Date costs more than all the rest of a line.
 */
export class LocalClock {
  #second = '';
  #date = '';
  #clock = '';

  /** A stamp that is no date gives `-` in place of both. */
  at(time: string): LocalTime {
    const second = time.slice(0, 19);
    if (second !== this.#second) this.#remember(second);
    const fraction = time[19] === '.' ? time.slice(20, 23).replace(/\D.*/, '').padEnd(3, '0') : '000';
    return {date: this.#date, clock: this.#clock === '-' ? '-' : `${this.#clock}.${fraction}`};
  }

  #remember(second: string): void {
    this.#second = second;
    const at = new Date(`${second}Z`);
    if (Number.isNaN(at.getTime())) {
      this.#date = '-';
      this.#clock = '-';
      return;
    }
    this.#date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    this.#clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  }
}
