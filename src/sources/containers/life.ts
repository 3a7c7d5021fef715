import type {ContainerEnd, ContainerRef} from '../../types/stream.ts';

/** The main processes that a container has had, one after another. Milliseconds are monotonic. */
export class Life {
  /** How often one began after another had ended. */
  restarts = 0;
  last?: ContainerEnd;
  endedMs = Number.NEGATIVE_INFINITY;
  /** The last one has ended, and no other one has begun. */
  over = false;
  private pid: number | undefined;
  private heardMs = Number.NEGATIVE_INFINITY;

  constructor(
    public container: ContainerRef,
    public cgroup: string,
  ) {}

  /** Also when it runs another program. */
  begins(pid: number, ms: number): void {
    if (this.over) this.restarts++;
    this.over = false;
    this.pid = pid;
    this.heardMs = ms;
  }

  /** One that runs no program, or whose start wasn't told, has begun all the same. */
  ends(pid: number, how: ContainerEnd, ms: number): void {
    if (this.over && pid !== this.pid) this.restarts++;
    this.over = true;
    this.pid = pid;
    this.last = how;
    this.endedMs = ms;
    this.heardMs = ms;
  }

  /** Two ids under one name: what was heard of last is how things are, whichever got its name first. */
  static merged(a: Life, b: Life): Life {
    const [before, now] = a.heardMs <= b.heardMs ? [a, b] : [b, a];
    now.restarts += before.restarts + (before.over ? 1 : 0);
    now.last ??= before.last;
    now.endedMs = Math.max(now.endedMs, before.endedMs);
    return now;
  }
}
