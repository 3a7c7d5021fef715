import {CommCache} from './comm.ts';
import {LAYOUT} from './wire.gen.ts';

/** A request in flight, or several of one owner to one disk that ended on one CPU soon after each other. */
export interface Flight {
  /** CLOCK_MONOTONIC nanoseconds. In flight: when it was made; else since when the first of them was with the disk. */
  fromNs: number;
  /** 0: not yet. Of one in flight alone. */
  issueNs: number;
  firstEndNs: number;
  /** 0: in flight. */
  endNs: number;
  /** How long they were with the disk, summed up. */
  flightNs: number;
  bytes: number;
  count: number;
  /** The whole disk's number: major << 20 | minor. */
  dev: number;
  cpu: number;
  /** enum ks_block_owner */
  owner: number;
  pid: number;
  comm: string;
  /** Of one in flight alone. op: enum ks_block_op; leftOut: by the filter. */
  op: number;
  tid: number;
  uid: number;
  cgroupId: bigint;
  leftOut: boolean;
}

/** `sinceNs`: of what ended before some may be missing. */
export interface Flights {
  sinceNs: number;
  flights: Flight[];
}

const layout = LAYOUT.flight;
const comms = new CommCache();

const u64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true);

function flightAt(view: DataView, at: number): Flight {
  const u32 = (offset: number) => view.getUint32(at + offset, true);
  return {
    fromNs: u64(view, at + layout.from_ns),
    issueNs: u64(view, at + layout.issue_ns),
    firstEndNs: u64(view, at + layout.first_end_ns),
    endNs: u64(view, at + layout.end_ns),
    flightNs: u64(view, at + layout.flight_ns),
    bytes: u64(view, at + layout.bytes),
    count: u32(layout.count),
    dev: u32(layout.dev),
    cpu: u32(layout.cpu),
    owner: u32(layout.owner),
    pid: u32(layout.pid),
    comm: comms.get(view, at + layout.comm),
    op: u32(layout.op),
    tid: u32(layout.tid),
    uid: u32(layout.uid),
    cgroupId: view.getBigUint64(at + layout.cgroup_id, true),
    leftOut: u32(layout.left_out) !== 0,
  };
}

/** struct ks_flights and its rows; of the disks that are asked for. */
export function readFlights(view: DataView, wanted: (dev: number) => boolean = () => true): Flights {
  const head = LAYOUT.flights;
  const flights: Flight[] = [];
  for (let row = 0; row < view.getUint32(head.rows, true); row++) {
    const at = head.SIZE + row * layout.SIZE;
    if (wanted(view.getUint32(at + layout.dev, true))) flights.push(flightAt(view, at));
  }
  return {sinceNs: u64(view, head.since_ns), flights};
}
