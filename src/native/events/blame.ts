import type {Culprit, SchedLatencyEvent} from '../../types/stream.ts';
import {LAYOUT, WIRE} from '../wire.gen.ts';
import {type Records, us} from './records.ts';

const layout = LAYOUT.sched_event;
const {SIZE, at_ns, pid: PID, prev_pid: PREV_PID, comm: COMM} = LAYOUT.switch;
/** The switches in a record: a ring, whose size is a power of two. Places are offsets in the buffer. */
class Switches {
  readonly count: number;
  readonly #first: number;
  readonly #newest: number;

  constructor(r: Records, at: number) {
    this.#first = at + layout.switches;
    this.count = (r.u16(at + LAYOUT.event.size) - layout.switches) / SIZE;
    this.#newest = r.u32(at + layout.newest);
  }

  /** Place of the one that is so many before the newest. */
  place(back: number): number {
    return this.#first + ((this.#newest - back) & (this.count - 1)) * SIZE;
  }
}

/** What one process ran of a wait, under one name. */
interface Ran {
  pid: number;
  comm: string;
  ns: number;
}

/**
 * Who ran while a task waited, from its record at `at`: the CPU's last switches, walked back to where the wait began there.
 * Undefined where nobody can say: a wait that was throttled or may have been, or that began before the probe.
 *
 * Nobody is to blame for the part that was throttled. That it comes first is how bandwidth control works: a task is held
 * back when its group has used up its time, and queues once there is more.
 *
 * @param latency the wait in nanoseconds
 * @param throttled the part of it under cpu.max, in nanoseconds
 */
export function blame(
  r: Records,
  at: number,
  latency: number,
  throttled: number,
): Pick<SchedLatencyEvent, 'culprits' | 'covered_pct'> | undefined {
  if (r.u32(at + layout.seen) === 0 || r.u32(at + layout.cause) !== WIRE.CAUSE_QUEUE) return undefined;
  const switches = new Switches(r, at);
  const here = agoOf(r, switches.place(0) + at_ns, at + layout.queued_ns);
  const ran = whoRan(r, switches, Math.min(here, latency - throttled));
  const culprits = ran.sort((a, b) => b.ns - a.ns).map(({pid, comm, ns}): Culprit => ({pid, comm, ran_us: us(ns)}));
  const ns = ran.reduce((sum, each) => sum + each.ns, 0);
  // Held to two decimals; nobody named is a share of 0, which is known.
  const covered_pct = latency > 0 ? Math.round((ns / latency) * 10_000) / 100 : 0;
  return {...(culprits.length > 0 && {culprits}), covered_pct};
}

/** Nanoseconds between two moments of one clock; exact however long the host has been up. */
function agoOf(r: Records, now: number, then: number): number {
  return (r.u32(now + 4) - r.u32(then + 4)) * 2 ** 32 + (r.u32(now) - r.u32(then));
}

/**
 * What ran in the last `within` nanoseconds before the newest switch. A stretch whose begin and end don't speak of the same
 * process (the kernel skipped the program between them) is nobody's, and so are an idle CPU's and all that lies before the
 * oldest switch.
 */
function whoRan(r: Records, switches: Switches, within: number): Ran[] {
  const ran: Ran[] = [];
  const last = switches.place(0);
  let after = last;
  let end = 0;
  for (let back = 1; back < switches.count && end < within; back++) {
    const place = switches.place(back);
    const from = Math.min(within, agoOf(r, last + at_ns, place + at_ns));
    // A clock that went backwards: what is older can't be told.
    if (from < end) break;
    const pid = r.u32(place + PID);
    if (pid !== 0 && pid === r.u32(after + PREV_PID)) add(ran, pid, r.comm(place + COMM), from - end);
    after = place;
    end = from;
  }
  return ran;
}

/** Apart by name too: a number may have been given anew, and a name is what its thread had at the switch. */
function add(ran: Ran[], pid: number, comm: string, ns: number): void {
  if (ns === 0) return;
  const known = ran.find((each) => each.pid === pid && each.comm === comm);
  if (known) known.ns += ns;
  else ran.push({pid, comm, ns});
}
