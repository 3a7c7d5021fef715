import type {Series} from './series.ts';

/** Blocks that a growth is cut into at most. */
const MOST = 12;

const at = new Float64Array(MOST);
const mean = new Float64Array(MOST);

/** A part of a series as the means of blocks of its points; valid until the next one is made. Milliseconds and bytes from its first point on. */
export interface Blocks {
  count: number;
  at: Float64Array;
  mean: Float64Array;
}

/** The blocks from point `from` on, of so many points at least. */
export function blocksOf({ms, level, length}: Series, from: number, points: number): Blocks {
  const count = Math.min(MOST, Math.floor((length - from) / points));
  for (let b = 0; b < count; b++) {
    const first = from + Math.floor(((length - from) * b) / count);
    const end = from + Math.floor(((length - from) * (b + 1)) / count);
    let [sumMs, sum] = [0, 0];
    for (let i = first; i < end; i++) {
      sumMs += (ms[i] as number) - (ms[from] as number);
      sum += (level[i] as number) - (level[from] as number);
    }
    at[b] = sumMs / (end - first);
    mean[b] = sum / (end - first);
  }
  return {count, at, mean};
}

/** How well a law tells the blocks. */
export interface Fit {
  /** Bytes a millisecond at the end, and one deviation of it. */
  rate: number;
  deviation: number;
  /** Natural logarithm, but for a constant. */
  likelihood: number;
}

/** So many blocks that have strayed by the least that is possible are added to those seen: by chance few may fit any law. */
const PSEUDO = 6;
/** How much more than that a rate may be off: its law isn't quite true either. */
const WIDEN = 1.3;

/**
 * Fits the growth between the blocks by a rate times a law's integral over time. What strays is a random walk, by how
 * much isn't known (Student's t), but by `least` squared bytes a millisecond at least. `jump`: a block that may have grown by anything.
 */
export function fitOf(blocks: Blocks, least: number, integral: (ms: number) => number, jump = 0): Fit {
  const {count, at, mean} = blocks;
  let [sumLaw, sumBoth, sumGrown] = [0, 0, 0];
  let before = integral(at[0] as number);
  for (let b = 1; b < count; b++) {
    const dt = (at[b] as number) - (at[b - 1] as number);
    const now = integral(at[b] as number);
    const [law, grown] = [now - before, (mean[b] as number) - (mean[b - 1] as number)];
    before = now;
    // A jump within a block shows in its mean and in the next one's.
    if (jump > 0 && (b === jump || b === jump + 1)) continue;
    sumLaw += (law * law) / dt;
    sumBoth += (law * grown) / dt;
    sumGrown += (grown * grown) / dt;
  }
  const rate = sumLaw > 0 ? sumBoth / sumLaw : 0;
  const rest = Math.max(0, sumGrown - rate * sumBoth) + PSEUDO * least;
  const freedom = count - 2 + PSEUDO;
  return {
    rate,
    deviation: WIDEN * Math.sqrt(rest / (freedom + 1) / sumLaw),
    likelihood:
      rate > 0 ? (-freedom / 2) * Math.log(rest) + (jump && price(blocks, rest / freedom)) : Number.NEGATIVE_INFINITY,
  };
}

/** What a jump of any size costs in likelihood: how exactly it would be known, over all that it may be. */
function price({count, at, mean}: Blocks, stray: number): number {
  const dt = (at[count - 1] as number) / (count - 1);
  return Math.min(0, Math.log(Math.sqrt(2 * Math.PI * stray * dt) / Math.abs(mean[count - 1] as number)));
}
