import type {Faulter, Who} from '../../types/detail.ts';
import type {PageFaultEvent, ProcessRow} from '../../types/stream.ts';
import {whoOf} from './owner.ts';
import type {Entry} from './ranking.ts';

/** One major fault costs about as much as a thousand minor ones. */
const MAJOR_WEIGHT = 1000;

/** How much a process's faults of one interval matter; 0 where none are known. */
export function faultWeight({major_faults = 0, minor_faults = 0}: ProcessRow): number {
  return MAJOR_WEIGHT * major_faults + minor_faults;
}

/** One process's page faults: by the kernel's count where samples carry it, and as they were told in events. */
export class FaultCounts implements Entry<FaultCounts> {
  #who: Who = {};
  /** The name is the process's, not that of the thread that faulted. */
  #named = false;
  #told = 0;
  #counted = 0;
  #minor?: number;
  #worst?: number;

  get weight(): number {
    return MAJOR_WEIGHT * Math.max(this.#told, this.#counted) + (this.#minor ?? 0);
  }

  add(event: PageFaultEvent): void {
    this.#who = {...whoOf(event), ...(this.#named && {comm: this.#who.comm})};
    this.#told++;
    if (event.latency_us !== undefined) this.#worst = Math.max(this.#worst ?? 0, event.latency_us);
  }

  count({pid, comm, minor_faults, major_faults}: ProcessRow): void {
    this.#who = {...this.#who, pid, comm};
    this.#named = true;
    this.#counted += major_faults ?? 0;
    if (minor_faults !== undefined) this.#minor = (this.#minor ?? 0) + minor_faults;
  }

  merge(from: FaultCounts): void {
    const container = from.#who.container ?? this.#who.container;
    this.#who = {...(from.#named || !this.#named ? from.#who : this.#who), container};
    this.#named ||= from.#named;
    this.#told += from.#told;
    this.#counted += from.#counted;
    if (from.#minor !== undefined) this.#minor = (this.#minor ?? 0) + from.#minor;
    if (from.#worst !== undefined) this.#worst = Math.max(this.#worst ?? 0, from.#worst);
  }

  row(): Faulter {
    const major = Math.max(this.#told, this.#counted);
    return {...this.#who, major, minor: this.#minor, worst_us: this.#worst};
  }
}
