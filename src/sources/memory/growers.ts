import type {Grower} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import {readSmall} from './files.ts';
import {ownMemory} from './own-memory.ts';

/** Processes of a scope that are looked at, and of all scopes in an interval. */
const MAX_OF_SCOPE = 64;
const MAX_READS = 128;
/** Growth is told from a look so long ago at most, or from the last one (milliseconds): who grew before that may have stopped. */
const SPAN_MS = 20_000;
/** Growers named of a scope, and the percentage of its growth that each makes at least. */
const MAX_GROWERS = 3;
const LEAST_PCT = 10;
const MS_A_TICK = 10;
/** What grew by more than that percentage of the growth since its birth has it from its parent. */
const INHERITED_PCT = 150;

interface Seen {
  startTicks: number;
  looks: Look[];
}

interface Look {
  ms: number;
  bytes: number;
  /** Nobody had to take it: what starts has nothing. */
  birth?: boolean;
}

interface Grown {
  comm: string;
  bytesPerS: number;
  sinceBirth: boolean;
}

/** Which processes below a scope make it grow: their memory but that of files, look by look. */
export class Growers {
  private seen = new Map<number, Seen>();
  private kept = new Map<number, Seen>();
  private reads = 0;
  /** Milliseconds since the system started. */
  private upMs: number | undefined;

  constructor(private readonly proc = '/proc') {}

  /** Before the first `of` of an interval: forgets who wasn't looked at in the last one. */
  begin(): void {
    this.seen = this.kept;
    this.kept = new Map();
    this.reads = 0;
    const up = /^\d{1,12}\.\d{1,6} /.exec(readSmall(`${this.proc}/uptime`) ?? '');
    this.upMs = up ? Number(up[0]) * 1000 : undefined;
  }

  /**
   * Of the processes of these cgroups those that make a tenth of `bytesPerS` or more, the quickest first. An older one's growth is
   * known from its second look on. `folders`: of the cgroups' files.
   */
  of(folders: readonly string[], bytesPerS: number, ms: number): Grower[] {
    const growers: Grower[] = [];
    for (const pid of this.pidsOf(folders)) {
      const grown = this.look(pid, ms);
      if (!grown) continue;
      const pct = (100 * grown.bytesPerS) / bytesPerS;
      if (!(pct >= LEAST_PCT) || (grown.sinceBirth && pct > INHERITED_PCT)) continue;
      // It is measured over other seconds than the scope.
      const share_pct = round(Math.min(100, pct), 1);
      growers.push({pid, comm: grown.comm, growth_bytes_per_s: Math.round(grown.bytesPerS), share_pct});
    }
    return growers.sort((a, b) => b.growth_bytes_per_s - a.growth_bytes_per_s).slice(0, MAX_GROWERS);
  }

  private *pidsOf(folders: readonly string[]): Iterable<number> {
    let left = MAX_OF_SCOPE;
    for (const folder of folders) {
      for (const line of (readSmall(`${folder}/cgroup.procs`) ?? '').split('\n')) {
        if (!/^[1-9]\d{0,9}$/.test(line)) continue;
        if (left-- <= 0 || this.reads >= MAX_READS) return;
        yield Number(line);
      }
    }
  }

  private look(pid: number, ms: number): Grown | undefined {
    this.reads++;
    const now = ownMemory(this.proc, pid);
    if (!now) return undefined;
    const {comm, startTicks, bytes} = now;
    const before = this.kept.get(pid) ?? this.seen.get(pid);
    const known = before?.startTicks === startTicks ? before.looks : undefined;
    const earlier = (known ?? this.birth(startTicks, ms)).filter((each) => each.ms < ms);
    const recent = earlier.filter((each) => ms - each.ms <= SPAN_MS);
    // With a long interval the look before this one is all there is.
    const looks = [...(recent.length > 0 || !known ? recent : earlier.slice(-1)), {ms, bytes}];
    this.kept.set(pid, {startTicks, looks});
    const first = looks[0]!;
    if (first.ms >= ms) return undefined;
    return {comm, bytesPerS: ((bytes - first.bytes) * 1000) / (ms - first.ms), sinceBirth: first.birth === true};
  }

  private birth(startTicks: number, ms: number): Look[] {
    const ageMs = this.upMs === undefined ? 0 : this.upMs - startTicks * MS_A_TICK;
    return ageMs > 2 * MS_A_TICK ? [{ms: ms - ageMs, bytes: 0, birth: true}] : [];
  }
}
