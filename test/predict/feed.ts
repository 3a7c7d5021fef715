import type {MemoryPoint} from '../../src/predict/point.ts';
import type {Predictor, ScopePrediction} from '../../src/predict/predictor.ts';

export const MIB = 1024 ** 2;
export const LIMIT = 1000 * MIB;

export interface Told extends ScopePrediction {
  s: number;
}

/** What is told of one scope from second `from` to `to`, whose memory that can't be taken back is `held` bytes of `LIMIT`. */
export function feed(
  predictor: Predictor,
  [from, to]: [number, number],
  held: (s: number) => number,
  more: (s: number) => Partial<MemoryPoint> = () => ({}),
  stepS = 1,
): Told[] {
  const told: Told[] = [];
  for (let s = from; s < to; s += stepS) {
    const bytes = held(s);
    predictor.push('a', {ms: s * 1000, usage_bytes: bytes, limit_bytes: LIMIT, unreclaimable_bytes: bytes, ...more(s)});
    told.push(...predictor.predict().map((each) => ({...each, s})));
  }
  return told;
}

/** Quiet until `leakS`, then `perS` bytes a second. */
export const leak =
  (base: number, leakS: number, perS: number): ((s: number) => number) =>
  (s) =>
    base + Math.max(0, s - leakS) * perS;
