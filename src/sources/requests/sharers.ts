import {type RequestSpan, us} from '../../native/events/records.ts';
import type {Flight} from '../../native/flights.ts';
import {WIRE} from '../../native/wire.gen.ts';
import type {DiskSharer} from '../../types/stream.ts';

/** Culprits that an event names, and the least part of its wait that is worth naming. */
const MAX_SHARERS = 8;
const LEAST = 0.005;

/** A stretch in which somebody had requests with the disk, and how many at a time on average. */
interface Piece {
  flight: Flight;
  own: boolean;
  fromNs: number;
  toNs: number;
  density: number;
  requests: number;
  bytes: number;
}

interface Share {
  flight: Flight;
  own: boolean;
  waitNs: number;
  requests: number;
  bytes: number;
}

/**
 * Who kept the disk busy while a request waited, and each one's part of the wait. At each moment the wait is shared evenly by
 * the requests that the disk had then, the waiting one too (processor sharing): 31 requests of one other have 31/32 of it.
 * Batches of ended requests count as spread evenly over their time, so of the waiting one's own owner only what is more than
 * one at a time is told: the one that waits, and those before it.
 *
 * @param flights of its disk, the request itself among those that have ended
 * @param isOwn is it of the same owner?
 * @returns who had a part, heaviest first, and all parts together in nanoseconds
 */
export function sharers(
  span: RequestSpan,
  flights: readonly Flight[],
  isOwn: (flight: Flight) => boolean,
): {shares: DiskSharer[]; waitNs: number} {
  const pieces = flights.flatMap((flight) => pieceOf(span, flight, isOwn(flight)));
  const shares = [...divide(pieces)].sort((a, b) => b.waitNs - a.waitNs);
  const least = (span.endNs - span.startNs) * LEAST;
  return {
    shares: shares
      .filter(({waitNs}) => waitNs >= least)
      .slice(0, MAX_SHARERS)
      .map(sharerOf),
    waitNs: shares.reduce((sum, {waitNs}) => sum + waitNs, 0),
  };
}

function pieceOf(span: RequestSpan, flight: Flight, own: boolean): Piece[] {
  const {endNs, count, bytes} = flight;
  const begun = endNs === 0 ? flight.issueNs || flight.fromNs : flight.fromNs;
  const [fromNs, toNs] = [Math.max(span.startNs, begun), Math.min(span.endNs, endNs || span.endNs)];
  if (toNs <= fromNs) return [];
  if (endNs === 0) return [{flight, own, fromNs, toNs, density: 1, requests: 1, bytes}];
  // Of a batch that reaches beyond the wait, as much as lies within.
  const part = (toNs - fromNs) / (endNs - flight.fromNs);
  const density = flight.flightNs / (endNs - flight.fromNs);
  return [{flight, own, fromNs, toNs, density, requests: count * part, bytes: bytes * part}];
}

/**
 * One pass over the moments at which pieces begin and end. `level` is the integral of one request's part: what a piece had is
 * its density times what the level rose by meanwhile.
 */
function divide(pieces: readonly Piece[]): Iterable<Share> {
  const moments = pieces.flatMap((piece) => [
    {at: piece.fromNs, piece, begins: true},
    {at: piece.toNs, piece, begins: false},
  ]);
  moments.sort((a, b) => a.at - b.at);
  const began = new Map<Piece, number>();
  const shares = new Map<string, Share>();
  let [level, last, others, own, ownNs] = [0, 0, 0, 0, 0];
  for (const {at, piece, begins} of moments) {
    const beside = Math.max(0, own - 1);
    const part = (at - last) / (Math.max(0, others) + beside + 1);
    level += part;
    ownNs += part * beside;
    last = at;
    const density = begins ? piece.density : -piece.density;
    if (piece.own) own += density;
    else others += density;
    if (begins) began.set(piece, level);
    else add(shares, piece, piece.own ? 0 : (level - (began.get(piece) as number)) * piece.density);
  }
  const mine = [...shares.values()].find((share) => share.own);
  if (mine) mine.waitNs = ownNs;
  return shares.values();
}

function add(shares: Map<string, Share>, {flight, own, requests, bytes}: Piece, waitNs: number): void {
  const key = own ? 'own' : `${flight.owner} ${flight.pid} ${flight.comm}`;
  const share = shares.get(key);
  if (share) {
    share.waitNs += waitNs;
    share.requests += requests;
    share.bytes += bytes;
  } else {
    shares.set(key, {flight, own, waitNs, requests, bytes});
  }
}

function sharerOf({flight: {owner, pid, comm}, waitNs, requests, bytes}: Share): DiskSharer {
  return {
    ...(owner === WIRE.OWNER_TASK && {pid, comm}),
    ...(owner !== WIRE.OWNER_UNKNOWN && {owner: owner === WIRE.OWNER_WRITEBACK ? 'writeback' : 'task'}),
    requests: Math.max(1, Math.round(requests)),
    size_bytes: Math.round(bytes),
    wait_us: us(Math.round(waitNs)),
  };
}
