import {readFileSync} from 'node:fs';
import type {Figures} from '../../util/unreclaimable.ts';
import {ProcFile} from '../host.ts';
import {type Detail, detailV1, detailV2, swapRoomV2, swapsAtLimit} from './detail.ts';
import {parseFlat, parseLimit, parseMeminfo, parseNumber} from './figures.ts';
import {mayOpen, OpenFiles, readSmall} from './files.ts';
import {type MemoryHierarchy, memoryHierarchy} from './hierarchy.ts';
import {CgroupTree, type TreeNode} from './tree.ts';
import {Turns} from './turns.ts';

/** A cgroup with a limit of its own. */
export interface LimitedCgroup {
  node: TreeNode;
  usage: number;
  /** The least of its own and its ancestors'. */
  limit: number;
  /** As last looked at. */
  detail?: Detail;
  /** The look was in this interval. */
  fresh: boolean;
}

export interface MemoryNow {
  cgroups: readonly LimitedCgroup[];
  /** Those above the path that is asked for: they too may leave little room. */
  above: readonly LimitedCgroup[];
  /** /proc/meminfo in bytes; empty where it can't be read. */
  host: Figures;
}

/** Emptier than that a cgroup's usage is read only once in so many milliseconds. */
const QUIET = 0.25;
const QUIET_MS = 4000;

/** Files that stay open: of those that are read each interval, and of the quiet ones where descriptors are plenty. */
const OPEN_EACH = 512;
const OPEN_QUIET = 1024;
const PLENTY = 8192;

const NOTHING: MemoryNow = {cgroups: [], above: [], host: {}};

/**
 * The memory of limited cgroups, read once an interval for whoever asks. The usage of all that aren't nearly empty is read; memory.stat, for
 * which the kernel has to sum up what its CPUs hold apart, of those that may be in trouble, and of the others in turn.
 */
export class MemoryCgroups {
  private readonly users = new Set<unknown>();
  private tree: CgroupTree | undefined;
  private readonly meminfo: ProcFile;
  private readonly files = new OpenFiles(OPEN_EACH + (mayOpen() >= PLENTY ? OPEN_QUIET : 0));
  private known = new Map<TreeNode, LimitedCgroup>();
  private readonly turns = new Turns();
  /** Of those above the ones that are looked at, in this interval. */
  private readonly swapRooms = new Map<TreeNode, number>();
  private rounds = 0;
  private now = NOTHING;
  private readMs = Number.NEGATIVE_INFINITY;

  /** `below`: only cgroups of that path and below it. `find`, `meminfo`, `swappiness` (the host's): for tests. */
  constructor(
    private readonly below?: string,
    private readonly find = findHierarchy,
    meminfo = '/proc/meminfo',
    private readonly swappiness = '/proc/sys/vm/swappiness',
  ) {
    this.meminfo = new ProcFile(meminfo);
  }

  /** Looks for the hierarchy; says why there is none. It is read until each of its users has called `stop`. */
  start(user: unknown): string | undefined {
    this.users.add(user);
    if (this.tree) return undefined;
    const hierarchy = this.find();
    if (!hierarchy) return NO_HIERARCHY;
    this.tree = new CgroupTree(hierarchy);
    this.tree.walk();
    return undefined;
  }

  stop(user: unknown): void {
    if (!this.users.delete(user) || this.users.size > 0) return;
    this.tree = undefined;
    this.known.clear();
    this.now = NOTHING;
    this.readMs = Number.NEGATIVE_INFINITY;
    this.files.closeAll();
    this.meminfo.close();
  }

  get hierarchy(): MemoryHierarchy | undefined {
    return this.tree?.hierarchy;
  }

  /** Those that are known, with a limit or without; `version` changes when they may have changed. */
  *nodes(): Iterable<TreeNode> {
    for (const node of this.tree?.nodes.values() ?? []) if (this.isWanted(node.path)) yield node;
  }

  get version(): number {
    return this.tree?.version ?? -1;
  }

  /** Folder of a cgroup's files. */
  folder(path: string): string | undefined {
    return this.tree?.folder(path);
  }

