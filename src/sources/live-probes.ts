import type {Engine, NativeProbeState} from '../native/engine.ts';
import {SETTING} from '../native/engine.ts';
import {type ProbeCounts, readCounts} from '../native/snapshot.ts';
import {findProbe, PROBES, THRESHOLD_MAX_US, THRESHOLD_MIN_US} from '../probes/catalog.ts';
import type {KernelEvent, ProbeInfo, Stamp, SubsystemName, Thresholds} from '../types/stream.ts';
import type {Companion} from './companion.ts';
import type {FileProbe} from './file-probe.ts';
import {type ProbeReport, roleReport, wholeReport} from './probe-report.ts';
import type {SampleParts} from './readers/reader.ts';

/** Events a second that one probe may send in all; shared by the CPUs, each with a burst of two seconds' worth. */
const EVENTS_PER_SECOND = 10_000;
const MIN_PER_CPU = 100;
const BURST_SECONDS = 2;

export type ThresholdKey = keyof Thresholds;

/** The probes of a live run: their states, thresholds and counts, and the calls that change them. */
export class LiveProbes {
  /** Requested on the command line: what --check holds us to. */
  readonly wanted: readonly string[];
  private readonly states = new Map<string, NativeProbeState>();
  /** Why each of them was paused. One that is being tried is among them. */
  private readonly paused = new Map<string, string>();
  private readonly counts = new Map<string, ProbeCounts>();
  /** Those that have been on. */
  private readonly used = new Set<string>();
  /** Critical threshold by warning one, as the run began with them. */
  private readonly ratios = new Map<SubsystemName, number>();
  /** Events found by probes of files. */
  private readonly foundByFiles = new Map<string, number>();

  constructor(
    private readonly engine: Engine,
    wanted: readonly string[],
    readonly thresholds: Thresholds,
    /** The probes that no kernel program plays, by id. */
    private readonly files: Readonly<Record<string, FileProbe>>,
    /** What reads beside kernel probes, by their ids. */
    private readonly companions: Readonly<Record<string, Companion>>,
    /** What is to be done before a kernel probe is attached, by id; each says what the probe will lack, if anything. */
    private readonly preparations: Readonly<Record<string, () => string | undefined>> = {},
  ) {
    this.wanted = wanted;
    for (const {id, warnUs, fixedUs} of PROBES) {
      this.states.set(id, {state: 'off', method: '', reason: ''});
      if (!this.isNative(id)) continue;
      if (warnUs !== undefined) this.applyThreshold(id);
      if (fixedUs !== undefined) this.engine.set(id, SETTING.warnNs, fixedUs * 1000);
      this.applyRate(id);
    }
  }

  /** Is it a program in the kernel? Else it reads files. */
  isNative(id: string): boolean {
    return !Object.hasOwn(this.files, id);
  }

  /** Attaches the wanted ones, those of the kernel at once; one that fails stops no other. */
  async start(): Promise<void> {
    const native = this.wanted.filter((id) => this.isNative(id));
    const lacking = native.map((id) => this.preparations[id]?.());
    if (native.length > 0) await this.engine.probesOn(native);
    native.forEach((id, i) => {
      const state = prepared(this.engine.probeState(id), lacking[i]);
      this.settle(id, this.companions[id]?.start(state) ?? state);
    });
    for (const id of this.wanted) if (!this.isNative(id)) this.switch(id, true);
  }

  isOn(id: string): boolean {
    return this.isAttached(id) && !this.paused.has(id);
  }

  isPaused(id: string): boolean {
    return this.paused.has(id);
  }

  /** Its programs are in the kernel: as when it is on, or tried while it is paused. */
  private isAttached(id: string): boolean {
    const state = this.states.get(id)?.state;
    return state === 'attached' || state === 'degraded';
  }

  /** The kernel's programs at work. */
  attached(): {id: string; method: string}[] {
    return PROBES.filter(({id}) => this.isOn(id) && this.isNative(id)).map(({id}) => ({
      id,
      method: this.states.get(id)?.method ?? '',
    }));
  }

  anyOn(): boolean {
    return PROBES.some(({id}) => this.isOn(id));
  }

