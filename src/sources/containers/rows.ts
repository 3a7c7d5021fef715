import {existsSync, readFileSync} from 'node:fs';
import type {ContainerRef, ContainerRow} from '../../types/stream.ts';
import {type Cgroups, cgroupsOf, parseMounts} from '../../util/mounts.ts';
import {round} from '../../util/round.ts';
import {psi} from '../host.ts';
import type {MemoryCgroups} from '../memory/cgroups.ts';
import type {TreeNode} from '../memory/tree.ts';
import {CpuFiles, type CpuSums, increase} from './cpu.ts';
import {RowMemory} from './memory.ts';
import {RowFiles} from './row-files.ts';
import type {ContainerTasks} from './tasks.ts';

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
  private unifiedToo = new Set<TreeNode>();
  private version = -1;
  private readonly kept = new Map<TreeNode, Kept>();
  private busiest: TreeNode[] = [];
  private wasBusy = new Set<TreeNode>();
  private next = 0;
  private lastMs = Number.NaN;
  private readonly cpu: CpuFiles;
  private readonly files = new RowFiles();
  private readonly memory: RowMemory;
  private readonly unified: string | undefined;

  constructor(
    private readonly cgroups: MemoryCgroups,
    private readonly container: (path: string) => ContainerRef | undefined,
    private readonly top: number,
    private readonly tasks?: ContainerTasks,
    mounts = mounted(),
  ) {
    this.cpu = new CpuFiles(mounts);
    this.memory = new RowMemory(cgroups, this.files);
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
    for (const each of shown) if (!this.wasBusy.has(each.node)) each.cpu = this.cpuOf(each.node, true);
    this.busiest = shown.map(({node}) => node);
    this.wasBusy = new Set(this.busiest);
    this.files.follow(this.busiest);
    const memory = this.memory.read(this.busiest, ms);
    // Where processes are is known of the unified hierarchy alone.
    const placed = this.busiest.filter((node) => this.unifiedToo.has(node));
    const tasks = this.tasks?.of(placed.map(({path}) => path));
    return shown.flatMap((each, i) => {
      const row = this.row(each, memory[i]);
      return row ? {...row, ...tasks?.get(row.cgroup)} : [];
    });
  }

  /** What is told after it begins with a first reading again. */
  stop(): void {
    this.files.follow([]);
    this.kept.clear();
    this.busiest = [];
    this.wasBusy.clear();
    this.memory.forget();
    // The next walk counts its versions anew.
    this.version = -1;
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
    const having = (file: string) =>
      new Set(
        this.nodes.filter(({path}) => this.unified !== undefined && existsSync(`${this.unified}${path}/${file}`)),
      );
    this.unifiedToo = having('cgroup.procs');
    this.pressed = having('memory.pressure');
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
    const cpu = this.cpuOf(node, this.wasBusy.has(node));
    const before = this.kept.get(node);
    const since = before ? increase(before.cpu, cpu) : {};
    const load = before && ms > before.ms ? (since.usedMs ?? 0) / (ms - before.ms) : 0;
    return {node, cpu, ms, now: before?.ms === this.lastMs ? since : {}, load};
  }

  /** `whole`: of those that have a row. */
  private cpuOf(node: TreeNode, whole: boolean): CpuSums {
    return this.cpu.read(node.path, (path) => this.files.read(node, path), whole);
  }

  private row(
    {node, now}: Kept,
    memory: Partial<ContainerRow> | undefined,
  ): Omit<ContainerRow, 'time_bucket'> | undefined {
    const container = this.container(node.path);
    if (!container || !memory) return undefined;
    const pressure = this.pressed.has(node) ? this.pressureOf(node) : undefined;
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

  private pressureOf(node: TreeNode): ContainerRow['pressure'] {
    const all = (['cpu', 'memory', 'io'] as const).flatMap((name) => {
      const text = this.files.read(node, `${this.unified}${node.path}/${name}.pressure`);
      return text === undefined ? [] : [[name, psi(text)] as const];
    });
    return all.length > 0 ? Object.fromEntries(all) : undefined;
  }
}

function mounted(): Cgroups {
  try {
    return cgroupsOf(parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')));
  } catch {
    return {mode: 'none', v1: []};
  }
}
