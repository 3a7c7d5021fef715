import {readdirSync} from 'node:fs';
import type {ContainerRow} from '../../types/stream.ts';
import {unifiedMount} from '../cgroup-paths.ts';
import {readSmall} from '../memory/files.ts';

/** Containers that are looked at in an interval, and that are remembered. */
const LOOKS = 16;
const MAX = 4096;
/** A container's cgroups, and processes in all of them, among which its main process is looked for. */
const FOLDERS = 8;
const PROCESSES = 16;

/**
 * Which containers have a main process that the kernel side would tell of: the first one of a PID namespace, begun from outside of
 * its cgroup (bpf/process.bpf.c). Where a namespace is shared there is none, and how often such a container began again nobody knows.
 */
export class MainProcesses {
  private readonly known = new Map<string, boolean>();

  /** `mount`: of the unified hierarchy. */
  constructor(
    private readonly mount = unifiedMount(),
    private readonly proc = '/proc',
  ) {}

  /** Ids of those that have one; of some of them that may be known in a later interval only. */
  among(rows: readonly ContainerRow[]): Set<string> {
    let left = LOOKS;
    const found = new Set<string>();
    for (const {container, cgroup} of rows) {
      const {id} = container;
      if (!this.known.has(id)) {
        if (left-- <= 0) continue;
        if (this.known.size >= MAX) this.known.clear();
        this.known.set(
          id,
          this.processesOf(cgroup).some((pid) => this.isMain(pid)),
        );
      }
      if (this.known.get(id)) found.add(id);
    }
    return found;
  }

  /** The first ones, of the cgroup and of those below it. */
  private processesOf(path: string): string[] {
    const pids: string[] = [];
    const queue = this.mount === undefined ? [] : [`${this.mount}${path}`];
    for (const folder of queue) {
      const listed = readSmall(`${folder}/cgroup.procs`)?.match(/^[1-9]\d*$/gm) ?? [];
      pids.push(...listed.slice(0, PROCESSES - pids.length));
      if (pids.length >= PROCESSES || queue.length >= FOLDERS) continue;
      queue.push(...below(folder).slice(0, FOLDERS - queue.length));
    }
    return pids;
  }

  private isMain(pid: string): boolean {
    const status = readSmall(`${this.proc}/${pid}/status`) ?? '';
    const [, parent] = /^PPid:\t([1-9]\d*)$/m.exec(status) ?? [];
    const numbers = /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
    if (parent === undefined || numbers.length < 2 || numbers.at(-1) !== '1') return false;
    const [own, outside] = [pid, parent].map((each) => unifiedPath(readSmall(`${this.proc}/${each}/cgroup`)));
    return own !== undefined && outside !== undefined && own !== outside;
  }
}

const unifiedPath = (text = ''): string | undefined => /^0::(.*)$/m.exec(text)?.[1];

function below(folder: string): string[] {
  try {
    const entries = readdirSync(folder, {withFileTypes: true});
    return entries.filter((entry) => entry.isDirectory()).map(({name}) => `${folder}/${name}`);
  } catch {
    return [];
  }
}
