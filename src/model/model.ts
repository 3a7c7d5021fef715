import type {Frame} from '../types/frame.ts';
import type {State, SubsystemState} from '../types/state.ts';
import type {Header, KernelEvent, ProbeChange, Sample, Stamp, SubsystemName, Summary} from '../types/stream.ts';
import {SUBSYSTEMS} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';
import {Counters, type Increase} from './counters.ts';
import {keyOf, Recent, Totals} from './distributions.ts';
import {FactLog} from './fact-log.ts';
import type {Facts} from './facts.ts';
import {conclude} from './findings.ts';
import {figuresNow, figuresOfRun} from './gather.ts';
import {OwnCost} from './own-cost.ts';
import type {Cells} from './percentile.ts';
import {Retransmits} from './retransmits.ts';
import {Subsystem} from './subsystem.ts';
import {overallOf, summarize} from './summary.ts';

/** The newest events and errors that are kept. */
export const MAX_EVENTS = 10_000;
export const MAX_ERRORS = 100;

function freshState(eventSeq: number): State {
  return {
    probes: [],
    overall: 'HEALTHY',
    subsystems: [],
    events: [],
    eventSeq,
    recent: [],
    total: [],
    counters: [],
    loss: {},
    errors: [],
    findings: [],
    recommendations: [],
  };
}

/**
 * Makes the State that every face shows out of Frames alone: the same live and in replay. Pure: no I/O, and no clock
 * but the frames' own. `state` is one object for the model's whole life, changed in place by `apply`.
 */
export class Model {
  readonly state: State = freshState(0);
  #subsystems = new Map<SubsystemName, Subsystem>();
  #counters = new Counters();
  #totals = new Totals();
  #recent = new Recent();
  #facts = new FactLog();
  #retransmits = new Retransmits();
  #ownCost = new OwnCost();
  #nowMs = 0;
  #sampleMs?: number;

  /**
   * Takes one frame in. Completes `frame.sample.subsystems`, so write the frame out after this.
   * A frame with a header starts everything anew (a replay that went back).
   */
  apply(frame: Frame): State {
    if (frame.header) this.#reset(frame.header);
    for (const change of frame.probes) this.#probe(change);
    this.#events(frame.events);
    for (const error of frame.errors) this.#advance(error);
    this.#keepErrors(frame);
    if (frame.sample) this.#sample(frame.sample);
    this.#refresh();
    return this.state;
  }

  /** The run's summary. `overall` and findings speak of the whole run; `status` of each subsystem is its last one. */
  finish(stamp: Stamp): Summary {
    this.#advance(stamp);
    this.#refresh();
    const figures = figuresOfRun(this.state, this.#facts.run(), this.#retransmits);
    return summarize(stamp, this.state, conclude(figures));
  }

  #reset(header: Header): void {
    Object.assign(this.state, {
      sample: undefined,
      ownCost: undefined,
      startNs: undefined,
      nowNs: undefined,
      now: undefined,
      filter: undefined,
    });
    Object.assign(this.state, freshState(this.state.eventSeq));
    this.#counters = new Counters();
    this.#totals = new Totals();
    this.#recent = new Recent();
    this.#facts = new FactLog();
    this.#retransmits = new Retransmits();
    this.#ownCost = new OwnCost();
    this.#sampleMs = undefined;
    this.#nowMs = 0;
    Object.assign(this.state, {
      header,
      thresholds: {...header.thresholds},
      recent: this.#recent.list,
      total: this.#totals.list,
    });
    if (header.filter) this.state.filter = header.filter;
    this.state.probes = header.probes.map((probe) => ({...probe}));
    const names = SUBSYSTEMS.filter((name) => header.probes.some((probe) => probe.subsystem === name));
    this.#subsystems = new Map(names.map((name) => [name, new Subsystem(name)]));
    this.state.subsystems = [...this.#subsystems.values()].map((subsystem) => subsystem.state);
    this.#advance(header);
  }

  #probe(change: ProbeChange): void {
    this.#advance(change);
    const probe = this.state.probes.find((each) => each.id === change.id);
    if (!probe) return;
    const {state, method, reason, warn_us = probe.warn_us, crit_us = probe.crit_us} = change;
    Object.assign(probe, {state, method, reason, warn_us, crit_us});
    const limits = this.state.thresholds as unknown as Record<string, number> | undefined;
    if (!limits) return;
    if (change.warn_us !== undefined) limits[`${probe.subsystem}_warn_us`] = change.warn_us;
    if (change.crit_us !== undefined) limits[`${probe.subsystem}_crit_us`] = change.crit_us;
  }

