import {SCREEN_ROWS} from '../util/limits.ts';
import {Problem} from '../util/problem.ts';
import type {Call} from './call.ts';
import type {OpenSession, SessionRequest} from './session.ts';
import {type Watched, watch} from './watch.ts';

/** A host may be this late with its samples, seconds. */
const LATE_S = 10;

/** Rows with the most of a figure first; those of which it isn't known come last. */
export function mostFirst<Row>(rows: readonly Row[], figure: (row: Row) => number | undefined): Row[] {
  const known = rows.filter((row) => figure(row) !== undefined);
  const unknown = rows.filter((row) => figure(row) === undefined);
  return [...known.toSorted((a, b) => figure(b)! - figure(a)!), ...unknown];
}

interface Sampling extends Pick<SessionRequest, 'filter' | 'container'> {
  probes: string[];
  /** Of each sample. */
  seconds: number;
  /** The last of so many has the figures; 1 without it. */
  samples?: number;
}

/**
 * Watches until there's a sample with figures of its whole interval, and with all rows.
 * @throws {Problem} when none came: that there are no rows would be another answer
 */
export async function sampled(
  open: OpenSession,
  {probes, seconds, samples = 1, ...whom}: Sampling,
  call: Call,
): Promise<Watched> {
  const watched = await watch({
    open,
    request: {...whom, probes, intervalS: seconds, top: SCREEN_ROWS},
    seconds: seconds * samples + LATE_S,
    enough: ({samples: seen}) => seen.length >= samples,
    call,
  });
  if (watched.state.sample) return watched;
  throw new Problem('kstop mcp', 'the host gave no sample in time', 'ask again');
}
