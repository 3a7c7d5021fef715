import {BLOCK_OPS} from '../../native/events/block.ts';
import {type Flight, readFlights} from '../../native/flights.ts';
import {WIRE} from '../../native/wire.gen.ts';
import type {RequestInFlight} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import {type Disk, readDisks} from './disks.ts';

/** Rows of a sample. */
const MAX_ROWS = 20;

/** What the rows need of their surroundings. */
export interface WaitingContext {
  /** The requests in flight. */
  read(): DataView | undefined;
  /** CLOCK_MONOTONIC in nanoseconds. */
  nowNs(): number;
  /** The least wait that is told, in nanoseconds. */
  leastNs(): number;
  cgroupPath(id: bigint): string | undefined;
  disks?(): Map<number, Disk> | undefined;
}

/** The requests that have been in flight for too long and still are, longest first. */
export function waitingRequests(context: WaitingContext): RequestInFlight[] {
  const view = context.read();
  if (!view) return [];
  const now = context.nowNs();
  const least = context.leastNs();
  const late = readFlights(view).flights.filter(({fromNs, leftOut}) => !leftOut && now - fromNs >= least);
  if (late.length === 0) return [];
  const disks = (context.disks ?? readDisks)();
  return existing(late, disks)
    .sort((a, b) => a.fromNs - b.fromNs)
    .slice(0, MAX_ROWS)
    .map((flight) => rowOf(flight, now, disks, context));
}

/** A stamp whose request's end nobody saw (the kernel skipped the program) isn't in flight: the kernel's own count is the most. */
function existing(late: Flight[], disks: Map<number, Disk> | undefined): Flight[] {
  if (!disks) return late;
  return [...Map.groupBy(late, ({dev}) => dev)].flatMap(([dev, flights]) => {
    const most = disks.get(dev)?.inFlight ?? 0;
    return flights.sort((a, b) => b.fromNs - a.fromNs).slice(0, most);
  });
}

function rowOf(
  {dev, op, bytes, fromNs, issueNs, owner, pid, tid, uid, comm, cgroupId}: Flight,
  now: number,
  disks: Map<number, Disk> | undefined,
  {cgroupPath}: WaitingContext,
): RequestInFlight {
  const cgroup = cgroupId === 0n ? undefined : cgroupPath(cgroupId);
  return {
    device: disks?.get(dev)?.name ?? `${dev >>> 20}:${dev & 0xfffff}`,
    op: BLOCK_OPS[op] ?? 'other',
    size_bytes: bytes,
    waiting_ms: round((now - fromNs) / 1e6, 3),
    ...(issueNs > 0 && {device_ms: round((now - issueNs) / 1e6, 3)}),
    ...(owner !== WIRE.OWNER_UNKNOWN && {owner: owner === WIRE.OWNER_WRITEBACK ? 'writeback' : 'task'}),
    ...(owner === WIRE.OWNER_TASK && {pid, tid, uid, comm}),
    ...(cgroup !== undefined && {cgroup}),
  };
}
