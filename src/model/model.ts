import type {Frame} from '../types/frame.ts';
import type {State, SubsystemState} from '../types/state.ts';
import type {Header, KernelEvent, ProbeChange, Psi, Sample, Stamp, SubsystemName, Summary} from '../types/stream.ts';
import {SUBSYSTEMS} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';
import {CounterSums} from './counter-sums.ts';
import {Counters, type Increase} from './counters.ts';
import {Details, emptyDetail} from './detail.ts';
import {keyOf, Recent, Totals} from './distributions.ts';
import type {Facts} from './facts/facts.ts';
import {FactLog} from './facts/log.ts';
import {conclude} from './findings/conclude.ts';
import {FocusLog} from './focus.ts';
import {figuresNow, figuresOfRun, type Kept, networkNow} from './gather.ts';
import {OwnCost} from './own-cost.ts';
import {Pauses} from './pauses.ts';
import type {Cells} from './percentile.ts';
import {Restarts} from './restarts.ts';
import {LastSamples} from './samples.ts';
import {blindness} from './status/blindness.ts';
import {Drops} from './status/drops.ts';
import {Retransmits} from './status/retransmits.ts';
import {StealSum} from './steal.ts';
import {type NetworkCounts, Subsystem} from './subsystem.ts';
import {overallOf, summarize} from './summary.ts';
import {SyscallSums} from './syscall-sums.ts';
import {Traces} from './traces.ts';

/** The newest events and errors that are kept. */
export const MAX_EVENTS = 10_000;
export const MAX_ERRORS = 100;
/** An event is older than the sample that follows it; one so much younger is of another time. */
const AHEAD_MS = 60_000;

