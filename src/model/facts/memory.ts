import type {
  KernelEvent,
  MemoryPressureEvent,
  OomKillEvent,
  OomPredictionEvent,
  PageFaultEvent,
  ReclaimStallEvent,
} from '../../types/stream.ts';
import type {Part} from './part.ts';
import {Tally} from './tally.ts';

const MAX_OOMS = 8;
/** Scopes that are remembered of what is foretold, and of what is near its limit. */
const MAX_SCOPES = 64;

/** Who was killed or will be, what is near its limit, and who reads its memory back from a disk. */
export class MemoryFacts implements Part<MemoryFacts> {
  oomKills = 0;
  /** The last ones. */
  ooms: OomKillEvent[] = [];
  /** The last one of each scope, the newest last. */
  readonly predictions = new Map<string, OomPredictionEvent>();
  readonly nearLimits = new Map<string, MemoryPressureEvent>();
  /** Major faults as `pid comm`. */
  readonly faults = new Tally();
  /** Waits to free memory: how many, the longest, and microseconds as `pid comm` and by whose memory was short. */
  reclaims = {count: 0, worstUs: 0};
  readonly reclaimers = new Tally();
  readonly reclaimed = new Tally();

  add(event: KernelEvent): void {
    if (event.type === 'OOM_KILL') this.#oom([event as OomKillEvent], 1);
    else if (event.type === 'OOM_PREDICTION') keep(this.predictions, event as OomPredictionEvent);
    else if (event.type === 'MEMORY_PRESSURE' && event.scope !== 'host')
      keep(this.nearLimits, event as MemoryPressureEvent);
    else if (event.type === 'RECLAIM_STALL') this.#reclaim(event as ReclaimStallEvent);
    else if (event.type === 'PAGE_FAULT') {
      const {pid, comm} = event as PageFaultEvent;
      this.faults.add(`${pid ?? '-'} ${comm ?? '-'}`, 1);
    }
  }

  merge(from: MemoryFacts): void {
    this.#oom(from.ooms, from.oomKills);
    for (const event of from.predictions.values()) keep(this.predictions, event);
    for (const event of from.nearLimits.values()) keep(this.nearLimits, event);
    this.faults.merge(from.faults);
    this.#stalls(from.reclaims);
    this.reclaimers.merge(from.reclaimers);
    this.reclaimed.merge(from.reclaimed);
  }

  #reclaim({latency_us, pid, comm, reclaim}: ReclaimStallEvent): void {
    this.#stalls({count: 1, worstUs: latency_us});
    this.reclaimers.add(`${pid ?? '-'} ${comm ?? '-'}`, latency_us);
    this.reclaimed.add(reclaim, latency_us);
  }

  #stalls({count, worstUs}: MemoryFacts['reclaims']): void {
    this.reclaims = {count: this.reclaims.count + count, worstUs: Math.max(this.reclaims.worstUs, worstUs)};
  }

  #oom(events: OomKillEvent[], kills: number): void {
    this.oomKills += kills;
    this.ooms = [...this.ooms, ...events].slice(-MAX_OOMS);
  }
}

function keep<T extends {scope: string}>(all: Map<string, T>, event: T): void {
  all.delete(event.scope);
  all.set(event.scope, event);
  if (all.size > MAX_SCOPES) all.delete(all.keys().next().value as string);
}
