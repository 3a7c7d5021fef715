import type {SubsystemState} from '../types/state.ts';
import {
  type KernelEvent,
  LATENCY_SUBSYSTEMS,
  type LatencySubsystem,
  type Status,
  type SubsystemName,
  type SubsystemSample,
} from '../types/stream.ts';
import type {Increase} from './counters.ts';
import {type Cells, percentile} from './percentile.ts';
import type {Drops} from './status/drops.ts';
import {Judge, OK, worse} from './status/judge.ts';
import {LatencyRule} from './status/latency.ts';
import {lockupRule} from './status/lockup.ts';
import {memoryRule} from './status/memory.ts';
import {NetworkRule} from './status/network.ts';
import {ProcessRule} from './status/process.ts';
import type {Retransmits} from './status/retransmits.ts';
import type {RuleContext, StatusRule, Trigger} from './status/rule.ts';
import {merge} from './status/timeline.ts';

const HISTORY = 60;

/** What a sample brings to one subsystem. */
export interface SampleContext extends RuleContext {
  /** Ids of the subsystem's probes. */
  probes: readonly string[];
}

/** What the rule for the network judges by. */
export interface NetworkCounts {
  retransmits: Retransmits;
  drops: Drops;
}

function isLatency(name: SubsystemName): name is LatencySubsystem {
  return (LATENCY_SUBSYSTEMS as readonly string[]).includes(name);
}

/** One subsystem's tile: its figures and its judgement. */
export class Subsystem {
  readonly state: SubsystemState;
  #latency?: LatencyRule;
  #rule: StatusRule = {};
  #judge = new Judge();
  #delivered = 0;
  #byHits = false;
  #sampled: SubsystemSample = {status: 'UNKNOWN', events: 0, rate_per_s: 0};

  constructor(name: SubsystemName, network: NetworkCounts) {
    this.state = {name, status: 'UNKNOWN', worstStatus: 'UNKNOWN', why: '', events: 0, rate: 0, history: []};
    this.forget(network);
  }

  get name(): SubsystemName {
    return this.state.name;
  }

  event(event: KernelEvent, atMs: number): void {
    this.#delivered++;
    const latency = 'latency_us' in event && typeof event.latency_us === 'number' ? event.latency_us : undefined;
    if (this.#latency && latency !== undefined) this.state.worst_us = Math.max(this.state.worst_us ?? 0, latency);
    this.#trigger(this.#rule.event?.(event), atMs);
  }

  sample(context: SampleContext): void {
    const {sample, startMs, endMs} = context;
    this.#count(context);
    const said = this.#rule.sample?.(context);
    for (const trigger of said?.triggers ?? []) this.#trigger(trigger, endMs);
    this.#judge.rule(said?.verdict ?? OK, startMs, endMs);
    const {events, rate_per_s} = this.#sampled;
    this.#sampled = {status: 'UNKNOWN', events, rate_per_s};
    if (this.#latency) this.#latencies(merge(sample.histograms.filter(({name}) => name === this.name)));
    const figure = this.#latency ? this.#sampled.p99_us : rate_per_s;
    this.state.history = [...this.state.history, figure].slice(-HISTORY);
    const now = this.#latency?.last(endMs);
    this.state.p50_us = now && percentile(now, 0.5);
    this.state.p99_us = now && percentile(now, 0.99);
  }

  /** What the sample object says of this subsystem; after `refresh`. */
  sampled(): SubsystemSample {
    return {...this.#sampled, status: this.state.status};
  }

  /** The last 10 s by device. */
  lastByDevice(nowMs: number): Map<string, Cells> {
    return this.#latency?.lastByDevice(nowMs) ?? new Map();
  }

  /** Devices over a threshold as of the last sample. */
  get levels(): ReadonlyMap<string, Status> {
    return this.#latency?.levels ?? new Map();
  }

  /** `blind`: why nothing is known of it now, when none of its probes is attached. */
  refresh(nowMs: number, blind?: string): void {
    if (blind !== undefined) {
      this.#judge = new Judge();
      this.state.status = 'UNKNOWN';
      this.state.why = blind;
      return;
    }
    const {status, why} = this.#judge.at(nowMs);
    this.state.status = status;
    this.state.why = why;
    this.state.worstStatus = worse(this.state.worstStatus, status);
  }

  /** Time went backwards: nothing in the windows can be compared any more. */
  forget(network: NetworkCounts): void {
    this.#judge = new Judge();
    const {name} = this;
    this.#latency = isLatency(name) ? new LatencyRule(name) : undefined;
    if (this.#latency) this.#rule = this.#latency;
    else if (name === 'memory') this.#rule = memoryRule;
    else if (name === 'network') this.#rule = new NetworkRule(network.retransmits, network.drops);
    else if (name === 'lockup') this.#rule = lockupRule;
    else if (name === 'process') this.#rule = new ProcessRule();
  }

  #trigger(trigger: Trigger | undefined, atMs: number): void {
    if (trigger) this.#judge.trigger(trigger.level, trigger.why, atMs);
  }

  /** Events by the kernel's count (increase of `hits`); by delivered ones where a stream has no such counter. */
  #count({sample, increases, probes}: SampleContext): void {
    const hits = increases.filter(({name, labels}) => name === 'hits' && probes.includes(labels.probe ?? ''));
    if (hits.length > 0) this.#byHits = true;
    const events = this.#byHits ? sumOf(hits, sample.interval_ms) : this.#delivered - this.state.events;
    this.state.events += events;
    this.state.rate = sample.interval_ms > 0 ? (events * 1000) / sample.interval_ms : 0;
    this.#sampled = {status: 'UNKNOWN', events, rate_per_s: this.state.rate};
  }

  #latencies(merged: Cells | undefined): void {
    if (!merged) return;
    const p99 = percentile(merged, 0.99);
    if (merged.max > 0) this.state.worst_us = Math.max(this.state.worst_us ?? 0, merged.max);
    if (p99 === undefined) return;
    Object.assign(this.#sampled, {p50_us: percentile(merged, 0.5), p99_us: p99});
    if (merged.max > 0) this.#sampled.max_us = merged.max;
  }
}

/** The sample of no length that starts a recording's later part only tells where the counters stood. */
function sumOf(increases: readonly Increase[], intervalMs: number): number {
  const counted = intervalMs > 0 ? increases : increases.filter(({first}) => !first);
  return counted.reduce((sum, {by}) => sum + by, 0);
}
