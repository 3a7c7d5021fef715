import {type Engine, SETTING} from '../native/engine.ts';
import {PROBES} from '../probes/catalog.ts';
import type {Controls} from '../types/frame.ts';
import {LATENCY_SUBSYSTEMS, type LatencySubsystem, type SubsystemName, type Thresholds} from '../types/stream.ts';
import {FocusControl} from './focus/focus.ts';
import {PageCount} from './focus/pages.ts';
import type {LiveProbes} from './live-probes.ts';
import {inOwnPidNamespace} from './pid-namespace.ts';
import type {Symbols} from './symbols.ts';

/** Probes that can keep the distributions of one process apart. */
const FOCUSED_PROBES = ['sched', 'block', 'vfs', 'syscall'];
/** KS_FOCUS_ALL */
const FOCUS_ALL = 0xffffffff;

export interface ControlHands {
  engine: Engine;
  symbols: Symbols;
  withArgs: boolean;
  /** Is a cgroup watched alone? */
  ofCgroup: boolean;
  /** Set before the first control is used. */
  probes(): LiveProbes;
  /** Is told of each probe that was switched, `change` of each whose state or thresholds the faces shall hear of. */
  switched(id: string): void;
  change(id: string): void;
  criticalNs(ns: Record<LatencySubsystem, number>): void;
}

/** What a user changes while the kernel is watched: probes, thresholds, the process that is looked into. */
export class LiveControls implements Controls {
  readonly focused: FocusControl;
  readonly pageCount: PageCount;

  constructor(private readonly hands: ControlHands) {
    const {engine, symbols} = hands;
    this.focused = new FocusControl(hands.withArgs, (pid) => this.look(pid));
    const id = 'pages';
    this.pageCount = new PageCount({
      isOn: () => hands.probes().isOn(id),
      reason: () => hands.probes().info(id).reason,
      turn: (on) => this.switched(id, hands.probes().turn(id, on)),
      count: (pid) => engine.set(id, SETTING.focusPid, pid),
      symbol: (address) => symbols.name(address),
      code: () => this.focused.code(),
    });
  }

  toggle(id: string): string | undefined {
    return this.switched(id, this.hands.probes().toggle(id));
  }

  threshold(subsystem: SubsystemName, warnUs: number): string | undefined {
    const probes = this.hands.probes();
    const problem = probes.setWarning(subsystem, warnUs);
    if (problem) return problem;
    this.hands.criticalNs(criticalNs(probes.thresholds));
    for (const probe of PROBES)
      if (probe.subsystem === subsystem && probe.warnUs !== undefined) this.hands.change(probe.id);
    return undefined;
  }

  focus(pid: number | undefined): string | undefined {
    if (pid !== undefined && inOwnPidNamespace())
      return "in this PID namespace processes have other numbers: run kstop in the host's";
    return this.focused.set(pid);
  }

  pages(): string | undefined {
    return this.pageCount.key();
  }

  /** While nobody looks into a process, the calls of the cgroup that is watched alone are counted by name. */
  countCallsOfCgroup(): void {
    if (this.hands.ofCgroup) this.hands.engine.set('syscall', SETTING.focusPid, FOCUS_ALL);
  }

  private look(pid: number): void {
    for (const probe of FOCUSED_PROBES) this.hands.engine.set(probe, SETTING.focusPid, pid);
    this.pageCount.turnTo(pid);
    if (pid === 0) this.countCallsOfCgroup();
  }

  /** Tells of a probe that was switched; `problem`: what came of it. */
  private switched(id: string, problem: string | undefined): string | undefined {
    this.hands.switched(id);
    if (PROBES.some((probe) => probe.id === id)) this.hands.change(id);
    return problem;
  }
}

/** A subsystem without thresholds has no critical latency. */
export function criticalNs(thresholds: Thresholds): Record<LatencySubsystem, number> {
  const pairs = LATENCY_SUBSYSTEMS.map((name) => [
    name,
    (thresholds[`${name}_crit_us`] ?? Number.POSITIVE_INFINITY) * 1000,
  ]);
  return Object.fromEntries(pairs);
}
