import type {LimitedCgroup} from './cgroups.ts';
import type {TreeNode} from './tree.ts';

/** Looks into memory.stat in an interval, and how many of these go to cgroups in turn. */
const LOOKS = 64;
const IN_TURN = 16;
/** Fuller than that it may be in trouble soon. */
const FULL = 0.5;
/** Growth since the last look, as a share of the limit, after which it is watched, and for how long (milliseconds). */
const GROWN = 1 / 256;
const WATCH_MS = 30_000;

interface Turn {
  lookedMs: number;
  usage: number;
  watchedMs: number;
}

/** Whose memory.stat is worth reading in this interval. */
export class Turns {
  private turns = new Map<TreeNode, Turn>();

  /** Of those that are full or grow the ones that need most, and some of the others: at most 64. `ms`: monotonic. */
  choose(cgroups: readonly LimitedCgroup[], ms: number): LimitedCgroup[] {
    const before = this.turns;
    this.turns = new Map();
    const urgent: LimitedCgroup[] = [];
    const others: LimitedCgroup[] = [];
    for (const each of cgroups) {
      const turn = before.get(each.node) ?? fresh();
      this.turns.set(each.node, turn);
      if (each.usage - turn.usage > GROWN * each.limit) turn.watchedMs = ms;
      const watched = ms - turn.watchedMs <= WATCH_MS;
      (watched || each.usage > FULL * each.limit ? urgent : others).push(each);
    }
    urgent.sort((a, b) => need(b) - need(a));
    const rest = [...urgent.splice(LOOKS - IN_TURN), ...others];
    rest.sort((a, b) => this.lookedMs(a) - this.lookedMs(b));
    const chosen = [...urgent, ...rest.slice(0, IN_TURN)];
    for (const {node, usage} of chosen) Object.assign(this.turns.get(node)!, {lookedMs: ms, usage});
    return chosen;
  }

  private lookedMs({node}: LimitedCgroup): number {
    return this.turns.get(node)?.lookedMs ?? 0;
  }
}

/** Share of its limit that it needs, as far as that is known: idle page cache fills every cgroup in the end. */
const need = ({usage, limit, detail}: LimitedCgroup): number => Math.min(usage, detail?.workingSet ?? usage) / limit;

const fresh = (): Turn => ({
  lookedMs: 0,
  usage: Number.POSITIVE_INFINITY,
  watchedMs: Number.NEGATIVE_INFINITY,
});
