import type {
  BioLatencyEvent,
  KernelEvent,
  OomKillEvent,
  SchedLatencyEvent,
  TcpRetransmitEvent,
} from '../types/stream.ts';
import {Tally} from './tally.ts';

const MAX_OOMS = 8;

/**
 * What reported events say beyond the counts, for findings: who was worst, behind whom, on which device, to which peer.
 * Bounded in size and mergeable, so that one object can stand for a run and sixty small ones for the last minute.
 */
export class Facts {
  schedReports = 0;
  throttledReports = 0;
  worstWait?: SchedLatencyEvent;
  /** Reported waits by the task that ran before, as `pid comm`. */
  readonly behind = new Tally();
  /** The same by the name alone: many processes of one kind. */
  readonly behindName = new Tally();
  /** Throttled waits by cgroup (or name, where it isn't known). */
  readonly throttled = new Tally();
  /** Reported microseconds by device: whole latency of those with both parts known, and the queue's part of it. */
  readonly deviceTotal = new Tally();
  readonly deviceQueue = new Tally();
  readonly deviceReports = new Tally();
  worstBio?: BioLatencyEvent;
  oomKills = 0;
  ooms: OomKillEvent[] = [];
  /** Retransmitted segments by peer address and by state. */
  readonly peers = new Tally();
  readonly tcpStates = new Tally();

  add(event: KernelEvent): void {
    if (isSched(event)) this.#sched(event);
    else if (isBio(event)) this.#bio(event);
    else if (isOom(event)) this.#oom([event], 1);
    else if (isRetransmit(event)) {
      this.peers.add(event.daddr, event.segments);
      this.tcpStates.add(event.state, event.segments);
    }
  }

  merge(from: Facts): void {
    this.schedReports += from.schedReports;
    this.throttledReports += from.throttledReports;
    this.worstWait = longer(this.worstWait, from.worstWait);
    this.worstBio = longer(this.worstBio, from.worstBio);
    this.#oom(from.ooms, from.oomKills);
    for (const field of TALLIES) this[field].merge(from[field]);
  }

  /** The queue's share of a device's reported time, 0 to 1; undefined when no report tells both. */
  queueShare(device: string): number | undefined {
    const total = this.deviceTotal.get(device);
    return total > 0 ? this.deviceQueue.get(device) / total : undefined;
  }

  #sched(event: SchedLatencyEvent): void {
    this.schedReports++;
    if (event.cause === 'throttled') {
      this.throttledReports++;
      this.throttled.add(event.cgroup ?? event.comm ?? 'unknown', 1);
      return;
    }
    if (event.prev_pid > 0) {
      this.behind.add(`${event.prev_pid} ${event.prev_comm}`, 1);
      this.behindName.add(event.prev_comm, 1);
    }
    this.worstWait = longer(this.worstWait, event);
  }

  #bio(event: BioLatencyEvent): void {
    this.deviceReports.add(event.device, 1);
    this.worstBio = longer(this.worstBio, event);
    if (event.queue_us === undefined || event.device_us === undefined) return;
    this.deviceTotal.add(event.device, event.queue_us + event.device_us);
    this.deviceQueue.add(event.device, event.queue_us);
  }

  #oom(events: OomKillEvent[], kills: number): void {
    this.oomKills += kills;
    this.ooms = [...this.ooms, ...events].slice(-MAX_OOMS);
  }
}

const TALLIES = [
  'behind',
  'behindName',
  'throttled',
  'deviceTotal',
  'deviceQueue',
  'deviceReports',
  'peers',
  'tcpStates',
] as const;

function longer<T extends {latency_us: number}>(a: T | undefined, b: T | undefined): T | undefined {
  if (!a || !b) return a ?? b;
  return b.latency_us > a.latency_us ? b : a;
}

function isSched(event: KernelEvent): event is SchedLatencyEvent {
  return event.type === 'SCHED_LATENCY';
}
function isBio(event: KernelEvent): event is BioLatencyEvent {
  return event.type === 'BIO_LATENCY';
}
function isOom(event: KernelEvent): event is OomKillEvent {
  return event.type === 'OOM_KILL';
}
function isRetransmit(event: KernelEvent): event is TcpRetransmitEvent {
  return event.type === 'TCP_RETRANSMIT';
}
