import {type Blocks, blocksOf, type Fit, fitOf} from './blocks.ts';
import {FINE_MS, type History} from './growth.ts';

/** One way in which a growth may get quicker. Rates in bytes a millisecond. */
export interface Law {
  /** Its probability; those of all laws and of an even growth make 1. */
  weight: number;
  /** The rate now, and one deviation of it. */
  rate: number;
  deviation: number;
  /** By how much the rate rises in a millisecond, or by what share of itself, if that stays the same. */
  more?: number;
  share?: number;
}

export interface Laws {
  laws: Law[];
  /** Probability that it gets quicker all the time. */
  quickening: number;
}

const LEAST_BLOCKS = 4;
/** Points of a second that a block has at least; coarse ones stand for themselves. */
const POINTS = 3;
/** Natural logarithms of the rate at the end over the one at the beginning, of the laws of either kind; to infinity: it began with none. */
const POWER = [0.25, 0.5, 0.75, 1, 1.3, 1.7, 2.2, 2.8, 3.5, 4.5] as const;
const LINEAR = [0.25, 0.5, 0.75, 1, 1.4, 2, 3, Number.POSITIVE_INFINITY] as const;
/** The last of these counts as that many. */
const NO_BEGIN = 3.5;
/** What gets quicker in less time by the factor e has rather just begun. */
const LEAST_FOLD_MS = 20_000;
/** How likely each is before anything is seen. */
const PRIOR = {even: 0.35, step: 0.25, jump: 0.1, power: 0.15, linear: 0.15};
/** Nothing grows quite evenly: a block strays by that share of what blocks grow by, and by that many times the squares of what the level strays. */
const LEAST_SHARE = 0.05;
const STRAY = 2;
/** Less likely laws are left out. */
const LEAST_WEIGHT = 0.003;

interface Candidate extends Fit, Pick<Law, 'more' | 'share'> {}

/**
 * By which laws a level has grown since `sinceMs`, each with its probability after what was seen: evenly, evenly from a
 * later moment on, evenly with a jump, quicker by as much in each second, or by the same share of itself. `stray`: as in Growth. Undefined with too few points.
 */
export function lawsOf({fine, coarse}: History, sinceMs: number, stray: number): Laws | undefined {
  const series = fine.lastMs - sinceMs > FINE_MS[4] ? coarse : fine;
  const from = series.indexOf(sinceMs);
  const blocks = blocksOf(series, from, series === fine ? POINTS : 1);
  const {count, at, mean} = blocks;
  if (count < LEAST_BLOCKS) return undefined;
  const [spanMs, grown] = [at[count - 1] as number, mean[count - 1] as number];
  const least = Math.max(((LEAST_SHARE * grown) / spanMs) ** 2 * (spanMs / (count - 1)), STRAY * stray ** 2);
  const wholeMs = series.lastMs - (series.ms[from] as number);
  return weighed(evenly(blocks, least), quicker(blocks, least, wholeMs));
}

/** Logarithms of the likelihoods of an even growth, of one from each block on, and of one with a jump in one of them. */
function evenly(blocks: Blocks, least: number): number[] {
  const {count, at} = blocks;
  const found = [fitOf(blocks, least, (ms) => ms).likelihood + Math.log(PRIOR.even)];
  for (let b = 1; b < count - 1; b++) {
    const began = at[b] as number;
    const {likelihood} = fitOf(blocks, least, (ms) => Math.max(0, ms - began));
    found.push(likelihood + Math.log(PRIOR.step / (count - 2)));
  }
  for (let b = 1; b < count; b++) {
    found.push(fitOf(blocks, least, (ms) => ms, b).likelihood + Math.log(PRIOR.jump / (count - 1)));
  }
  return found;
}

function quicker(blocks: Blocks, least: number, wholeMs: number): Candidate[] {
  const most = wholeMs / LEAST_FOLD_MS;
  const power = POWER.filter((fold) => fold <= most).map((fold) => {
    const share = fold / wholeMs;
    const fit = fitOf(blocks, least, (ms) => Math.exp(share * ms - fold) / share);
    return {...fit, share, likelihood: fit.likelihood + Math.log(PRIOR.power / POWER.length)};
  });
  const linear = LINEAR.filter((fold) => Math.min(fold, NO_BEGIN) <= most).map((fold) => {
    const first = Math.exp(-fold);
    const slope = (1 - first) / wholeMs;
    const fit = fitOf(blocks, least, (ms) => first * ms + (slope * ms * ms) / 2);
    return {...fit, more: slope * fit.rate, likelihood: fit.likelihood + Math.log(PRIOR.linear / LINEAR.length)};
  });
  return [...power, ...linear];
}

/** Bayes: a law's likelihood over the sum of all. */
function weighed(even: number[], quick: Candidate[]): Laws | undefined {
  const top = Math.max(...even, ...quick.map(({likelihood}) => likelihood));
  if (!Number.isFinite(top)) return undefined;
  const sum = (logs: number[]) => logs.reduce((total, each) => total + Math.exp(each - top), 0);
  const quickSum = sum(quick.map(({likelihood}) => likelihood));
  const total = quickSum + sum(even);
  const laws = quick
    .map(({likelihood, ...law}) => ({...law, weight: Math.exp(likelihood - top) / total}))
    .filter(({weight}) => weight >= LEAST_WEIGHT);
  return {laws, quickening: quickSum / total};
}
