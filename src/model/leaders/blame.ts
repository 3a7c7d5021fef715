import type {BlameRow} from '../../types/detail.ts';
import type {
  BioLatencyEvent,
  Blame,
  BlameSum,
  KernelEvent,
  SchedLatencyEvent,
  SubsystemName,
} from '../../types/stream.ts';
import {whoOf} from './owner.ts';
import {type Entry, Ranking} from './ranking.ts';

/** Rows of blame that a sample carries. */
const MAX_ROWS = 50;

/** One process's part of a wait; its name alone is known of the kernel's writeback. */
interface Part {
  culprit: Blame['culprit'];
  us: number;
  /** The whole wait. */
  ofUs: number;
}

/** What one process waited because of another. */
export class Blamed implements Entry<Blamed> {
  #subsystem: SubsystemName = 'sched';
  #victim: Blame['victim'] = {pid: 0, comm: ''};
  #culprit: Blame['culprit'] = {pid: 0, comm: ''};
  #waitUs = 0;
  #waits = 0;
  #worstUs = 0;
  #ofUs = 0;

  get weight(): number {
    return this.#waitUs;
  }

  add(subsystem: SubsystemName, victim: Blame['victim'], {culprit, us, ofUs}: Part): void {
    this.#subsystem = subsystem;
    this.#victim = victim;
    this.#culprit = culprit;
    this.#waitUs += us;
    this.#waits++;
    this.#worstUs = Math.max(this.#worstUs, us);
    this.#ofUs += ofUs;
  }

  merge(from: Blamed): void {
    [this.#subsystem, this.#victim, this.#culprit] = [from.#subsystem, from.#victim, from.#culprit];
    this.#waitUs += from.#waitUs;
    this.#waits += from.#waits;
    this.#worstUs = Math.max(this.#worstUs, from.#worstUs);
    this.#ofUs += from.#ofUs;
  }

  row(): BlameRow {
    const [victim, culprit] = [whoOf(this.#victim), whoOf(this.#culprit)];
    const figures = {wait_us: this.#waitUs, waits: this.#waits, worst_us: this.#worstUs, of_us: this.#ofUs};
    return {subsystem: this.#subsystem, victim, culprit, ...figures};
  }

  /** As a sample carries it. */
  object(): Blame {
    const wait_ms = Math.round(this.#waitUs) / 1000;
    return {subsystem: this.#subsystem, victim: this.#victim, culprit: this.#culprit, wait_ms};
  }

  /** As the summary carries it. */
  sum(): BlameSum {
    return {...this.object(), waits: this.#waits, worst_ms: Math.round(this.#worstUs) / 1000};
  }
}

/** Who waited because of whom: in the last minute, and since the last sample. */
export class BlameLog {
  readonly #minute = new Ranking(() => new Blamed());
  #interval = new Ranking(() => new Blamed());

  event(event: KernelEvent, atMs: number): void {
    const {pid, comm, container, subsystem} = event;
    const parts = partsOf(event);
    if (pid === undefined || comm === undefined || parts.length === 0) return;
    const victim = {pid, comm, ...(container && {container})};
    for (const part of parts) {
      const key = JSON.stringify([subsystem, pid, comm, part.culprit.pid, part.culprit.comm]);
      this.#minute.at(key, atMs).add(subsystem, victim, part);
      this.#interval.at(key, 0).add(subsystem, victim, part);
    }
  }

  /** Of the last minute, the longest first. */
  rows(nowMs: number): BlameRow[] {
    return this.#minute.top(nowMs).map((each) => each.row());
  }

  /** Since an interval began, by victim and culprit. */
  interval(): Map<string, Blamed> {
    return this.#interval.sums(0);
  }

  /** Begins a new interval. The rows of the one that ends, the longest first. */
  take(): Blame[] {
    const rows = this.#interval.top(0).slice(0, MAX_ROWS);
    this.#interval = new Ranking(() => new Blamed());
    return rows.map((each) => each.object());
  }
}

function partsOf(event: KernelEvent): Part[] {
  const {latency_us: ofUs} = event as SchedLatencyEvent | BioLatencyEvent;
  if (event.type === 'SCHED_LATENCY')
    return ((event as SchedLatencyEvent).culprits ?? []).map(({ran_us, ...culprit}) => ({culprit, us: ran_us, ofUs}));
  if (event.type !== 'BIO_LATENCY') return [];
  return ((event as BioLatencyEvent).culprits ?? []).flatMap(({pid, comm, owner, container, wait_us}) => {
    const name = comm ?? (owner === 'writeback' ? owner : undefined);
    // That a process has many requests at once is its own affair.
    if (name === undefined || (pid !== undefined && pid === event.pid)) return [];
    const culprit = {...(pid !== undefined && {pid}), comm: name, ...(container && {container})};
    return [{culprit, us: wait_us, ofUs}];
  });
}

/** What no container is of. */
const HOST = 'host';

/** The same by container, the longest first; none where no container has a part. */
export function byContainer(rows: readonly BlameRow[]): BlameRow[] {
  const sums = new Map<string, BlameRow>();
  for (const row of rows) {
    const [victim, culprit] = [row.victim.container ?? HOST, row.culprit.container ?? HOST];
    if (victim === HOST && culprit === HOST) continue;
    const key = JSON.stringify([row.subsystem, victim, culprit]);
    const sum = sums.get(key);
    if (sum) {
      sum.wait_us += row.wait_us;
      sum.waits += row.waits;
      sum.of_us += row.of_us;
      sum.worst_us = Math.max(sum.worst_us, row.worst_us);
    } else {
      sums.set(key, {...row, victim: {container: victim}, culprit: {container: culprit}});
    }
  }
  return [...sums.values()].sort((a, b) => b.wait_us - a.wait_us);
}
