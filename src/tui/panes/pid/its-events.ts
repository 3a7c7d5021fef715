import type {State} from '../../../types/state.ts';
import type {KernelEvent, SchedLatencyEvent, UnknownEvent} from '../../../types/stream.ts';

/** Events of one type. */
export interface Kind {
  type: string;
  count: number;
  /** Microseconds; absent where the type has no latency. */
  worst_us?: number;
  total_us?: number;
}

/** What the buffered events say of a process, or of a container. */
export interface ItsEvents {
  /** Its own, newest first. */
  own: readonly KernelEvent[];
  /** By type, most first: those of them that tell of something slow or wrong. */
  kinds: readonly Kind[];
  /** Waits of others that it ran before. */
  before: Kind;
}

/** Was it the process that waited, asked, faulted, or was killed? */
function isOwn(event: KernelEvent, pid: number): boolean {
  return event.pid === pid || (event as UnknownEvent).victim_pid === pid;
}

/** That it runs programs and ends is nothing slow or wrong. */
function isOrdinary({subsystem, severity}: KernelEvent): boolean {
  return subsystem === 'process' && severity === 'info';
}

function tally(kind: Kind, event: KernelEvent): void {
  const {latency_us: us} = event as UnknownEvent;
  kind.count++;
  if (typeof us !== 'number') return;
  kind.worst_us = Math.max(kind.worst_us ?? 0, us);
  kind.total_us = (kind.total_us ?? 0) + us;
}

/** Which events are its own, and which tell of others that waited because it ran. */
interface Whose {
  owns(event: KernelEvent): boolean;
  kept(event: KernelEvent): boolean;
}

const ofProcess = (pid: number): Whose => ({
  owns: (event) => isOwn(event, pid),
  kept: (event) => event.type === 'SCHED_LATENCY' && event.prev_pid === pid && event.pid !== pid,
});

const ofContainer = (id: string): Whose => ({
  owns: ({container}) => container?.id === id,
  kept: (event) =>
    event.type === 'SCHED_LATENCY' &&
    event.container?.id !== id &&
    ((event as SchedLatencyEvent).culprits ?? []).some(({container}) => container?.id === id),
});

function gather(events: readonly KernelEvent[], {owns, kept}: Whose): ItsEvents {
  const own: KernelEvent[] = [];
  const kinds = new Map<string, Kind>();
  const before: Kind = {type: 'SCHED_LATENCY', count: 0};
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!;
    if (kept(event)) tally(before, event);
    if (!owns(event)) continue;
    own.push(event);
    if (isOrdinary(event)) continue;
    let kind = kinds.get(event.type);
    if (!kind) {
      kind = {type: event.type, count: 0};
      kinds.set(event.type, kind);
    }
    tally(kind, event);
  }
  return {own, kinds: [...kinds.values()].sort((a, b) => b.count - a.count), before};
}

/** Finds a process's events, anew only when there are others: the same object otherwise. */
export const eventsOf = (pid: number): ((state: State) => ItsEvents) => finder(ofProcess(pid));

/** The same for a container, by its id. */
export const eventsOfContainer = (id: string): ((state: State) => ItsEvents) => finder(ofContainer(id));

function finder(whose: Whose): (state: State) => ItsEvents {
  let found: ItsEvents | undefined;
  let seen: {seq: number; length: number; last?: KernelEvent} | undefined;
  return ({events, eventSeq}) => {
    const last = events.at(-1);
    if (found && seen?.seq === eventSeq && seen.length === events.length && seen.last === last) return found;
    seen = {seq: eventSeq, length: events.length, last};
    found = gather(events, whose);
    return found;
  };
}

/** Does anything that is kept speak of the process? */
export function isKnown(pid: number, {events, sample, focus}: State): boolean {
  if (focus?.now.pid === pid || sample?.processes?.some((row) => row.pid === pid)) return true;
  return events.some((event) => {
    const {prev_pid, culprits} = event as UnknownEvent;
    const blamed = Array.isArray(culprits) && culprits.some((culprit) => culprit.pid === pid);
    return isOwn(event, pid) || prev_pid === pid || blamed;
  });
}