  stop(): void {
    for (const {id} of PROBES) if (this.isAttached(id) && this.isNative(id)) this.engine.probe(id, false);
  }

  /** The last thing: a probe of files gives its figures up to here. */
  close(): void {
    for (const file of Object.values(this.files)) file.stop();
  }

  /** Detaches a kernel probe that is to come back; `reason` says why. */
  pause(id: string, reason: string): void {
    this.paused.set(id, reason);
    this.switch(id, false);
  }

  /** Attaches a paused probe for a moment; it stays paused for everybody else. Returns how it is attached, if it is. */
  try(id: string): string | undefined {
    const state = this.switch(id, true);
    if (this.isAttached(id)) return state.method;
    this.paused.delete(id);
    return undefined;
  }

  /** After `try`: the probe is on again, or waits on. */
  settleTrial(id: string, stays: boolean): void {
    if (stays) this.paused.delete(id);
    else this.switch(id, false);
  }

  /** Attaches or detaches; returns the sentence of what failed, if anything. One that is paused is attached. */
  toggle(id: string): string | undefined {
    if (!findProbe(id)) return `no probe is called ${id}`;
    return this.turn(id, !this.isOn(id));
  }

  /** Attaches or detaches, whatever it is now; returns the sentence of what failed, if anything. */
  turn(id: string, on: boolean): string | undefined {
    this.paused.delete(id);
    const state = this.switch(id, on);
    return state.state === 'unavailable' ? `${id}: ${state.reason}` : undefined;
  }

  private switch(id: string, on: boolean): NativeProbeState {
    const file = this.files[id];
    let state: NativeProbeState;
    if (!file) state = this.switchNative(id, on);
    else if (on) state = file.start();
    else {
      file.stop();
      state = {state: 'off', method: '', reason: ''};
    }
    this.settle(id, state);
    return state;
  }

  /** Keeps what became of a probe. */
  private settle(id: string, state: NativeProbeState): void {
    this.states.set(id, state);
    if (this.isAttached(id)) this.used.add(id);
    const replaced = findProbe(id)?.instead?.of;
    if (replaced) this.engine.set(replaced, SETTING.quiet, this.isAttached(id) ? 1 : 0);
  }

  private switchNative(id: string, on: boolean): NativeProbeState {
    const beside = this.companions[id];
    if (on) return beside ? beside.start(this.attach(id)) : this.attach(id);
    beside?.stop();
    return this.engine.probe(id, false);
  }

  private attach(id: string): NativeProbeState {
    const lacking = this.preparations[id]?.();
    return prepared(this.engine.probe(id, true), lacking);
  }

  /** Sets the warning threshold of a subsystem; the critical one keeps its ratio to it, up to where the scale ends. */
  setWarning(subsystem: SubsystemName, warnUs: number): string | undefined {
    const probe = PROBES.find((spec) => spec.subsystem === subsystem && spec.warnUs !== undefined);
    if (!probe) return `${subsystem} has no threshold`;
    if (!(warnUs >= THRESHOLD_MIN_US && warnUs <= THRESHOLD_MAX_US)) return 'a threshold is 1 µs to 60 s';
    const [warn, crit] = keys(subsystem);
    const ratio = this.ratios.get(subsystem) ?? (this.thresholds[crit] ?? 0) / (this.thresholds[warn] ?? 1);
    this.ratios.set(subsystem, ratio);
    this.thresholds[warn] = warnUs;
    this.thresholds[crit] = Math.min(THRESHOLD_MAX_US, Math.round(warnUs * ratio));
    this.applyThreshold(probe.id);
    return undefined;
  }

  /** When a drain is woken: by the first event, or only by a ring that is filling up. */
  wakeAtFirst(first: boolean): void {
    for (const {id} of PROBES) if (this.isNative(id)) this.engine.set(id, SETTING.wakeBytes, first ? 1 : 0);
  }

