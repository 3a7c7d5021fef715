import type {Acceleration, Growth} from './growth.ts';

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

/** Time to grow by `bytes` at `rate`, which rises by `more` a millisecond: s t + a t² / 2 = H. */
function linearMs(bytes: number, {rate, more}: Acceleration['linear']): number {
  // The form that doesn't cancel out when the acceleration is small.
  return (2 * bytes) / (rate + Math.sqrt(rate * rate + 2 * more * bytes));
}

/** The same if the rate rises by a `share` of itself: s (e^kt - 1) / k = H. */
function powerMs(bytes: number, {rate, share}: Acceleration['power']): number {
  return Math.log1p((share * bytes) / rate) / share;
}

/** The likeliest and the shortest time to use the room. */
function times(room: Room, {rate, high, acceleration, unseen}: Growth): [number, number] {
  if (!acceleration) {
    const even = room.low / high;
    return [room.likely / rate, unseen ? Math.min(even, powerMs(room.low, {rate, share: unseen})) : even];
  }
  const {linear, power, clear} = acceleration;
  if (!clear) return [room.likely / rate, Math.min(room.low / high, powerMs(room.low, power))];
  const likely = (linearMs(room.likely, linear) + powerMs(room.likely, power)) / 2;
  return [likely, powerMs(room.low, {...power, rate: high})];
}

/**
 * The time that is left. Two errors add up as independent ones do: the rate isn't known exactly, and the way there isn't
 * straight (a random walk's deviation after t is stray × √t, and so the crossing's is that over the rate). Where the growth
 * accelerates, or may do so unseen, the bounds hold both that it goes on to, as a power of e, and that it doesn't. Undefined
 * unless the level grows at the interval's low end too.
 */
export function etaOf(room: Room, growth: Growth): Eta | undefined {
  const {rate, low} = growth;
  if (!(low > 0)) return undefined;
  const [ms, soonest] = times(room, growth);
  const latest = room.high / low;
  const walk = (Z * growth.stray * Math.sqrt(ms)) / rate;
  return {
    ms,
    lowMs: Math.max(0, ms - Math.hypot(ms - soonest, walk)),
    highMs: ms + Math.hypot(latest - ms, walk),
  };
}
