import {readFileSync} from 'node:fs';
import {release} from 'node:os';
import {gunzipSync} from 'node:zlib';

/** Jiffies begin five minutes before their lower 32 bits wrap (INITIAL_JIFFIES, include/linux/jiffies.h). */
const BEFORE_WRAP_S = 300;
const WRAP = 2 ** 32;

/** The running kernel's ticks a second, from its configuration; undefined where that can't be read. */
function configured(): number | undefined {
  for (const read of [
    () => gunzipSync(readFileSync('/proc/config.gz')).toString('latin1'),
    () => readFileSync(`/boot/config-${release()}`, 'latin1'),
  ]) {
    try {
      const found = /^CONFIG_HZ=(\d+)$/m.exec(read());
      if (found) return Number(found[1]);
    } catch {}
  }
  return undefined;
}

/** Turns the kernel's ticks into time. How many there are a second is the kernel's own choice. */
export class Jiffies {
  private hz: number | undefined;
  private looked = false;

  constructor(private readonly config: () => number | undefined = configured) {}

  /** Learns from what the clock and jiffies64 showed at one moment. */
  learn(monoNs: number, jiffies: number): void {
    const seconds = monoNs / 1e9 - BEFORE_WRAP_S;
    // Near the wrap every rate gives the same.
    if (Math.abs(seconds) > 5) this.hz ??= Math.round((jiffies - WRAP) / seconds);
  }

  toMs(jiffies: number): number | undefined {
    if (this.hz === undefined && !this.looked) this.hz = this.config();
    this.looked = true;
    return this.hz ? Math.round((jiffies * 1000) / this.hz) : undefined;
  }
}
