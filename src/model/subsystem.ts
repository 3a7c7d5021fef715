import type {SubsystemState} from '../types/state.ts';
import type {Histogram, KernelEvent, Sample, SubsystemName, SubsystemSample, Thresholds} from '../types/stream.ts';
import {duration, percent} from '../util/format.ts';
import type {Increase} from './counters.ts';
import type {Facts} from './facts.ts';
import {Judge, OK, type Verdict, worse} from './judge.ts';
import {LatencyWindows} from './latency.ts';
import {countAtLeast, percentile} from './percentile.ts';
import type {Retransmits} from './retransmits.ts';
import {merge} from './timeline.ts';

const HISTORY = 60;
/** Subsystems with a latency distribution of their own name, judged by it. */
const BY_LATENCY: ReadonlySet<SubsystemName> = new Set(['sched', 'block', 'vfs', 'syscall']);
const MOSTLY_QUEUE = 0.8;

/** What a sample brings to one subsystem. */
export interface SampleContext {
  sample: Sample;
  startMs: number;
  endMs: number;
  increases: Increase[];
  facts: Facts;
  thresholds?: Thresholds;
  /** Ids of the subsystem's probes. */
  probes: string[];
  retransmits: Retransmits;
}

/** Thresholds of a subsystem in microseconds, where it has them. */
export function limitsOf(
  thresholds: Thresholds | undefined,
  name: SubsystemName,
): {warn: number; crit: number} | undefined {
  const all = thresholds as unknown as Record<string, number | undefined> | undefined;
  const warn = all?.[`${name}_warn_us`];
  const crit = all?.[`${name}_crit_us`];
  return warn === undefined || crit === undefined ? undefined : {warn, crit};
}

/** One subsystem's tile: its figures and its judgement. */
export class Subsystem {
  readonly state: SubsystemState;
  readonly latency = new LatencyWindows();
  #judge = new Judge();
  #delivered = 0;
  #byHits = false;
  #sampled: SubsystemSample = {status: 'UNKNOWN', events: 0, rate_per_s: 0};

  constructor(name: SubsystemName) {
    this.state = {name, status: 'UNKNOWN', worstStatus: 'UNKNOWN', why: '', events: 0, rate: 0, history: []};
  }

  get name(): SubsystemName {
    return this.state.name;
  }

  event(event: KernelEvent, atMs: number): void {
    this.#delivered++;
    const latency = 'latency_us' in event && typeof event.latency_us === 'number' ? event.latency_us : undefined;
    if (latency !== undefined) this.state.worst_us = Math.max(this.state.worst_us ?? 0, latency);
    if (event.type === 'OOM_KILL') this.#judge.trigger('CRITICAL', `OOM kill of ${victim(event)}`, atMs);
    else if (BY_LATENCY.has(this.name) && event.severity === 'critical') {
      const device = 'device' in event && typeof event.device === 'string' ? `${event.device}: ` : '';
      const size = latency === undefined ? '' : ` of ${duration(latency)}`;
      this.#judge.trigger('WARNING', `${device}one ${this.#unit()}${size}`, atMs);
    }
  }

