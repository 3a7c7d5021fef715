import type {KernelEvent, OomKillEvent, PageFaultEvent} from '../../types/stream.ts';
import type {Part} from './part.ts';
import {Tally} from './tally.ts';

const MAX_OOMS = 8;

/** Who was killed, and who reads its memory back from a disk. */
export class MemoryFacts implements Part<MemoryFacts> {
  oomKills = 0;
  /** The last ones. */
  ooms: OomKillEvent[] = [];
  /** Major faults as `pid comm`. */
  readonly faults = new Tally();

  add(event: KernelEvent): void {
    if (event.type === 'OOM_KILL') this.#oom([event as OomKillEvent], 1);
    else if (event.type === 'PAGE_FAULT') {
      const {pid, comm} = event as PageFaultEvent;
      this.faults.add(`${pid ?? '-'} ${comm ?? '-'}`, 1);
    }
  }

  merge(from: MemoryFacts): void {
    this.#oom(from.ooms, from.oomKills);
    this.faults.merge(from.faults);
  }

  #oom(events: OomKillEvent[], kills: number): void {
    this.oomKills += kills;
    this.ooms = [...this.ooms, ...events].slice(-MAX_OOMS);
  }
}
