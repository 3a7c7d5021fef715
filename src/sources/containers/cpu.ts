import type {Cgroups} from '../../util/mounts.ts';
import {parseFlat, parseNumber} from '../memory/figures.ts';

/** What a cgroup has had of the CPUs since it was made. */
export interface CpuSums {
  usedMs?: number;
  /** How long and in how many periods its cpu.max (or that of one above it, for it) held its tasks back. */
  throttledMs?: number;
  throttledPeriods?: number;
}

/** Reads CPU figures by path, of version 1's hierarchies where they are mounted, else of the unified one. */
export class CpuFiles {
  private readonly usage: string | undefined;
  private readonly throttling: string | undefined;
  private readonly unified: string | undefined;

  constructor({v1, v2}: Cgroups) {
    const mount = (name: string) => v1.find(({controllers}) => controllers.includes(name))?.path;
    this.usage = mount('cpuacct');
    this.throttling = mount('cpu');
    this.unified = v2;
  }

  /** `read`: by what means. `whole`: also what lies in a file of its own, throttling with version 1. */
  read(path: string, read: (path: string) => string | undefined, whole: boolean): CpuSums {
    if (this.usage === undefined && this.throttling === undefined) return this.ofUnified(path, read);
    const used = this.usage && parseNumber(read(`${this.usage}${path}/cpuacct.usage`));
    const {nr_throttled: periods, throttled_time: ns} =
      this.throttling === undefined || !whole ? {} : parseFlat(read(`${this.throttling}${path}/cpu.stat`));
    return sums(typeof used === 'number' ? used / 1e6 : undefined, ns === undefined ? undefined : ns / 1e6, periods);
  }

  private ofUnified(path: string, read: (path: string) => string | undefined): CpuSums {
    if (this.unified === undefined) return {};
    const {usage_usec, nr_throttled, throttled_usec} = parseFlat(read(`${this.unified}${path}/cpu.stat`));
    const ms = (us: number | undefined) => (us === undefined ? undefined : us / 1000);
    return sums(ms(usage_usec), ms(throttled_usec), nr_throttled);
  }
}

function sums(usedMs?: number, throttledMs?: number, throttledPeriods?: number): CpuSums {
  return {
    ...(usedMs !== undefined && {usedMs}),
    ...(throttledMs !== undefined && {throttledMs}),
    ...(throttledPeriods !== undefined && {throttledPeriods}),
  };
}

/** What came between two readings; absent where one of them lacks it, or it went back. */
export function increase(before: CpuSums, now: CpuSums): CpuSums {
  const of = (key: keyof CpuSums) => {
    const [a, b] = [before[key], now[key]];
    return a === undefined || b === undefined || b < a ? undefined : b - a;
  };
  return sums(of('usedMs'), of('throttledMs'), of('throttledPeriods'));
}
