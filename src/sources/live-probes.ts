import type {Engine, NativeProbeState} from '../native/engine.ts';
import {SETTING} from '../native/engine.ts';
import {type ProbeCounts, readCounts} from '../native/snapshot.ts';
import {findProbe, PROBES, THRESHOLD_MAX_US, THRESHOLD_MIN_US} from '../probes/catalog.ts';
import type {ProbeInfo, SubsystemName, Thresholds} from '../types/stream.ts';

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
  private readonly counts = new Map<string, ProbeCounts>();

  constructor(
    private readonly engine: Engine,
    wanted: readonly string[],
    readonly thresholds: Thresholds,
    unlimited = false,
  ) {
    this.wanted = wanted;
    for (const {id, warnUs} of PROBES) {
      if (warnUs !== undefined) this.applyThreshold(id);
      if (!unlimited) this.applyRate(id);
      this.states.set(id, {state: 'off', method: '', reason: ''});
    }
  }

  /** Attaches the wanted ones; one that fails stops no other. */
  start(): void {
    for (const id of this.wanted) this.states.set(id, this.engine.probe(id, true));
  }

  isOn(id: string): boolean {
    const state = this.states.get(id)?.state;
    return state === 'attached' || state === 'degraded';
  }

  attached(): {id: string; method: string}[] {
    return PROBES.filter(({id}) => this.isOn(id)).map(({id}) => ({id, method: this.states.get(id)?.method ?? ''}));
  }

  anyOn(): boolean {
    return PROBES.some(({id}) => this.isOn(id));
  }

  stop(): void {
    for (const {id} of PROBES) if (this.isOn(id)) this.engine.probe(id, false);
  }

  /** Attaches or detaches; returns the sentence of what failed, if anything. */
  toggle(id: string): string | undefined {
    if (!findProbe(id)) return `no probe is called ${id}`;
    const state = this.engine.probe(id, !this.isOn(id));
    this.states.set(id, state);
    return state.state === 'unavailable' ? `${id}: ${state.reason}` : undefined;
  }

  /** Sets the warning threshold of a subsystem; the critical one keeps its ratio to it. */
  setWarning(subsystem: SubsystemName, warnUs: number): string | undefined {
    const probe = PROBES.find((spec) => spec.subsystem === subsystem && spec.warnUs !== undefined);
    if (!probe) return `${subsystem} has no threshold`;
    if (!(warnUs >= THRESHOLD_MIN_US && warnUs <= THRESHOLD_MAX_US)) return 'a threshold is 1 µs to 60 s';
    const [warn, crit] = keys(subsystem);
    const ratio = this.thresholds[crit] / this.thresholds[warn];
    this.thresholds[warn] = warnUs;
    this.thresholds[crit] = warnUs * ratio;
    this.applyThreshold(probe.id);
    return undefined;
  }

  /** When a drain is woken: by the first event, or only by a ring that is filling up. */
  wakeAtFirst(first: boolean): void {
    for (const {id} of PROBES) this.engine.set(id, SETTING.wakeBytes, first ? 1 : 0);
  }

  info(id: string): ProbeInfo {
    const spec = findProbe(id);
    const state = this.states.get(id);
    if (!spec || !state) throw new Error(`no probe ${id}`);
    const [warn, crit] = keys(spec.subsystem);
    return {
      id,
      subsystem: spec.subsystem,
      state: state.state,
      ...(state.method && {method: state.method}),
      ...(state.reason && {reason: state.reason}),
      ...(spec.warnUs !== undefined && {warn_us: this.thresholds[warn], crit_us: this.thresholds[crit]}),
    };
  }

  infos(): ProbeInfo[] {
    return PROBES.map(({id}) => this.info(id));
  }

  /** Takes a snapshot; hands its view to the reader before the next snapshot overwrites it. */
  snapshot<T>(id: string, read: (view: DataView) => T): T {
    const view = this.engine.snapshot(id, true);
    this.counts.set(id, readCounts(view));
    return read(view);
  }

  /** A probe's counts at this moment. */
  countsNow(id: string): ProbeCounts {
    return readCounts(this.engine.snapshot(id, false));
  }

  /** Counts of the last snapshot. */
  countsOf(id: string): ProbeCounts | undefined {
    return this.counts.get(id);
  }

  private applyThreshold(id: string): void {
    const [warn] = keys(findProbe(id)?.subsystem ?? 'sched');
    this.engine.set(id, SETTING.warnNs, BigInt(Math.round(this.thresholds[warn] * 1000)));
  }

  private applyRate(id: string): void {
    const perCpu = Math.max(MIN_PER_CPU, EVENTS_PER_SECOND / this.engine.cpus);
    this.engine.set(id, SETTING.eventCostNs, Math.round(1e9 / perCpu));
    this.engine.set(id, SETTING.eventBurstNs, BURST_SECONDS * 1e9);
  }
}

/** The keys of a subsystem's two thresholds. */
export function keys(subsystem: SubsystemName): [ThresholdKey, ThresholdKey] {
  return [`${subsystem}_warn_us` as ThresholdKey, `${subsystem}_crit_us` as ThresholdKey];
}
