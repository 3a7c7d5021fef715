import type {Room} from './eta.ts';
import {type Growth, growthOfFew} from './growth.ts';
import {Series} from './series.ts';
import {TALLER, type Teeth, type Tooth} from './teeth.ts';

/** Where no fall came for that many periods none is expected any more. */
const OVERDUE = 3;
/** Teeth that tell how high the next one will be. */
const RECENT = 12;
/** Teeth that a trend is told from, at least. */
const LEAST_TEETH = 3;
/** How much taller than all teeth the next may be: by much after one, of which the watch may have missed a part. */
const UNSURE = 0.75;
const tallerAfter = (teeth: number) => TALLER + UNSURE / teeth ** 2;

const heightOf = (tooth: Tooth) => tooth.peak - tooth.trough;

/** True while what grows is likely to be given back, because it was before. */
export function isTooth(teeth: Teeth, ms: number, level: number): boolean {
  const {teeth: past} = teeth;
  const last = past.at(-1);
  if (!last) return false;
  let tallest = 0;
  let longest = 0;
  for (const [i, tooth] of past.entries()) {
    tallest = Math.max(tallest, heightOf(tooth));
    longest = Math.max(longest, (past[i + 1]?.troughMs ?? teeth.troughMs) - tooth.troughMs);
  }
  return level - teeth.trough <= tallerAfter(past.length) * tallest && ms - last.peakMs <= OVERDUE * longest;
}

/** What a saw leaves after each tooth, as a growth of its own; undefined with too few teeth. */
export function growthOfTroughs({teeth, trough, troughMs, falling}: Teeth): Growth | undefined {
  if (teeth.length < LEAST_TEETH) return undefined;
  const troughs = new Series(0);
  for (const tooth of teeth) troughs.push(tooth.troughMs, tooth.trough);
  if (!falling) troughs.push(troughMs, trough);
  return growthOfFew(troughs);
}

/** How far the teeth's peaks are from the limit, had the last one been now: it is a peak that ends in a kill. */
export function roomAbovePeaks({teeth}: Teeth, ms: number, total: number, rate: number): Room {
  const rests = teeth
    .slice(-RECENT)
    .map((tooth) => total - tooth.peak - rate * (ms - tooth.peakMs))
    .toSorted((a, b) => a - b);
  const at = (q: number) => Math.max(0, rests[Math.floor(q * (rests.length - 1))] as number);
  return {low: at(0), likely: at(0.5), high: at(1)};
}
