import type {Figures} from '../figures.ts';
import {sharedDevice, slowDevices} from './block.ts';
import {deviceDrops, faultDrops, policyDrops} from './drops.ts';
import {lockups} from './lockup.ts';
import {leaks, majorFaults, nearLimits, oomKills, predictions, pressure, reclaims} from './memory.ts';
import {retransmits} from './network.ts';
import {blindSpots, losses, ownCost, ownPriority, pauses} from './own.ts';
import {crashes, restarts} from './process.ts';
import type {Rule} from './rule.ts';
import {blame, culprit, isolated, oneCpu, realTime, stolenTime, throttled, waits} from './sched.ts';
import {slowFiles} from './vfs.ts';

/** Every rule, in the order in which findings are shown. */
const RULES: readonly Rule[] = [
  lockups,
  oomKills,
  predictions,
  nearLimits,
  leaks,
  restarts,
  crashes,
  pressure,
  reclaims,
  waits,
  stolenTime,
  blame,
  culprit,
  isolated,
  oneCpu,
  throttled,
  realTime,
  slowDevices,
  sharedDevice,
  slowFiles,
  retransmits,
  faultDrops,
  deviceDrops,
  policyDrops,
  majorFaults,
  losses,
  blindSpots,
  pauses,
  ownCost,
  ownPriority,
];

/** Findings and recommendations from the figures, each once. Names in them come from the kernel as they are. */
export function conclude(figures: Figures): {findings: string[]; recommendations: string[]} {
  const all = RULES.flatMap((rule) => rule(figures));
  const advice = all.flatMap((finding) => (finding.advice ? [finding.advice] : []));
  return {findings: all.map((finding) => finding.text), recommendations: [...new Set(advice)]};
}
