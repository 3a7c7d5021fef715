import type {RequestSpan} from '../../native/events/records.ts';
import {type Flight, readFlights} from '../../native/flights.ts';
import {WIRE} from '../../native/wire.gen.ts';
import type {BioLatencyEvent} from '../../types/stream.ts';
import {sharers} from './sharers.ts';

/** Requests that are looked at for the slow ones of one drain: a millisecond or so. */
const BUDGET = 30_000;

interface Slow {
  event: BioLatencyEvent;
  span: RequestSpan;
}

/** Adds to slow requests who kept their disks busy meanwhile: looked for once a drain that brought some. */
export class SlowRequests {
  private noted: Slow[] = [];

  /** @param read the requests in flight and those that ended lately */
  constructor(private readonly read: () => DataView | undefined) {}

  note(event: BioLatencyEvent, span: RequestSpan): void {
    this.noted.push({event, span});
  }

  /** Of more than can be looked into, the slowest. */
  explain(): void {
    const {noted} = this;
    if (noted.length === 0) return;
    this.noted = [];
    const view = this.read();
    if (!view) return;
    const disks = new Set(noted.map(({span}) => span.dev));
    const {sinceNs, flights} = readFlights(view, (dev) => disks.has(dev));
    const byDisk = Map.groupBy(flights, ({dev}) => dev);
    let left = BUDGET;
    for (const {event, span} of noted.sort((a, b) => b.event.latency_us - a.event.latency_us)) {
      const beside = byDisk.get(span.dev) ?? [];
      left -= beside.length;
      if (left < 0) return;
      blame(event, span, beside, sinceNs);
    }
  }
}

function blame(event: BioLatencyEvent, span: RequestSpan, flights: readonly Flight[], sinceNs: number): void {
  const {pid, owner} = event;
  const isOwn = (flight: Flight) =>
    owner === 'task' ? flight.owner === WIRE.OWNER_TASK && flight.pid === pid : flight.owner === ownerBits(owner);
  const {shares, waitNs} = sharers(span, flights, isOwn);
  if (shares.length > 0) event.culprits = shares;
  // Nobody found where not all can be seen isn't nobody.
  if (shares.length > 0 || sinceNs <= span.startNs)
    event.covered_pct = Math.round((waitNs / (span.endNs - span.startNs)) * 10_000) / 100;
}

const ownerBits = (owner: BioLatencyEvent['owner']) =>
  owner === 'writeback' ? WIRE.OWNER_WRITEBACK : WIRE.OWNER_UNKNOWN;
