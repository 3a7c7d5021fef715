import type {ContainerRow} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import type {Figures} from '../../util/unreclaimable.ts';
import type {MemoryCgroups} from '../memory/cgroups.ts';
import {figureIn, parseFlat, parseNumber} from '../memory/figures.ts';
import type {TreeNode} from '../memory/tree.ts';
import type {RowFiles} from './row-files.ts';

/** The events of memory.events that tell of trouble. */
const EVENTS = ['high', 'max', 'oom', 'oom_kill'] as const;
const NAMES = {
  1: {inactive: 'total_inactive_file', anonymous: 'total_rss', events: 'memory.oom_control'},
  2: {inactive: 'inactive_file', anonymous: 'anon', events: 'memory.events'},
} as const;

type Memory = Partial<ContainerRow>;

/** What the rows of containers say of their memory. */
export class RowMemory {
  /** Events as of the last readings, and when that was. */
  private events = new Map<TreeNode, {ms: number; counts: Figures}>();
  private lastMs = Number.NaN;

  constructor(
    private readonly cgroups: MemoryCgroups,
    private readonly files: RowFiles,
  ) {}

  /** Of those that have a row in the interval that ends at `ms`; undefined: it has just ended. */
  read(nodes: readonly TreeNode[], ms: number): (Memory | undefined)[] {
    const before = this.events;
    this.events = new Map();
    const rows = nodes.map((node) => this.of(node, ms, before.get(node)));
    this.lastMs = ms;
    return rows;
  }

  /** The next readings are the first ones. */
  forget(): void {
    this.events.clear();
  }

  private of(node: TreeNode, ms: number, before: {ms: number; counts: Figures} | undefined): Memory | undefined {
    const folder = this.cgroups.folder(node.path);
    const {hierarchy} = this.cgroups;
    const usage = hierarchy && parseNumber(this.files.read(node, `${folder}/${hierarchy.usage}`));
    if (usage === undefined) return undefined;
    const names = NAMES[hierarchy?.version ?? 2];
    const stat = this.files.read(node, `${folder}/memory.stat`);
    const inactive = figureIn(stat, names.inactive);
    const anonymous = figureIn(stat, names.anonymous);
    const set = inactive === undefined ? undefined : Math.max(0, usage - inactive);
    const limit = leastLimit(node);
    const counts = parseFlat(this.files.read(node, `${folder}/${names.events}`));
    this.events.set(node, {ms, counts});
    const grown = before?.ms === this.lastMs ? increases(before.counts, counts) : undefined;
    const hits = hierarchy?.version === 1 ? this.failures(node, `${folder}`) : counts['max'];
    return {
      memory_usage_bytes: usage,
      ...(set !== undefined && {working_set_bytes: set}),
      ...(limit !== undefined && {limit_bytes: limit}),
      ...(set !== undefined && limit !== undefined && {utilization_pct: round((set / limit) * 100, 1)}),
      ...(anonymous !== undefined && {rss_bytes: anonymous}),
      ...(counts['oom_kill'] !== undefined && {oom_kills: counts['oom_kill']}),
      ...(hits !== undefined && {limit_hits: hits}),
      ...(grown && {memory_events: grown}),
    };
  }

  /**
   * With swap accounted, version 1 counts what meets both limits as failures of the second. Newer kernels (seen on 6.18) have the
   * files and count nothing: 0 is unknown.
   */
  private failures(node: TreeNode, folder: string): number | undefined {
    const count = (name: string) => parseNumber(this.files.read(node, `${folder}/${name}`)) ?? 0;
    return count('memory.failcnt') + count('memory.memsw.failcnt') || undefined;
  }
}

/** The least of a cgroup and those above it; undefined: there is none. */
function leastLimit(node: TreeNode): number | undefined {
  let limit = Number.POSITIVE_INFINITY;
  for (let at: TreeNode | undefined = node; at; at = at.parent) limit = Math.min(limit, at.limit);
  return limit > 0 && limit < Number.POSITIVE_INFINITY ? limit : undefined;
}

/** What came between two readings; a count that went back is another cgroup's of the same path. */
function increases(before: Figures, now: Figures): ContainerRow['memory_events'] {
  const grown = EVENTS.flatMap((name) => {
    const [a, b] = [before[name], now[name]];
    return a === undefined || b === undefined || b < a ? [] : [[name, b - a] as const];
  });
  return grown.length > 0 ? Object.fromEntries(grown) : undefined;
}
