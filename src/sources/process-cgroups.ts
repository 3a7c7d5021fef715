import {readFileSync} from 'node:fs';
import {parseCgroup} from './focus/proc.ts';

const MAX = 4096;
/** What has been read holds so long: a process seldom changes its cgroup, and seldom is a number given anew under the same name. */
const TTL_MS = 2000;
/** Files that are read in a second: storms of new processes shall not keep us. */
const READS = 200;

interface Known {
  path: string | undefined;
  untilMs: number;
}

/** The cgroup of processes that somebody names by number and name, such as culprits: read when it is asked for, and bounded. */
export class ProcessCgroups {
  private readonly known = new Map<string, Known>();
  private reads = 0;
  private second = 0;

  constructor(
    private readonly read = readCgroups,
    private readonly now = () => performance.now(),
  ) {}

  /** Undefined: it is gone, or can't be told now. */
  of(pid: number, comm: string): string | undefined {
    const now = this.now();
    const key = `${pid} ${comm}`;
    const known = this.known.get(key);
    if (known && known.untilMs > now) return known.path;
    if (!this.mayRead(now)) return undefined;
    if (this.known.size >= MAX) this.known.clear();
    const path = this.path(pid);
    this.known.set(key, {path, untilMs: now + TTL_MS});
    return path;
  }

  private path(pid: number): string | undefined {
    const text = this.read(pid);
    return text === undefined ? undefined : parseCgroup(text);
  }

  private mayRead(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.second) [this.second, this.reads] = [second, 0];
    return this.reads++ < READS;
  }
}

function readCgroups(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return undefined;
  }
}
