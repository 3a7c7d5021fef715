import type {Engine, NativeProbeState} from '../native/engine.ts';
import type {KernelEvent, MemoryPressureEvent, Psi, Stamp} from '../types/stream.ts';
import type {FileProbe} from './file-probe.ts';
import {ProcFile, psi} from './host.ts';
import type {MemoryCgroups} from './memory/cgroups.ts';
import {NearLimits} from './memory/near-limits.ts';
import type {SampleParts} from './readers/reader.ts';

/** The contract's rule for memory: stalled for 10 % of 10 s. */
const STALLED_PCT = 10;
const WINDOW_US = 10_000_000;
const STALLED_US = (WINDOW_US * STALLED_PCT) / 100;
const NO_PSI = 'the kernel keeps no pressure figures (start it with psi=1; it needs CONFIG_PSI)';
const FILE = '/proc/pressure/memory';

/** Not more than one event of a level in a window, as with the kernel's triggers. */
class Limit {
  private nextMs = Number.NEGATIVE_INFINITY;

  allows(nowMs: number): boolean {
    if (nowMs < this.nextMs) return false;
    this.nextMs = nowMs + WINDOW_US / 1000;
    return true;
  }
}

/**
 * Pressure on memory as events. The host's: by the kernel's triggers, which libkstop waits for with everything else, or
 * where those are refused, from the averages of the file at the end of each interval. That of cgroups with a limit: from
 * their figures of the interval, which need no PSI.
 */
export class PressureProbe implements FileProbe {
  private readonly file: ProcFile;
  private readonly limits = {some: new Limit(), full: new Limit()};
  private looking = false;
  private readonly near: NearLimits | undefined;

  /**
   * `filtered`: the host's pressure is nobody's alone, so there is no event. `cgroups`: those that may be told of.
   * `path`: for tests.
   */
  constructor(
    private readonly engine: Pick<Engine, 'pressure'>,
    private readonly filtered: boolean,
    private readonly cgroups?: MemoryCgroups,
    path = FILE,
  ) {
    this.file = new ProcFile(path);
    this.near = cgroups && new NearLimits(cgroups);
  }

  start(): NativeProbeState {
    const problem = this.file.problem();
    const hasCgroups = this.cgroups !== undefined && this.cgroups.start(this) === undefined;
    if (problem) {
      const absent = problem === 'ENOENT' || problem === 'EOPNOTSUPP';
      const reason = `file: ${problem}${absent ? `: ${NO_PSI}` : ''}`;
      if (hasCgroups) return degraded(`only cgroups near their limit are told: ${reason}`);
      this.cgroups?.stop(this);
      return {state: 'unavailable', method: '', reason};
    }
    if (this.filtered) return degraded("no events under a filter: the host's pressure is not that of its tasks alone");
    const refused = this.engine.pressure(STALLED_US, STALLED_US, WINDOW_US);
    this.looking = refused !== undefined;
    if (refused) return degraded(`pressure is noticed up to one interval later (${refused})`);
    return {state: 'attached', method: 'psi', reason: ''};
  }

  stop(): void {
    this.engine.pressure(0, 0, 0);
    this.looking = false;
    this.file.close();
    this.cgroups?.stop(this);
  }

  sample(_into: SampleParts, stamp: Stamp, intervalMs: number): KernelEvent[] {
    const now = this.looking ? psi(this.file.read()) : undefined;
    const near = this.near?.sample(stamp, intervalMs) ?? [];
    return now ? [...stalls(now, this.limits, stamp), ...near] : near;
  }
}

function degraded(reason: string): NativeProbeState {
  return {state: 'degraded', method: 'file', reason};
}

function stalls(now: Psi, limits: {some: Limit; full: Limit}, stamp: Stamp): MemoryPressureEvent[] {
  const nowMs = Number(BigInt(stamp.mono_ns) / 1_000_000n);
  const levels = [
    {severity: 'warning', pct: now.some_avg10_pct, limit: limits.some},
    {severity: 'critical', pct: now.full_avg10_pct, limit: limits.full},
  ] as const;
  const {time, mono_ns} = stamp;
  return levels
    .filter(({pct, limit}) => pct !== undefined && pct >= STALLED_PCT && limit.allows(nowMs))
    .map(({severity}) => ({
      kind: 'event',
      time,
      mono_ns,
      type: 'MEMORY_PRESSURE',
      subsystem: 'memory',
      severity,
      scope: 'host',
      ...now,
    }));
}
