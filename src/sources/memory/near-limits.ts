import type {MemoryPressureEvent, Stamp} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import {psi} from '../host.ts';
import type {LimitedCgroup, MemoryCgroups} from './cgroups.ts';
import {readSmall} from './files.ts';

/** Percent of its limit that a cgroup's working set must have to be told of, and must be below to be told of anew. */
const NEAR_PCT = 90;
const CLEAR_PCT = 85;
/** While it stays there it is told once in so many milliseconds: before the status that the last time made has cleared. */
const AGAIN_MS = 55_000;

/** Cgroups whose working set (usage but for the page cache that nobody has asked for twice) is near their limit. */
export class NearLimits {
  /** When each of them was told last, by path and inode. */
  private told = new Map<string, number>();

  constructor(private readonly cgroups: MemoryCgroups) {}

  sample(stamp: Stamp, intervalMs: number): MemoryPressureEvent[] {
    const ms = Number(BigInt(stamp.mono_ns) / 1000n) / 1000;
    const before = this.told;
    this.told = new Map();
    return this.cgroups.read(ms, intervalMs).cgroups.flatMap((each): MemoryPressureEvent[] => {
      const pct = utilization(each);
      const key = `${each.node.inode} ${each.node.path}`;
      const last = before.get(key);
      if (pct === undefined || pct < (last === undefined ? NEAR_PCT : CLEAR_PCT)) return [];
      const due = last === undefined || (pct >= NEAR_PCT && ms - last >= AGAIN_MS);
      this.told.set(key, due ? ms : last);
      return due ? [this.event(each, pct, stamp)] : [];
    });
  }

  private event({node, usage, limit, detail}: LimitedCgroup, pct: number, stamp: Stamp): MemoryPressureEvent {
    const stalled = psi(readSmall(`${this.cgroups.folder(node.path)}/memory.pressure`));
    return {
      kind: 'event',
      time: stamp.time,
      mono_ns: stamp.mono_ns,
      type: 'MEMORY_PRESSURE',
      subsystem: 'memory',
      severity: 'warning',
      scope: node.path,
      ...(stalled ?? {}),
      ...(detail?.workingSet !== undefined && {working_set_bytes: detail.workingSet}),
      usage_bytes: usage,
      limit_bytes: limit,
      utilization_pct: round(pct, 1),
      cgroup: node.path,
    };
  }
}

/** Percent of its limit that its working set has, as last looked at; undefined: unknown. */
export function utilization({detail, limit}: LimitedCgroup): number | undefined {
  const {workingSet} = detail ?? {};
  return workingSet === undefined || limit <= 0 ? undefined : (workingSet / limit) * 100;
}