  /** Paths below one, itself too. */
  pathsBelow(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...(this.tree?.nodes.keys() ?? [])].filter((each) => each === path || each.startsWith(prefix));
  }

  /** The figures of the interval that ends at `ms` (monotonic); who asks for the same moment again gets the same. */
  read(ms: number, intervalMs: number): MemoryNow {
    if (ms === this.readMs) return this.now;
    this.readMs = ms;
    const host = parseMeminfo(this.meminfo.read());
    const {tree} = this;
    if (!tree) {
      this.now = {...NOTHING, host};
      return this.now;
    }
    tree.advance(intervalMs);
    this.swapRooms.clear();
    const all = this.readAll(tree, intervalMs);
    // Version 1 has one for each cgroup.
    const swaps = host['SwapTotal'] && tree.hierarchy.version === 2 && swapsAtLimit(readSmall(this.swappiness));
    for (const each of this.turns.choose(all, ms)) this.look(tree, each, host, swaps === true);
    const above = all.filter(({node}) => !this.isWanted(node.path));
    this.now = {cgroups: all.filter(({node}) => this.isWanted(node.path)), above, host};
    return this.now;
  }

  private readAll(tree: CgroupTree, intervalMs: number): LimitedCgroup[] {
    const before = this.known;
    this.known = new Map();
    const turns = intervalMs > 0 ? Math.max(1, Math.floor(QUIET_MS / intervalMs)) : 1;
    const round = this.rounds++;
    let index = 0;
    for (const node of tree.nodes.values()) {
      if (node.limit === Number.POSITIVE_INFINITY || !(this.isWanted(node.path) || this.isAbove(node.path))) continue;
      const last = before.get(node);
      const limit = leastLimit(node);
      const quiet = last !== undefined && last.usage < QUIET * limit;
      const skipped = quiet && (round + index++) % turns !== 0;
      const usage = skipped ? last.usage : this.usageOf(tree, node, quiet);
      if (usage !== undefined) this.known.set(node, {node, usage, limit, detail: last?.detail, fresh: false});
    }
    for (const node of before.keys())
      if (!this.known.has(node)) this.files.close(`${tree.folder(node.path)}/${tree.hierarchy.usage}`);
    return [...this.known.values()];
  }

  /** What is read seldom takes no descriptor from the others. */
  private usageOf(tree: CgroupTree, node: TreeNode, quiet: boolean): number | undefined {
    const path = `${tree.folder(node.path)}/${tree.hierarchy.usage}`;
    return parseNumber(quiet && this.files.left <= OPEN_EACH ? readSmall(path) : this.files.read(path));
  }

  private isWanted(path: string): boolean {
    const {below} = this;
    return below === undefined || below === '/' || path === below || path.startsWith(`${below}/`);
  }

  private isAbove(path: string): boolean {
    return path === '/' || (this.below?.startsWith(`${path}/`) ?? false);
  }

  private look(tree: CgroupTree, each: LimitedCgroup, host: Figures, swaps: boolean): void {
    const folder = tree.folder(each.node.path);
    const text = readSmall(`${folder}/memory.stat`);
    if (text === undefined) return;
    // A limit that was changed counts at once where it matters.
    const limit = parseLimit(readSmall(`${folder}/${tree.hierarchy.limit}`));
    if (limit !== undefined) each.node.limit = limit;
    each.limit = leastLimit(each.node);
    const usage = parseNumber(readSmall(`${folder}/${tree.hierarchy.usage}`));
    if (usage !== undefined) each.usage = usage;
    const stat = parseFlat(text);
    each.detail =
      tree.hierarchy.version === 1
        ? detailV1(folder, stat, each, host)
        : detailV2(folder, stat, each, host, swaps ? this.swapRoom(tree, each.node) : 0);
    each.fresh = true;
  }

  /** What may still be swapped out of a cgroup: those above it may allow less, also without a limit of memory. */
  private swapRoom(tree: CgroupTree, node: TreeNode): number {
    let least = swapRoomV2(tree.folder(node.path)) ?? 0;
    for (let above = node.parent; above; above = above.parent) {
      let room = this.swapRooms.get(above);
      if (room === undefined) {
        room = swapRoomV2(tree.folder(above.path)) ?? Number.POSITIVE_INFINITY;
        this.swapRooms.set(above, room);
      }
      least = Math.min(least, room);
    }
    return least;
  }
}

const NO_HIERARCHY = 'no memory cgroups are to be seen here';

function findHierarchy(): MemoryHierarchy | undefined {
  try {
    return memoryHierarchy(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return undefined;
  }
}

function leastLimit(node: TreeNode): number {
  let least = node.limit;
  for (let above = node.parent; above; above = above.parent) least = Math.min(least, above.limit);
  return least;
}
