import {readSmall} from './files.ts';
import {ownMemory} from './own-memory.ts';

/** Processes of a scope that are looked at, and of all scopes in an interval. */
const MAX_OF_SCOPE = 64;
const MAX_READS = 128;
/** Growth is told from a look so long ago at most (milliseconds): who grew before that may have stopped. */
const SPAN_MS = 20_000;
/** A process grows for its scope when it makes so much of the growth. */
const SHARE = 0.5;

interface Seen {
  startTicks: number;
  looks: {ms: number; bytes: number}[];
}

/** Which process below a scope that grows makes it grow: its memory but that of files, look by look. */
export class Growers {
  private seen = new Map<number, Seen>();
  private kept = new Map<number, Seen>();
  private reads = 0;

  constructor(private readonly proc = '/proc') {}

  /** Before the first `of` of an interval: forgets who wasn't looked at in the last one. */
  begin(): void {
    this.seen = this.kept;
    this.kept = new Map();
    this.reads = 0;
  }

  /** Of the processes of these cgroups the one that makes half of `bytesPerS`. `folders`: of the cgroups' files. */
  of(folders: readonly string[], bytesPerS: number, ms: number): {pid: number; comm: string} | undefined {
    let most: {pid: number; comm: string} | undefined;
    let least = bytesPerS * SHARE;
    let left = MAX_OF_SCOPE;
    for (const folder of folders) {
      for (const line of (readSmall(`${folder}/cgroup.procs`) ?? '').split('\n')) {
        const pid = /^[1-9]\d{0,9}$/.test(line) ? Number(line) : 0;
        if (pid === 0) continue;
        if (left-- <= 0 || this.reads >= MAX_READS) return most;
        const grown = this.look(pid, ms);
        if (grown === undefined || grown.bytesPerS < least) continue;
        least = grown.bytesPerS;
        most = {pid, comm: grown.comm};
      }
    }
    return most;
  }

  private look(pid: number, ms: number): {comm: string; bytesPerS: number} | undefined {
    this.reads++;
    const now = ownMemory(this.proc, pid);
    if (!now) return undefined;
    const {comm, startTicks, bytes} = now;
    const before = this.seen.get(pid);
    const same = before?.startTicks === startTicks ? before.looks : [];
    const looks = [...same.filter((each) => ms - each.ms <= SPAN_MS), {ms, bytes}];
    this.kept.set(pid, {startTicks, looks});
    const first = looks[0]!;
    if (first.ms >= ms) return undefined;
    return {comm, bytesPerS: ((bytes - first.bytes) * 1000) / (ms - first.ms)};
  }
}
