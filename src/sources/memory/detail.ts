import {
  type Figures,
  reclaimableShare,
  unreclaimableOfHost,
  unreclaimableV1,
  unreclaimableV2,
} from '../../util/unreclaimable.ts';
import {parseLimit, parseNumber} from './figures.ts';
import {readSmall} from './files.ts';

/** What a look into memory.stat tells; bytes. */
export interface Detail {
  workingSet?: number;
  unreclaimable?: number;
  swapped: number;
  /** What its own limit would still have swapped out. */
  swapAllowance: number;
}

/** Usage and own limit of a cgroup, bytes. */
interface Sized {
  usage: number;
  node: {limit: number};
}

function workingSet(usage: number, inactiveFile: number | undefined): {workingSet?: number} {
  return inactiveFile === undefined ? {} : {workingSet: Math.max(0, usage - inactiveFile)};
}

/**
 * Does the kernel swap at a cgroup's limit? With a swappiness of 0 it takes pages of files alone there, and then kills. The host's own
 * reclaim swaps all the same before it kills. `text`: of the file; what can't be read is no 0.
 */
export const swapsAtLimit = (text: string | undefined): boolean => parseNumber(text) !== 0;

/** What swapping frees where a part of what is swapped stays in memory, compressed (`pool`: zswap): by what it took so far. */
function lessPool(swapped: number, allowance: number, pool = 0): Pick<Detail, 'swapped' | 'swapAllowance'> {
  const kept = Math.min(pool, swapped);
  const freed = swapped > 0 ? 1 - kept / swapped : 1;
  return {swapped: swapped - kept, swapAllowance: Math.max(0, Math.round(allowance * freed))};
}

/** Of version 1: `stat` is the memory.stat in `folder`, `host` /proc/meminfo. */
export function detailV1(folder: string, stat: Figures, {usage, node}: Sized, host: Figures): Detail {
  const kmem = parseNumber(readSmall(`${folder}/memory.kmem.usage_in_bytes`)) ?? 0;
  const swapped = stat['total_swap'] ?? 0;
  const swaps = host['SwapTotal'] && swapsAtLimit(readSmall(`${folder}/memory.swappiness`));
  const both = swaps ? parseLimit(readSmall(`${folder}/memory.memsw.limit_in_bytes`)) : undefined;
  const room = both === undefined ? 0 : both - (node.limit === Number.POSITIVE_INFINITY ? 0 : node.limit) - swapped;
  return {
    ...workingSet(usage, stat['total_inactive_file']),
    unreclaimable: unreclaimableV1(stat, kmem, reclaimableShare(host)),
    swapped,
    swapAllowance: Math.max(0, Math.min(room, host['SwapFree'] ?? 0)),
  };
}

/** The same of version 2. `swapRoom`: what it and those above it may still have swapped out, by `swapRoomV2`. */
export function detailV2(folder: string, stat: Figures, {usage}: Sized, host: Figures, swapRoom: number): Detail {
  const swaps = (host['SwapTotal'] ?? 0) > 0;
  const swapped = swaps ? (parseNumber(readSmall(`${folder}/memory.swap.current`)) ?? 0) : 0;
  return {
    ...workingSet(usage, stat['inactive_file']),
    unreclaimable: unreclaimableV2(stat),
    ...lessPool(swapped, Math.min(swapRoom, host['SwapFree'] ?? 0), stat['zswap']),
  };
}

/** What a cgroup's own memory.swap.max leaves; undefined where it has none (the root, or swap isn't accounted). */
export function swapRoomV2(folder: string): number | undefined {
  const most = parseLimit(readSmall(`${folder}/memory.swap.max`));
  if (most === undefined || most === Number.POSITIVE_INFINITY) return most;
  return Math.max(0, most - (parseNumber(readSmall(`${folder}/memory.swap.current`)) ?? 0));
}

/** Figures of the host as a scope of its own; undefined where the kernel doesn't tell them. */
export function hostScope(host: Figures): {usage: number; limit: number; detail: Detail} | undefined {
  const {MemTotal: limit, MemFree: free, SwapTotal: swap = 0, SwapFree: swapFree = 0} = host;
  const unreclaimable = unreclaimableOfHost(host);
  if (limit === undefined || free === undefined || unreclaimable === undefined) return undefined;
  const detail = {unreclaimable, ...lessPool(Math.max(0, swap - swapFree), swapFree, host['Zswap'])};
  return {usage: Math.max(0, limit - free), limit, detail};
}