  #events(events: readonly KernelEvent[]): void {
    for (const event of events) {
      const atMs = monoMs(event);
      this.#subsystems.get(event.subsystem)?.event(event, atMs);
      this.#facts.add(event);
    }
    const last = events.at(-1);
    if (!last) return;
    this.#advance(last);
    this.state.eventSeq += events.length;
    const kept = this.state.events;
    kept.push(...events.slice(-MAX_EVENTS));
    if (kept.length > MAX_EVENTS) kept.splice(0, kept.length - MAX_EVENTS);
  }

  #keepErrors(frame: Frame): void {
    if (frame.errors.length === 0) return;
    this.state.errors = [...this.state.errors, ...frame.errors].slice(-MAX_ERRORS);
  }

  #sample(sample: Sample): void {
    const endMs = monoMs(sample);
    // Going backwards (two boots' recordings in one file) leaves nothing to compare with.
    if (this.#sampleMs !== undefined && endMs < this.#sampleMs) this.#forgetWindows();
    const startMs = endMs - sample.interval_ms;
    this.#advance(sample);
    this.#nowMs = endMs;
    this.#sampleMs = endMs;
    this.state.sample = sample;
    this.state.counters = sample.counters;
    this.state.loss = sample.loss;
    this.state.ownCost = this.#ownCost.add(sample);
    this.#histograms(sample, endMs);
    const increases = this.#counters.next(sample.counters);
    this.#retransmits.push(endMs, increases);
    this.#facts.close(endMs);
    const facts = this.#facts.recent();
    this.#judge(sample, startMs, endMs, increases, facts);
    const figures = figuresNow(this.state, facts, this.#retransmits, this.#blockNow(endMs));
    Object.assign(this.state, conclude(figures));
  }

  #histograms(sample: Sample, endMs: number): void {
    for (const histogram of sample.histograms) {
      const key = keyOf(histogram.name, histogram.labels);
      if (this.#totals.add(key, histogram)) this.#recent.add(key, histogram, endMs);
    }
    this.#recent.expire(endMs);
  }

  #judge(sample: Sample, startMs: number, endMs: number, increases: Increase[], facts: Facts): void {
    const {probes, thresholds} = this.state;
    for (const subsystem of this.#subsystems.values()) {
      const ids = probes.filter((probe) => probe.subsystem === subsystem.name).map((probe) => probe.id);
      const context = {
        sample,
        startMs,
        endMs,
        increases,
        facts,
        thresholds,
        probes: ids,
        retransmits: this.#retransmits,
      };
      subsystem.sample(context);
    }
    this.#refresh();
    sample.subsystems = {};
    for (const subsystem of this.#subsystems.values()) sample.subsystems[subsystem.name] = subsystem.sampled();
  }

  #blockNow(endMs: number): Map<string, Cells> {
    return this.#subsystems.get('block')?.latency.lastByKey(endMs) ?? new Map();
  }

  #forgetWindows(): void {
    for (const subsystem of this.#subsystems.values()) subsystem.forget();
    this.#retransmits = new Retransmits();
  }

  /** Statuses as of now: what has cleared since, what an event raised. */
  #refresh(): void {
    for (const subsystem of this.#subsystems.values()) {
      const seen = this.state.probes.some(
        (probe) => probe.subsystem === subsystem.name && (probe.state === 'attached' || probe.state === 'degraded'),
      );
      subsystem.refresh(this.#nowMs, seen);
    }
    this.state.overall = overallOf(this.state.subsystems.map((subsystem: SubsystemState) => subsystem.status));
  }

  #advance(stamp: Stamp): void {
    const ms = monoMs(stamp);
    if (this.state.startNs === undefined) this.state.startNs = BigInt(stamp.mono_ns);
    if (ms < this.#nowMs && this.state.nowNs !== undefined) return;
    this.#nowMs = ms;
    this.state.nowNs = BigInt(stamp.mono_ns);
    this.state.now = stamp.time;
  }
}
