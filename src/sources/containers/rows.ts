import {existsSync, readFileSync} from 'node:fs';
import type {ContainerRef, ContainerRow} from '../../types/stream.ts';
import {type Cgroups, cgroupsOf, parseMounts} from '../../util/mounts.ts';
import {round} from '../../util/round.ts';
import {psi} from '../host.ts';
import type {MemoryCgroups} from '../memory/cgroups.ts';
import {parseFlat, parseNumber} from '../memory/figures.ts';
import {readSmall} from '../memory/files.ts';
import type {TreeNode} from '../memory/tree.ts';
import {CpuFiles, type CpuSums, increase} from './cpu.ts';

/** Containers whose CPU time is read in an interval, beside those that were among the busiest in the last one. */
const IN_TURN = 50;
/** Rows of a sample, whatever is asked for: each costs some file reads. */
const MAX_ROWS = 100;

interface Kept {
  node: TreeNode;
  cpu: CpuSums;
  /** Monotonic milliseconds of the reading. */
  ms: number;
  /** Of the interval; nothing where the reading before was of an earlier one. */
  now: CpuSums;
  /** CPU time by time since the reading before, however long ago it was. */
  load: number;
}

/** One row a container, of the files of its cgroup: the busiest of the interval. */
export class ContainerRows {
  private nodes: TreeNode[] = [];
  /** Those that have pressure files: a file that isn't there takes longer than one that is. */
  private pressed = new Set<TreeNode>();
  private version = -1;
  private readonly kept = new Map<TreeNode, Kept>();
  private busiest: TreeNode[] = [];
  private next = 0;
  private lastMs = Number.NaN;
  private readonly cpu: CpuFiles;
  private readonly unified: string | undefined;

  constructor(
    private readonly cgroups: MemoryCgroups,
    private readonly container: (path: string) => ContainerRef | undefined,
    private readonly top: number,
    mounts = mounted(),
  ) {
    this.cpu = new CpuFiles(mounts);
    this.unified = mounts.v2;
  }

  /** After the memory of the interval was read. */
  rows(ms: number): Omit<ContainerRow, 'time_bucket'>[] {
    this.find();
    const read = this.chosen().map((node) => this.read(node, ms));
    this.lastMs = ms;
    for (const each of read) this.kept.set(each.node, each);
    read.sort((a, b) => b.load - a.load);
    const shown = read.slice(0, Math.min(this.top, MAX_ROWS));
    this.busiest = shown.map(({node}) => node);
    return shown.flatMap((each) => this.row(each) ?? []);
  }

  /** A container's cgroup is the outermost one that is its own. */
  private find(): void {
    const {version} = this.cgroups;
    if (version === this.version) return;
    this.version = version;
    const idOf = (node: TreeNode | undefined) => node && this.container(node.path)?.id;
    this.nodes = [...this.cgroups.nodes()].filter((node) => {
      const id = idOf(node);
      return id !== undefined && id !== idOf(node.parent);
    });
    const {unified} = this;
    this.pressed = new Set(
      this.nodes.filter(({path}) => unified !== undefined && existsSync(`${unified}${path}/memory.pressure`)),
    );
    const alive = new Set(this.nodes);
    for (const node of this.kept.keys()) if (!alive.has(node)) this.kept.delete(node);
  }

  private chosen(): TreeNode[] {
    const alive = new Set(this.nodes);
    const chosen = new Set(this.busiest.filter((node) => alive.has(node)));
    const turn = Math.min(IN_TURN, this.nodes.length);
    for (let i = 0; i < turn; i++) chosen.add(this.nodes[(this.next + i) % this.nodes.length]!);
    this.next = (this.next + turn) % Math.max(1, this.nodes.length);
    return [...chosen];
  }

  private read(node: TreeNode, ms: number): Kept {
    const cpu = this.cpu.read(node.path);
    const before = this.kept.get(node);
    const since = before ? increase(before.cpu, cpu) : {};
    const load = before && ms > before.ms ? (since.usedMs ?? 0) / (ms - before.ms) : 0;
    return {node, cpu, ms, now: before?.ms === this.lastMs ? since : {}, load};
  }

  /** Undefined: it has just ended. */
  private row({node, now}: Kept): Omit<ContainerRow, 'time_bucket'> | undefined {
    const folder = this.cgroups.folder(node.path);
    const container = this.container(node.path);
    const memory = folder === undefined ? undefined : this.memoryOf(folder, node);
    if (!container || !memory) return undefined;
    const pressure = this.pressed.has(node) ? this.pressureOf(node.path) : undefined;
    return {
      container,
      cgroup: node.path,
      ...(now.usedMs !== undefined && {cpu_time_ms: round(now.usedMs, 3)}),
      ...(now.throttledMs !== undefined && {throttled_ms: round(now.throttledMs, 3)}),
      ...(now.throttledPeriods !== undefined && {throttled_periods: now.throttledPeriods}),
      ...memory,
      ...(pressure && {pressure}),
    };
  }

  private memoryOf(folder: string, node: TreeNode): Partial<ContainerRow> | undefined {
    const {hierarchy} = this.cgroups;
    const usage = hierarchy && parseNumber(readSmall(`${folder}/${hierarchy.usage}`));
    if (usage === undefined) return undefined;
    const old = hierarchy?.version === 1;
    const inactive = parseFlat(readSmall(`${folder}/memory.stat`))[old ? 'total_inactive_file' : 'inactive_file'];
    const set = inactive === undefined ? undefined : Math.max(0, usage - inactive);
    let limit = Number.POSITIVE_INFINITY;
    for (let at: TreeNode | undefined = node; at; at = at.parent) limit = Math.min(limit, at.limit);
    const events = parseFlat(readSmall(`${folder}/${old ? 'memory.oom_control' : 'memory.events'}`));
    const hits = old ? failures(folder) : events['max'];
    return {
      memory_usage_bytes: usage,
      ...(set !== undefined && {working_set_bytes: set}),
      ...(limit > 0 && limit < Number.POSITIVE_INFINITY && {limit_bytes: limit}),
      ...(set !== undefined &&
        limit > 0 &&
        limit < Number.POSITIVE_INFINITY && {utilization_pct: round((set / limit) * 100, 1)}),
      ...(events['oom_kill'] !== undefined && {oom_kills: events['oom_kill']}),
      ...(hits !== undefined && {limit_hits: hits}),
    };
  }

  private pressureOf(path: string): ContainerRow['pressure'] {
    const all = (['cpu', 'memory', 'io'] as const).flatMap((name) => {
      const text = readSmall(`${this.unified}${path}/${name}.pressure`);
      return text === undefined ? [] : [[name, psi(text)] as const];
    });
    return all.length > 0 ? Object.fromEntries(all) : undefined;
  }
}

/**
 * With swap accounted, version 1 counts what meets both limits as failures of the second. Newer kernels (seen on 6.18) have the
 * files and count nothing: 0 is unknown.
 */
function failures(folder: string): number | undefined {
  const count = (name: string) => parseNumber(readSmall(`${folder}/${name}`)) ?? 0;
  return count('memory.failcnt') + count('memory.memsw.failcnt') || undefined;
}

function mounted(): Cgroups {
  try {
    return cgroupsOf(parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')));
  } catch {
    return {mode: 'none', v1: []};
  }
}
