import type {Growth} from './growth.ts';
import type {Law, Laws} from './laws.ts';

/** When a level will have grown by its headroom, in milliseconds from now: the likeliest, and the bounds that hold nine of ten. */
export interface Eta {
  ms: number;
  lowMs: number;
  highMs: number;
}

/** Bytes that are left, as the least, likeliest and most that may be meant. */
export interface Room {
  low: number;
  likely: number;
  high: number;
}

const Z = 1.645;
/** A kill comes some pages early (charged in advance by each CPU) or late (the last page cache): share of all the room. */
export const BLUR = 0.005;
/** What a normal distribution is stood in for by: points that are as likely as each other, in deviations. */
const NORMAL = [-1.64, -1.04, -0.67, -0.39, -0.13, 0.13, 0.39, 0.67, 1.04, 1.64] as const;
/** However unsure a rate is, it isn't less than that share of what is likeliest. */
const LEAST_RATE = 0.2;

/** Time to grow by `bytes` at a rate that goes on by a law. */
function timeOf(bytes: number, rate: number, {more, share}: Pick<Law, 'more' | 'share'>): number {
  // s (e^kt - 1) / k = H
  if (share) return Math.log1p((share * bytes) / rate) / share;
  // s t + a t² / 2 = H, in the form that doesn't cancel out when the acceleration is small.
  if (more) return (2 * bytes) / (rate + Math.sqrt(rate * rate + 2 * more * bytes));
  return bytes / rate;
}

interface Sample {
  ms: number;
  weight: number;
}

/** The times that an even growth and all laws may come to, each as likely as its weight, the shortest first. */
function samplesOf(bytes: number, {rate, low, high}: Growth, {laws, quickening}: Laws): Sample[] {
  const found: Sample[] = [];
  const add = (law: Pick<Law, 'more' | 'share' | 'weight' | 'rate'>, off: (z: number) => number) => {
    for (const z of NORMAL) {
      const pace = Math.max(LEAST_RATE * law.rate, law.rate + z * off(z));
      found.push({ms: timeOf(bytes, pace, law), weight: law.weight / NORMAL.length});
    }
  };
  add({weight: 1 - quickening, rate}, (z) => (z < 0 ? rate - low : high - rate) / Z);
  for (const law of laws) add(law, () => law.deviation);
  return found.sort((a, b) => a.ms - b.ms);
}

/** The time before which it comes with each of the probabilities, which rise. */
function quantilesOf(sorted: Sample[], probabilities: readonly number[]): number[] {
  const total = sorted.reduce((sum, {weight}) => sum + weight, 0);
  let i = 0;
  let sum = (sorted[0] as Sample).weight;
  return probabilities.map((probability) => {
    while (sum < probability * total && i < sorted.length - 1) sum += (sorted[++i] as Sample).weight;
    return (sorted[i] as Sample).ms;
  });
}

/** A bit more than nine of ten: there are other laws than those that are tried. */
const BOUNDS = [0.03, 0.5, 0.97] as const;

/** The soonest, the likeliest and the latest time, if the way there were straight. */
function bounds(room: Room, growth: Growth): [number, number, number] {
  const {rate, low, high, laws} = growth;
  const even: [number, number, number] = [room.low / high, room.likely / rate, room.high / low];
  if (!laws) return even;
  const [soonest, likely, latest] = quantilesOf(samplesOf(room.likely, growth, laws), BOUNDS) as typeof even;
  // What is rather even is taken for that, and the interval allows for the rest.
  if (laws.quickening < 0.5) return [Math.min(soonest, even[0]), even[1], Math.max(latest, even[2])];
  const blur = (room.high - room.low) / 2 / rate;
  return [likely - Math.hypot(likely - soonest, blur), likely, likely + Math.hypot(latest - likely, blur)];
}

/**
 * The time that is left. Two errors add up as independent ones do: neither the rate nor the law that it follows is known exactly,
 * and the way there isn't straight (a random walk's deviation after t is stray × √t, and so the crossing's is that over the
 * rate). Undefined unless the level grows at the interval's low end too.
 */
export function etaOf(room: Room, growth: Growth): Eta | undefined {
  if (!(growth.low > 0)) return undefined;
  const [soonest, ms, latest] = bounds(room, growth);
  const walk = (Z * growth.stray * Math.sqrt(ms)) / growth.rate;
  return {
    ms,
    lowMs: Math.max(0, ms - Math.hypot(ms - soonest, walk)),
    highMs: ms + Math.hypot(latest - ms, walk),
  };
}
