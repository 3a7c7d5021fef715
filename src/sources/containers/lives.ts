import type {
  ContainerEnd,
  ContainerEnds,
  ContainerRef,
  ContainerRow,
  KernelEvent,
  ProcessExitEvent,
  Sample,
} from '../../types/stream.ts';
import {lineageOf} from '../../util/lineage.ts';
import {monoMs} from '../../util/stamp.ts';
import {Life} from './life.ts';

/** Containers that are remembered: of those that have ended the ones that nothing was heard of for longest go first. */
const MAX_LIVES = 4096;
/** Containers whose ends are counted in an interval, and how many kinds of ends of each. */
const MAX_ENDING = 1024;
const MAX_KINDS = 16;
/** A container whose main process has ended has a row for so long after it (milliseconds), and so many have. */
const SHOWN_MS = 60_000;
const MAX_SHOWN = 50;

/** How processes of containers end, and which containers begin again: from the starts and ends that were delivered. */
export class ContainerLives {
  /** By lineage, while its names aren't known by id; what was heard of last comes last. */
  private readonly lives = new Map<string, Life>();
  private ends = new Map<string, Map<string, ContainerEnds>>();

  /**
   * `container`: as it is known now, by the path of its cgroup. `isOn`: are starts and ends told at all? `watched`: ids of those
   * whose main process would be told of, of some that nothing was heard of yet.
   */
  constructor(
    private readonly container: (path: string) => ContainerRef | undefined,
    private readonly isOn: () => boolean,
    private readonly watched: (rows: readonly ContainerRow[]) => ReadonlySet<string>,
  ) {}

  event(event: KernelEvent): void {
    const {container, cgroup, pid} = event;
    if (!container || cgroup === undefined || pid === undefined) return;
    if (event.type === 'PROCESS_EXIT') this.count(container, event as ProcessExitEvent);
    const {main} = event as Partial<ProcessExitEvent>;
    if (!main) return;
    const life = this.take(container, cgroup);
    if (event.type === 'PROCESS_EXEC') life.begins(pid, monoMs(event));
    else if (event.type === 'PROCESS_EXIT') life.ends(pid, endOf(event as ProcessExitEvent), monoMs(event));
  }

  /** Adds to the rows of a sample what came to an end, and rows for those that ended lately: they come first. */
  complete(sample: Sample): void {
    const {ends} = this;
    this.ends = new Map();
    if (!this.isOn()) return;
    this.name();
    // Two may have one id, in two namespaces of containerd.
    const rows = Map.groupBy(sample.containers ?? [], ({container}) => container.id);
    const time_bucket = Math.floor(Date.parse(sample.time) / 1000);
    const lately = this.lately(monoMs(sample)).flatMap(({container, cgroup}) => {
      const own = rows.get(container.id) ?? [{time_bucket, container, cgroup}];
      rows.delete(container.id);
      return own;
    });
    const all = [...lately, ...[...rows.values()].flat()];
    if (all.length === 0) return;
    const watched = this.watched(all.filter(({container}) => !this.lifeOf(container)));
    sample.containers = all.map((row) => {
      const {id} = row.container;
      return {...row, ...this.told(row.container, watched.has(id)), ...endsOf(ends.get(id))};
    });
  }

  private lifeOf(container: ContainerRef): Life | undefined {
    return this.lives.get(lineageOf(container)) ?? this.lives.get(container.id);
  }

  private told(container: ContainerRef, isWatched: boolean): Pick<ContainerRow, 'restarts' | 'last_exit'> {
    const life = this.lifeOf(container);
    if (!life) return isWatched ? {restarts: 0} : {};
    return {restarts: life.restarts, ...(life.last && {last_exit: life.last})};
  }

  private count({id}: ContainerRef, event: ProcessExitEvent): void {
    const {exit_code, signal, signal_name} = event;
    if (!this.ends.has(id) && this.ends.size >= MAX_ENDING) return;
    const kinds = this.ends.get(id) ?? new Map<string, ContainerEnds>();
    this.ends.set(id, kinds);
    const key = `${exit_code} ${signal ?? ''}`;
    const known = kinds.get(key);
    if (known) known.count++;
    else if (kinds.size < MAX_KINDS)
      kinds.set(key, {exit_code, ...(signal !== undefined && {signal, signal_name}), count: 1});
  }

  private take(container: ContainerRef, cgroup: string): Life {
    const key = lineageOf(container);
    const life = this.lives.get(key) ?? new Life(container, cgroup);
    this.lives.delete(key);
    this.lives.set(key, Object.assign(life, {container, cgroup}));
    if (this.lives.size > MAX_LIVES) this.forgetOne();
    return life;
  }

  /** Who runs on is heard of no more, and its restarts would begin at 0 again. */
  private forgetOne(): void {
    let first: string | undefined;
    for (const [key, {over}] of this.lives) {
      first ??= key;
      if (!over) continue;
      first = key;
      break;
    }
    if (first !== undefined) this.lives.delete(first);
  }

  /** Who has got its names since was perhaps there before under another id. */
  private name(): void {
    for (const [id, life] of [...this.lives]) {
      if (id !== life.container.id) continue;
      const container = this.container(life.cgroup);
      if (container?.id !== id) continue;
      const key = lineageOf(container);
      if (key === id) continue;
      life.container = container;
      const before = this.lives.get(key);
      this.lives.delete(id);
      this.lives.delete(key);
      this.lives.set(key, before ? Life.merged(before, life) : life);
    }
  }

  /** Those whose main process ended within the last minute, of the ones that began again most often first. */
  private lately(ms: number): Life[] {
    const all = [...this.lives.values()].filter((life) => life.endedMs > ms - SHOWN_MS);
    return all.sort((a, b) => b.restarts - a.restarts || b.endedMs - a.endedMs).slice(0, MAX_SHOWN);
  }
}

function endsOf(ends: Map<string, ContainerEnds> | undefined): Pick<ContainerRow, 'exits'> {
  return ends ? {exits: [...ends.values()].sort((a, b) => b.count - a.count)} : {};
}

function endOf({exit_code, signal, signal_name, core, comm}: ProcessExitEvent): ContainerEnd {
  return {
    exit_code,
    ...(signal !== undefined && {signal, signal_name}),
    ...(core && {core}),
    ...(comm !== undefined && {comm}),
  };
}
