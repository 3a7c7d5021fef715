/** The share of the cases in which the interval holds the kill if the growth goes on. */
const INTERVAL = 0.9;
/** See `confidenceOf`; from the scenarios in bench/predict.ts. `burst` and `toothMs` in milliseconds. */
const KNOWN = {hazard: 0.055, burst: 770, tooth: 0, toothMs: 1};
/**
 * A scope whose habits nobody knows (a start, a saw's first tooth), or that gave back what it let grow before: most teeth last for a minute,
 * and what has grown for several of them is none.
 */
const STRANGER = {hazard: 0.12, burst: 1200, tooth: 0.2, toothMs: 90_000};

/**
 * The probability that the kill comes within the interval, in percent. What has grown for D goes on for another E with
 * probability (D / (D + E))^h: the longer it went on, the longer it will (a Pareto law of durations, as with
 * many things that nobody planned). h is larger for short D, most of which are bursts or teeth.
 * `grownMs`: D; `known`: the scope was seen for long before the growth began, and didn't give back what grew then.
 */
export function confidenceOf(grownMs: number, etaMs: number, known: boolean): number {
  const d = Math.max(0, grownMs);
  if (!(etaMs > 0)) return 100 * INTERVAL;
  if (d === 0) return 0;
  const {hazard, burst, tooth, toothMs} = known ? KNOWN : STRANGER;
  return 100 * INTERVAL * (d / (d + etaMs)) ** (hazard + burst / d + tooth * Math.exp(-d / toothMs));
}
