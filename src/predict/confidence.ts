/** The share of the cases in which the interval holds the kill if the growth goes on. */
const INTERVAL = 0.9;
/** See `confidenceOf`; from the scenarios in bench/predict.ts. */
const HAZARD = 0.06;
/** Of a scope that is seen only since its growth began nobody knows its habits: a start, a saw's first tooth. */
const STRANGER = 2.5;
/** It is known after this time. */
const KNOWN_MS = 60_000;

/**
 * The probability that the kill comes within the interval, in percent. What has grown for D goes on for another E with
 * probability (D / (D + E))^h: the longer it went on, the longer it will (a Pareto law of durations, as with
 * many things that nobody planned).
 * `grownMs`: D; `before`: how long the scope was seen before the growth began.
 */
export function confidenceOf(grownMs: number, etaMs: number, beforeMs: number): number {
  const d = Math.max(0, grownMs);
  if (!(d + etaMs > 0)) return 100 * INTERVAL;
  const hazard = beforeMs >= KNOWN_MS ? HAZARD : HAZARD * STRANGER;
  return 100 * INTERVAL * (d / (d + Math.max(0, etaMs))) ** hazard;
}