  info(id: string): ProbeInfo {
    const spec = findProbe(id);
    const state = this.states.get(id);
    if (!spec || !state) throw new Error(`no probe ${id}`);
    const [warn, crit] = keys(spec.subsystem);
    const paused = this.paused.get(id);
    const {method, reason} = paused === undefined ? state : {method: '', reason: paused};
    return {
      id,
      subsystem: spec.subsystem,
      state: paused === undefined ? state.state : 'paused',
      ...(method && {method}),
      ...(reason && {reason}),
      ...(spec.warnUs !== undefined && {warn_us: this.thresholds[warn], crit_us: this.thresholds[crit]}),
    };
  }

  infos(): ProbeInfo[] {
    return PROBES.map(({id}) => this.info(id));
  }

  /** Every probe with what became of each part of it. */
  reports(): ProbeReport[] {
    return PROBES.map(({id, default: standard}) => {
      const info = this.info(id);
      const roles = this.isNative(id) ? this.engine.roles(id).map(roleReport) : [wholeReport(info)];
      const beside = this.companions[id];
      return {...info, default: standard, roles: beside ? [...roles, beside.role()] : roles};
    });
  }

  /** Takes a kernel probe's snapshot; hands its view to the reader before the next snapshot overwrites it. */
  snapshot(id: string, read: (view: DataView, counts: ProbeCounts) => void): void {
    const view = this.engine.snapshot(id, true);
    const counts = readCounts(view);
    this.counts.set(id, counts);
    read(view, counts);
  }

  /** Counts an event of a probe of files: each that it finds is delivered. */
  found(id: string): void {
    if (!this.isNative(id)) this.foundByFiles.set(id, (this.foundByFiles.get(id) ?? 0) + 1);
  }

  /** Lets the probes of files that are on add to a sample; returns the events they found. */
  sampleFiles(into: SampleParts, stamp: Stamp, intervalMs: number): KernelEvent[] {
    const all: KernelEvent[] = [];
    for (const [id, file] of Object.entries(this.files)) {
      if (!this.isOn(id)) continue;
      all.push(...file.sample(into, stamp, intervalMs));
    }
    return all;
  }

  /** What a probe has found since it was first switched on, sent or not; undefined for one that never was. */
  hitsOf(id: string): number | undefined {
    if (!this.isNative(id)) return this.isOn(id) ? (this.foundByFiles.get(id) ?? 0) : this.foundByFiles.get(id);
    const counts = this.counts.get(id);
    if (!counts || !this.used.has(id)) return undefined;
    return counts.hits + (this.companions[id]?.counts.hits ?? 0) + this.missedOf(id);
  }

  /** What a probe can't have seen: runs that the kernel skipped, files that were overwritten unread. */
  missedOf(id: string): number {
    return (this.counts.get(id)?.missed ?? 0) + (this.companions[id]?.counts.missed ?? 0);
  }

  /** A kernel probe's counts at this moment. */
  countsNow(id: string): ProbeCounts {
    return readCounts(this.engine.snapshot(id, false));
  }

  /** Counts of the last snapshot. */
  countsOf(id: string): ProbeCounts | undefined {
    return this.counts.get(id);
  }

  private applyThreshold(id: string): void {
    const warnUs = this.thresholds[keys(findProbe(id)?.subsystem ?? 'sched')[0]];
    if (warnUs !== undefined) this.engine.set(id, SETTING.warnNs, BigInt(Math.round(warnUs * 1000)));
  }

  private applyRate(id: string): void {
    const all = findProbe(id)?.eventsPerSecond ?? EVENTS_PER_SECOND;
    const perCpu = Math.max(MIN_PER_CPU, all / this.engine.cpus);
    this.engine.set(id, SETTING.eventCostNs, Math.round(1e9 / perCpu));
    this.engine.set(id, SETTING.eventBurstNs, BURST_SECONDS * 1e9);
  }
}

/** The keys of a subsystem's two thresholds. */
export function keys(subsystem: SubsystemName): [ThresholdKey, ThresholdKey] {
  return [`${subsystem}_warn_us` as ThresholdKey, `${subsystem}_crit_us` as ThresholdKey];
}

/** A probe whose preparation lacked something does without. */
function prepared(state: NativeProbeState, lacking: string | undefined): NativeProbeState {
  if (!lacking || state.state === 'unavailable') return state;
  return {...state, state: 'degraded', reason: state.reason ? `${state.reason}; ${lacking}` : lacking};
}