  sample(context: SampleContext): void {
    const {sample, startMs, endMs} = context;
    const own = sample.histograms.filter((histogram) => histogram.name === this.name);
    const merged = merge(own);
    this.#count(context);
    if (BY_LATENCY.has(this.name)) this.#latency(context, own);
    this.#judge.rule(this.#verdict(context), startMs, endMs);
    if (merged && merged.max > 0) this.state.worst_us = Math.max(this.state.worst_us ?? 0, merged.max);
    const p99 = merged && percentile(merged, 0.99);
    const {events, rate_per_s} = this.#sampled;
    this.#sampled = {status: 'UNKNOWN', events, rate_per_s};
    if (p99 !== undefined && merged) {
      Object.assign(this.#sampled, {p50_us: percentile(merged, 0.5), p99_us: p99});
      if (merged.max > 0) this.#sampled.max_us = merged.max;
    }
    this.state.history = [...this.state.history, BY_LATENCY.has(this.name) ? p99 : rate_per_s].slice(-HISTORY);
  }

  /** What the sample object says of this subsystem; after `refresh`. */
  sampled(): SubsystemSample {
    return {...this.#sampled, status: this.state.status};
  }

  /** `seen`: at least one of its probes is attached. */
  refresh(nowMs: number, seen: boolean): void {
    if (!seen) {
      this.#judge = new Judge();
      this.state.status = 'UNKNOWN';
      this.state.why = 'no probe attached';
      return;
    }
    const {status, why} = this.#judge.at(nowMs);
    this.state.status = status;
    this.state.why = why;
    this.state.worstStatus = worse(this.state.worstStatus, status);
  }

  /** Time went backwards: nothing in the windows can be compared any more. */
  forget(): void {
    this.latency.expire(Number.POSITIVE_INFINITY);
    this.#judge = new Judge();
  }

  /** Events by the kernel's count (increase of `hits`); by delivered ones where a stream has no such counter. */
  #count({sample, increases, probes}: SampleContext): void {
    const hits = increases.filter(({name, labels}) => name === 'hits' && probes.includes(labels.probe ?? ''));
    if (hits.length > 0) this.#byHits = true;
    // The sample of no length that starts a recording's later part only tells where the counters stood.
    const counted = sample.interval_ms > 0 ? hits : hits.filter(({first}) => !first);
    const events = this.#byHits ? counted.reduce((sum, {by}) => sum + by, 0) : this.#delivered - this.state.events;
    this.state.events += events;
    this.state.rate = sample.interval_ms > 0 ? (events * 1000) / sample.interval_ms : 0;
    this.#sampled = {status: 'UNKNOWN', events, rate_per_s: this.state.rate};
  }

  #latency({startMs, endMs, thresholds}: SampleContext, own: Histogram[]): void {
    const limits = limitsOf(thresholds, this.name);
    for (const histogram of own) {
      this.latency.push(histogram.labels.device ?? '', startMs, endMs, histogram);
      // A wait above critical counts also when its event was held or lost.
      if (limits && countAtLeast(histogram.bounds, histogram.counts, limits.crit) > 0) {
        const device = histogram.labels.device ? `${histogram.labels.device}: ` : '';
        const size = histogram.max >= limits.crit ? ` of ${duration(histogram.max)}` : ` over ${duration(limits.crit)}`;
        this.#judge.trigger('WARNING', `${device}one ${this.#unit()}${size}`, endMs);
      }
    }
    this.latency.expire(endMs);
    const now = this.latency.last(endMs);
    this.state.p50_us = now && percentile(now, 0.5);
    this.state.p99_us = now && percentile(now, 0.99);
  }

  #verdict({endMs, thresholds, facts, retransmits}: SampleContext): Verdict {
    if (this.name === 'network') return retransmits.verdict();
    const limits = limitsOf(thresholds, this.name);
    if (!limits || !BY_LATENCY.has(this.name)) return OK;
    return this.latency.verdict(endMs, limits.warn, limits.crit, (device, text) => {
      const queue = facts.queueShare(device) ?? 0;
      const note = queue > MOSTLY_QUEUE ? `, ${percent(100 * queue)} of it queue time` : '';
      return device ? `${device}: ${text}${note}` : text;
    });
  }

  #unit(): string {
    return this.name === 'sched' ? 'wait' : this.name === 'block' ? 'request' : 'call';
  }
}

function victim(event: KernelEvent): string {
  const {victim_comm: comm, victim_pid: pid} = event as {victim_comm?: unknown; victim_pid?: unknown};
  return `${typeof comm === 'string' ? comm : 'a process'} (pid ${typeof pid === 'number' ? pid : '-'})`;
}
