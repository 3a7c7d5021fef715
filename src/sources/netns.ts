import {readFileSync, readlinkSync} from 'node:fs';
import {ProcFile} from './host.ts';

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

/** TCP segments sent (OutSegs, retransmitted ones left out: RFC 4022), from the text of /proc/PID/net/snmp. */
function sentSegments(snmp: string | undefined): number | undefined {
  const [names, values] = (snmp ?? '').split('\n').filter((line) => line.startsWith('Tcp:'));
  const at = names?.split(' ').indexOf('OutSegs') ?? -1;
  const value = at < 0 ? Number.NaN : Number(values?.split(' ')[at]);
  return Number.isNaN(value) ? undefined : value;
}

/** Through a process in the namespace: undefined when it has ended or left. */
function snmpOf(netns: number, pid: number): string | undefined {
  try {
    return netnsOf(pid) === netns ? readFileSync(`/proc/${pid}/net/snmp`, 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Segments sent by network namespace. A namespace's figures are read through a process in it, so a namespace is known
 * once an event named one of its processes; kstop's own always is.
 */
export class SentSegments {
  private readonly pids = new Map<number, number>();
  private readonly own = netnsOf('self');
  private readonly ownSnmp = new ProcFile('/proc/self/net/snmp');

  /** Remembers a process as a way into its namespace. */
  learn(netns: number, pid: number): void {
    if (netns === this.own || this.pids.has(netns) || this.pids.size >= KNOWN_MAX) return;
    if (netnsOf(pid) === netns) this.pids.set(netns, pid);
  }

  /** Cumulative segments by namespace; those that can't be read (any more) are left out. */
  read(): Map<number, number> {
    const sent = new Map<number, number>();
    const own = sentSegments(this.ownSnmp.read());
    if (this.own !== undefined && own !== undefined) sent.set(this.own, own);
    for (const [netns, pid] of this.pids) {
      const value = sentSegments(snmpOf(netns, pid));
      if (value === undefined) this.pids.delete(netns);
      else sent.set(netns, value);
    }
    return sent;
  }

  close(): void {
    this.ownSnmp.close();
  }
}
