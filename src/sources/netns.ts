import {readFileSync, readlinkSync} from 'node:fs';

const KNOWN_MAX = 64;

/** Inode number of a process's network namespace, or undefined when it can't be read. */
export function netnsOf(pid: number | 'self'): number | undefined {
  try {
    const found = readlinkSync(`/proc/${pid}/ns/net`).match(/^net:\[(\d+)\]$/);
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** TCP segments sent (OutSegs, retransmitted ones left out: RFC 4022) in the namespace that a process lives in. */
function sentSegments(pid: number | 'self'): number | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/net/snmp`, 'latin1').split('\n');
    const [names, values] = lines.filter((line) => line.startsWith('Tcp:')).map((line) => line.split(' '));
    const at = names?.indexOf('OutSegs') ?? -1;
    const value = at < 0 ? Number.NaN : Number(values?.[at]);
    return Number.isNaN(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/**
 * Segments sent by network namespace. A namespace's figures are read through a process in it, so a namespace is known
 * once an event named one of its processes; kstop's own always is.
 */
export class SentSegments {
  private readonly pids = new Map<number, number | 'self'>();

  constructor() {
    const own = netnsOf('self');
    if (own !== undefined) this.pids.set(own, 'self');
  }

  /** Remembers a process as a way into its namespace. */
  learn(netns: number, pid: number): void {
    if (this.pids.has(netns) || this.pids.size >= KNOWN_MAX) return;
    if (netnsOf(pid) === netns) this.pids.set(netns, pid);
  }

  /** Cumulative segments by namespace; those that can't be read (any more) are left out. */
  read(): Map<number, number> {
    const sent = new Map<number, number>();
    for (const [netns, pid] of this.pids) {
      const value = pid === 'self' || netnsOf(pid) === netns ? sentSegments(pid) : undefined;
      if (value !== undefined) sent.set(netns, value);
      else if (pid !== 'self') this.pids.delete(netns);
    }
    return sent;
  }
}
