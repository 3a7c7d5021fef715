/** What is known of a scope's memory at one moment. Absent is unknown; what can't be bytes counts as absent. */
export interface MemoryPoint {
  /** Monotonic time, in milliseconds. */
  ms: number;
  /** All that is charged, page cache too. */
  usage_bytes: number;
  /** The least limit of the scope and its ancestors; absent where there is none. */
  limit_bytes?: number;
  /** What the kernel can't take back without swap (src/util/unreclaimable.ts). Without it nothing is predicted. */
  unreclaimable_bytes?: number;
  /** What has been swapped out already. */
  swapped_bytes?: number;
  /** How much may still be swapped out. */
  swap_allowance_bytes?: number;
  /** How much room another scope leaves this one: a process below a cgroup has the cgroup's. Else worked out from the limit. */
  headroom_bytes?: number;
  /** Tells apart two scopes of one name one after the other: an inode number, a start time. */
  identity?: string;
}

/** No kernel counts more bytes. */
const MOST_BYTES = 2 ** 64;

/** A figure as the predictor takes it, from 0 to what a kernel can count; else it is unknown. */
function known(bytes: number | undefined): number | undefined {
  return bytes !== undefined && bytes >= 0 && bytes <= MOST_BYTES ? bytes : undefined;
}

/** Bytes that somebody wants to keep, in memory or swapped out: what grows towards an OOM kill. */
export function demandOf(point: MemoryPoint): number | undefined {
  const unreclaimable = known(point.unreclaimable_bytes);
  return unreclaimable === undefined ? undefined : unreclaimable + (known(point.swapped_bytes) ?? 0);
}

/** Bytes by which the demand may still grow. */
export function headroomOf(point: MemoryPoint): number | undefined {
  const given = known(point.headroom_bytes);
  if (given !== undefined) return given;
  const limit = known(point.limit_bytes);
  const unreclaimable = known(point.unreclaimable_bytes);
  if (limit === undefined || unreclaimable === undefined) return undefined;
  return Math.max(0, limit - unreclaimable) + (known(point.swap_allowance_bytes) ?? 0);
}

/** The limit, where it is one. */
export function limitOf(point: MemoryPoint): number | undefined {
  const limit = known(point.limit_bytes);
  return limit !== undefined && limit > 0 ? limit : undefined;
}
