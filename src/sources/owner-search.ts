import type {TcpRetransmitEvent} from '../types/stream.ts';

/** Passes over all open files take at most this part of one CPU, and never come closer together or further apart. */
const SHARE = 1 / 200;
const NEAREST_MS = 250;
const FURTHEST_MS = 5000;
/** A connection that so many passes have not found has no process any more: closed, or the kernel's own. */
const MOST_PASSES = 3;
const MOST_CONNECTIONS = 1024;

/**
 * When to look again for the processes that hold sockets. A connection that a pass came too early for (it was not accepted
 * yet) has the next one soon, as far as the cost of passes allows.
 */
export class OwnerSearch {
  private readonly passes = new Map<string, number>();
  private next = Number.NEGATIVE_INFINITY;

  /** `pass` looks through all open files. `clock`: milliseconds. */
  constructor(
    private readonly pass: () => void,
    private readonly clock = () => performance.now(),
  ) {}

  /** A retransmit without a process: looks around now, if it is time and may help. */
  look({netns, saddr, sport, daddr, dport}: Partial<TcpRetransmitEvent>): void {
    const begin = this.clock();
    if (begin < this.next) return;
    const key = `${netns} ${saddr} ${sport} ${daddr} ${dport}`;
    const before = this.passes.get(key) ?? 0;
    if (before >= MOST_PASSES) return;
    if (this.passes.size >= MOST_CONNECTIONS) this.passes.clear();
    this.passes.set(key, before + 1);
    this.pass();
    const end = this.clock();
    this.next = end + Math.min(Math.max((end - begin) / SHARE, NEAREST_MS), FURTHEST_MS);
  }
}
