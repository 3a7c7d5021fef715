import {PROBES, THRESHOLD_MAX_US, THRESHOLD_MIN_US} from '../../probes/catalog.ts';
import type {State} from '../../types/state.ts';
import type {SubsystemName, Thresholds} from '../../types/stream.ts';

/** The warning threshold of a subsystem in microseconds; undefined where it has none. */
export function thresholdOf(name: SubsystemName, state: State): number | undefined {
  const spec = PROBES.find((probe) => probe.subsystem === name && probe.warnUs !== undefined);
  if (!spec) return undefined;
  const stated = state.thresholds?.[`${name}_warn_us` as keyof Thresholds];
  return stated ?? state.probes.find((probe) => probe.id === spec.id)?.warn_us ?? spec.warnUs;
}

/** The next step of 1, 2, 5, 10 … above or below, within the bounds of thresholds. */
export function nextStep(us: number, direction: 1 | -1): number {
  let best = direction > 0 ? THRESHOLD_MAX_US : THRESHOLD_MIN_US;
  for (let decade = 1; decade <= THRESHOLD_MAX_US; decade *= 10) {
    for (const digit of [1, 2, 5]) {
      const step = digit * decade;
      if (direction > 0 && step > us && step < best) best = step;
      if (direction < 0 && step < us && step > best) best = step;
    }
  }
  return best;
}

const UNITS: Record<string, number> = {'': 1, us: 1, µs: 1, ms: 1000, s: 1_000_000};

/** Reads `1500`, `500us`, `2.5ms` or `1s` as whole microseconds; else says what is wrong. */
export function parseThreshold(text: string): {us: number} | {problem: string} {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s)?\s*$/.exec(text);
  if (!match) return {problem: 'not understood: 1500, 500us, 2ms, 1s'};
  const us = Math.round(Number(match[1]) * UNITS[match[2] ?? '']!);
  if (us < THRESHOLD_MIN_US || us > THRESHOLD_MAX_US) return {problem: 'between 1us and 60s'};
  return {us};
}
