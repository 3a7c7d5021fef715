import type {TraceStats, TraceTopProcess} from '../../types/trace.ts';
import {round} from '../../util/round.ts';
import type {Head} from './wire.ts';

/** Processes and users that are told apart. */
const MOST = 4096;
/** Names of one process: who renames itself on and on isn't searched through for each event. */
const MOST_NAMES = 8;
const TOP = 10;

interface Process {
  process_name: string;
  pid: number;
  event_count: number;
}

/** Counts events by process and user, in bounded memory. */
export class Tally {
  total = 0;
  readonly #byPid = new Map<number, Process[]>();
  readonly #byUid = new Map<number, number>();
  #processes = 0;
  #otherProcesses = 0;
  #otherUsers = 0;

  add({pid, uid, comm}: Head): void {
    this.total++;
    const users = this.#byUid.get(uid);
    if (users !== undefined || this.#byUid.size < MOST) this.#byUid.set(uid, (users ?? 0) + 1);
    else this.#otherUsers++;
    const process = this.#process(pid, comm);
    if (process) process.event_count++;
    else this.#otherProcesses++;
  }

  #process(pid: number, comm: string): Process | undefined {
    const names = this.#byPid.get(pid);
    const known = names?.find(({process_name}) => process_name === comm);
    if (known || this.#processes === MOST || names?.length === MOST_NAMES) return known;
    const process = {process_name: comm, pid, event_count: 0};
    this.#processes++;
    if (names) names.push(process);
    else this.#byPid.set(pid, [process]);
    return process;
  }

  /** @param ranS seconds that the probes were attached for */
  stats(ranS: number): Omit<TraceStats, 'kept_events' | 'lost_events'> {
    const all = [...this.#byPid.values()].flat().sort((a, b) => b.event_count - a.event_count);
    const byName = new Map<string, number>();
    for (const {process_name, event_count} of all)
      byName.set(process_name, (byName.get(process_name) ?? 0) + event_count);
    const byUid = new Map([...this.#byUid].map(([uid, events]) => [String(uid), events]));
    if (this.#otherUsers > 0) byUid.set('others', this.#otherUsers);
    return {
      total_events: this.total,
      // A process may call itself __proto__: as an entry that is a name like any other.
      events_by_process: Object.fromEntries(byName),
      events_by_uid: Object.fromEntries(byUid),
      events_per_second: ranS > 0 ? round(this.total / ranS, 2) : 0,
      top_processes: all.slice(0, TOP).map((process) => this.#share(process)),
      ...(this.#otherProcesses > 0 && {other_events: this.#otherProcesses}),
    };
  }

  #share(process: Process): TraceTopProcess {
    return {...process, percentage: round((100 * process.event_count) / this.total, 1)};
  }
}
