import {Containers} from '../containers/cache.ts';
import type {
  BioLatencyEvent,
  ContainerRef,
  Culprit,
  DiskSharer,
  Focus,
  KernelEvent,
  OomKillEvent,
  SchedLatencyEvent,
} from '../types/stream.ts';
import type {Problem} from '../util/problem.ts';
import type {CgroupPaths} from './cgroup-paths.ts';
import {inOwnPidNamespace} from './pid-namespace.ts';
import {ProcessCgroups} from './process-cgroups.ts';

/** Whose container an event, a row or a process is, from the cgroups that the kernel names. Never waits for a runtime. */
export class ContainerNames {
  private readonly containers: Containers;
  private readonly processes = new ProcessCgroups();
  /** Do process numbers mean here what they mean in /proc? */
  private readonly sameNumbers = !inOwnPidNamespace();

  /** `tell`: of runtimes that can't be asked. */
  constructor(
    private readonly paths: CgroupPaths,
    tell: (problem: Problem) => void,
  ) {
    this.containers = new Containers({tell});
  }

  begin(): void {
    this.containers.begin();
  }

  /** Of a cgroup of the unified hierarchy. 0: unknown. */
  ofCgroup(id: bigint): ContainerRef | undefined {
    const path = id === 0n ? undefined : this.paths.get(id, true);
    return path === undefined ? undefined : this.containers.lookup(path);
  }

  /** Of a cgroup's path, of whatever hierarchy. */
  ofPath(path: string): ContainerRef | undefined {
    return this.containers.lookup(path);
  }

  /**
   * Gives an event its container. An OOM victim whose own cgroup names none may have died of the limit of one that does:
   * with version 1 the memory controller's hierarchy is another.
   */
  name(event: KernelEvent): void {
    const {cgroup} = event;
    const {memcg} = event as Partial<OomKillEvent>;
    const container =
      (cgroup === undefined ? undefined : this.containers.lookup(cgroup)) ??
      (event.type === 'OOM_KILL' && memcg !== undefined ? this.containers.lookup(memcg) : undefined);
    if (container) event.container = container;
    const {culprits} = event as Partial<SchedLatencyEvent> | Partial<BioLatencyEvent>;
    if (culprits && this.sameNumbers) for (const culprit of culprits) this.nameCulprit(culprit);
  }

  /** Of culprits only number and name are known: their cgroup is what it is a moment later. */
  private nameCulprit(culprit: Culprit | DiskSharer): void {
    const {pid, comm} = culprit;
    if (pid === undefined || comm === undefined) return;
    const path = this.processes.of(pid, comm);
    const container = path === undefined ? undefined : this.containers.lookup(path);
    if (container) culprit.container = container;
  }

  /** The same for the process that is looked into. */
  nameFocus(focus: Focus): Focus {
    const container = focus.cgroup === undefined ? undefined : this.containers.lookup(focus.cgroup);
    return container ? {...focus, container} : focus;
  }

  close(): void {
    this.containers.close();
  }
}