function freshState(eventSeq: number): State {
  return {
    probes: [],
    overall: 'HEALTHY',
    subsystems: [],
    events: [],
    eventSeq,
    samples: [],
    recent: [],
    total: [],
    counters: [],
    network: {},
    detail: emptyDetail(),
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
  #samples = new LastSamples();
  #facts = new FactLog();
  #network: NetworkCounts = {retransmits: new Retransmits(), drops: new Drops()};
  #sums = new CounterSums();
  #details = new Details();
  #worstPressure?: Psi;
  #ownCost = new OwnCost();
  #steal = new StealSum();
  #pauses = new Pauses();
  #restarts = new Restarts();
  #focus = new FocusLog();
  /** Of the cgroup that is watched alone. */
  #syscalls = new SyscallSums();
  #traces = new Traces();
  #nowMs = 0;
  #sampleMs?: number;

  /**
   * Takes one frame in. Completes `frame.sample.subsystems` and `blame`, so write the frame out after this.
   * A frame with a header starts everything anew (a replay that went back).
   */
  apply(frame: Frame): State {
    if (frame.header) this.#reset(frame.header);
    for (const change of frame.probes) this.#probe(change);
    this.#events(frame.events);
    for (const error of frame.errors) this.#advance(error);
    this.#keepErrors(frame);
    this.#keepTraces(frame);
    if (frame.sample) this.#sample(frame.sample);
    this.#refresh();
    return this.state;
  }

  /** The run's summary. `overall` and findings speak of the whole run; `status` of each subsystem is its last one. */
  finish(stamp: Stamp): Summary {
    this.#advance(stamp);
    this.#refresh();
    const figures = figuresOfRun(this.state, this.#kept(this.#facts.run()));
    return summarize(stamp, this.state, conclude(figures), (ranMs) => this.#details.ofRun(ranMs));
  }

  #reset(header: Header): void {
    Object.assign(this.state, {
      sample: undefined,
      focus: undefined,
      syscalls: undefined,
      traces: undefined,
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
    this.#samples = new LastSamples();
    this.#facts = new FactLog();
    this.#network = {retransmits: new Retransmits(), drops: new Drops()};
    this.#sums = new CounterSums();
    this.#details = new Details();
    this.#worstPressure = undefined;
    this.#ownCost = new OwnCost();
    this.#steal = new StealSum();
    this.#pauses = new Pauses();
    this.#restarts = new Restarts();
    this.#focus = new FocusLog();
    this.#syscalls = new SyscallSums();
    this.#traces = new Traces();
    this.#sampleMs = undefined;
    this.#nowMs = 0;
    Object.assign(this.state, {
      header,
      thresholds: {...header.thresholds},
      samples: this.#samples.list,
      recent: this.#recent.list,
      total: this.#totals.list,
    });
    if (header.filter) this.state.filter = header.filter;
    this.state.probes = header.probes.map((probe) => ({...probe}));
    const names = SUBSYSTEMS.filter((name) => header.probes.some((probe) => probe.subsystem === name));
    this.#subsystems = new Map(names.map((name) => [name, new Subsystem(name, this.#network)]));
    this.state.subsystems = [...this.#subsystems.values()].map((subsystem) => subsystem.state);
    this.#advance(header);
    for (const {id, state} of header.probes) this.#pauses.note(id, state, this.#nowMs);
  }

  #probe(change: ProbeChange): void {
    this.#advance(change);
    const probe = this.state.probes.find((each) => each.id === change.id);
    if (!probe) return;
    const {state, method, reason, warn_us = probe.warn_us, crit_us = probe.crit_us} = change;
    Object.assign(probe, {state, method, reason, warn_us, crit_us});
    this.#pauses.note(probe.id, state, this.#nowMs);
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
      this.#details.event(event, atMs);
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

  #keepTraces({traces = []}: Frame): void {
    if (traces.length === 0) return;
    for (const trace of traces) this.#advance(trace);
    this.state.traces = this.#traces.add(traces);
  }

  #sample(sample: Sample): void {
    const endMs = monoMs(sample);
    // Going backwards (two boots' recordings in one file) leaves nothing to compare with. Nor does what is far ahead.
    if (endMs < Math.max(this.#sampleMs ?? endMs, this.#nowMs - AHEAD_MS)) this.#forgetWindows();
    const startMs = endMs - sample.interval_ms;
    this.#advance(sample);
    this.#nowMs = endMs;
    this.#sampleMs = endMs;
    this.state.sample = sample;
    this.#samples.add(sample);
    this.#steal.add(sample);
    this.state.counters = sample.counters;
    this.state.loss = sample.loss;
    this.state.ownCost = this.#ownCost.add(sample);
    this.state.focus = this.#focus.push(sample);
    for (const call of sample.syscalls ?? []) this.#syscalls.add(call);
    if (sample.syscalls) this.state.syscalls = this.#syscalls.list;
    this.#histograms(sample, endMs);
    const increases = this.#counters.next(sample.counters);
    this.#network.retransmits.push(endMs, increases);
    this.#network.drops.push(startMs, endMs, increases);
    this.#sums.push(endMs, increases);
    this.#worstPressure = higher(this.#worstPressure, sample.pressure?.memory);
    this.#restarts.push(sample, endMs);
    this.#facts.close(endMs);
    const facts = this.#facts.recent();
    this.#judge(sample, startMs, endMs, increases, facts);
    this.state.network = networkNow(this.state, this.#network, endMs);
    const blame = this.#details.takeBlame();
    // A part of a recording may lack the events that its samples tell of.
    if (blame.length > 0) sample.blame = blame;
    const {drops: counted} = this.#network;
    const drops = () => counted.recent();
    const levels = this.#subsystems.get('block')?.levels ?? new Map();
    this.state.detail = this.#details.sample({sample, startMs, endMs, increases, drops, levels}, this.state);
    const figures = figuresNow(this.state, this.#kept(facts), this.#blockNow(endMs));
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
        restarts: this.#restarts,
        thresholds,
        probes: ids,
        filtered: this.state.filter !== undefined,
      };
      subsystem.sample(context);
    }
    this.#refresh();
    sample.subsystems = {};
    for (const subsystem of this.#subsystems.values()) sample.subsystems[subsystem.name] = subsystem.sampled();
  }

  #kept(facts: Facts): Kept {
    return {
      facts,
      network: this.#network,
      sums: this.#sums,
      worstPressure: this.#worstPressure,
      stolen: this.#steal.sum,
      pauses: this.#pauses.until(this.#nowMs),
      restarts: this.#restarts,
    };
  }

  #blockNow(endMs: number): Map<string, Cells> {
    return this.#subsystems.get('block')?.lastByDevice(endMs) ?? new Map();
  }

  #forgetWindows(): void {
    this.#facts.forget();
    this.#restarts.forget();
    this.#sums.forget();
    this.#recent.forget();
    this.#details.forget();
    this.#network = {retransmits: new Retransmits(), drops: new Drops()};
    for (const subsystem of this.#subsystems.values()) subsystem.forget(this.#network);
  }

  /** Statuses as of now: what has cleared since, what an event raised. */
  #refresh(): void {
    for (const subsystem of this.#subsystems.values()) {
      const probes = this.state.probes.filter((probe) => probe.subsystem === subsystem.name);
      subsystem.refresh(this.#nowMs, blindness(probes));
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

function higher(a: Psi | undefined, b: Psi | undefined): Psi | undefined {
  if (!a || !b) return a ?? b;
  const most = (key: keyof Psi) => Math.max(a[key] ?? 0, b[key] ?? 0);
  return {some_avg10_pct: most('some_avg10_pct'), full_avg10_pct: most('full_avg10_pct')};
}
