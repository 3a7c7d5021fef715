import type {Histogram, KernelEvent, LatencySubsystem, Status, Thresholds} from '../../types/stream.ts';
import {duration, percent} from '../../util/format.ts';
import type {Facts} from '../facts/facts.ts';
import {type Cells, countAtLeast} from '../percentile.ts';
import {OK, type Verdict} from './judge.ts';
import type {RuleContext, StatusRule, Trigger} from './rule.ts';
import {LatencyWindows, worstOf} from './windows.ts';

const MOSTLY_QUEUE = 0.8;
/**
 * A task that wakes doesn't push aside the one that runs before its slice or the tick is over. An idle host has a dozen
 * such waits among 500 in 10 s, one that is a third busy 50 among 3000, and neither is short of CPUs.
 */
const SCHED_SLOW_NEEDED = 100;
const UNIT: Record<LatencySubsystem, string> = {sched: 'wait', block: 'request', vfs: 'call', syscall: 'call'};

/** Thresholds of a subsystem in microseconds, where it has them. */
export function limitsOf(thresholds: Thresholds | undefined, name: string): {warn: number; crit: number} | undefined {
  const all = thresholds as Record<string, number | undefined> | undefined;
  const warn = all?.[`${name}_warn_us`];
  const crit = all?.[`${name}_crit_us`];
  return warn === undefined || crit === undefined ? undefined : {warn, crit};
}

/**
 * sched, block, vfs, syscall: p99 over the threshold in 2 of the last 3 10-s windows (block: of one device), or one
 * event at or above the critical threshold.
 */
export class LatencyRule implements StatusRule {
  readonly #name: LatencySubsystem;
  readonly #windows: LatencyWindows;
  /** Devices over a threshold as of the last sample. */
  levels: ReadonlyMap<string, Status> = new Map();

  constructor(name: LatencySubsystem) {
    this.#name = name;
    this.#windows = new LatencyWindows(name === 'sched' ? SCHED_SLOW_NEEDED : 1);
  }

  event(event: KernelEvent): Trigger | undefined {
    if (event.severity !== 'critical') return undefined;
    const latency = 'latency_us' in event && typeof event.latency_us === 'number' ? event.latency_us : undefined;
    const device = 'device' in event && typeof event.device === 'string' ? event.device : undefined;
    return this.#one(device, latency === undefined ? '' : ` of ${duration(latency)}`);
  }

  sample({sample, startMs, endMs, thresholds, facts}: RuleContext): {verdict: Verdict; triggers: Trigger[]} {
    const limits = limitsOf(thresholds, this.#name);
    const triggers: Trigger[] = [];
    for (const histogram of sample.histograms) {
      if (histogram.name !== this.#name) continue;
      this.#windows.push(histogram.labels.device ?? '', startMs, endMs, histogram);
      const trigger = limits && this.#counted(histogram, limits.crit);
      if (trigger) triggers.push(trigger);
    }
    this.#windows.advance(endMs);
    this.levels = new Map();
    if (!limits) return {verdict: OK, triggers};
    const over = this.#windows.over(limits.warn, limits.crit);
    this.levels = new Map([...over].map(([device, {level}]) => [device, level]));
    const describe = (device: string, text: string) => (device ? this.#device(device, text, facts) : text);
    return {verdict: worstOf(over, describe), triggers};
  }

  /** Everything of the last 10 s. */
  last(nowMs: number): Cells | undefined {
    return this.#windows.last(nowMs);
  }

  /** The same by device. */
  lastByDevice(nowMs: number): Map<string, Cells> {
    return this.#windows.lastByKey(nowMs);
  }

  /** A wait above critical counts also when its event was held or lost. */
  #counted({bounds, counts, labels, max}: Histogram, critUs: number): Trigger | undefined {
    if (countAtLeast(bounds, counts, critUs) === 0) return undefined;
    return this.#one(labels.device, max >= critUs ? ` of ${duration(max)}` : ` over ${duration(critUs)}`);
  }

  #one(device: string | undefined, size: string): Trigger {
    return {level: 'WARNING', why: `${device ? `${device}: ` : ''}one ${UNIT[this.#name]}${size}`};
  }

  #device(device: string, text: string, facts: Facts): string {
    const queue = facts.block.queueShare(device) ?? 0;
    return `${device}: ${text}${queue > MOSTLY_QUEUE ? `, ${percent(100 * queue)} of it queue time` : ''}`;
  }
}
