import {readdirSync} from 'node:fs';
import {Containers, type ContainersOptions} from '../containers/cache.ts';
import {chooseContainer, type Placed} from '../containers/choose.ts';
import type {ContainerRef, Filter} from '../types/stream.ts';
import type {Problem} from '../util/problem.ts';
import {unifiedMount} from './cgroup-paths.ts';
import {FilterError} from './filter-error.ts';

const MAX_CGROUPS = 10_000;
const MAX_DEPTH = 16;
/** Runtimes are asked at once, and give up by themselves after two seconds a question (milliseconds). */
const PATIENCE_MS = 5000;

interface Folder {
  /** Below the mount; '' for the root. */
  path: string;
  depth: number;
  /** Id of the container that it is in. */
  within?: string;
}

/** Every container below a hierarchy's mount with its outermost cgroup, those within others too. */
export function placedContainers(mount: string, lookup: (path: string) => ContainerRef | undefined): Placed[] {
  const placed: Placed[] = [];
  const open: Folder[] = [{path: '', depth: 0}];
  for (let seen = 0; seen < MAX_CGROUPS; seen++) {
    const next = open.pop();
    if (!next) break;
    const {path, depth} = next;
    const container = path === '' ? undefined : lookup(path);
    if (container && container.id !== next.within) placed.push({container, cgroup: path});
    if (depth < MAX_DEPTH)
      for (const name of foldersIn(`${mount}${path}`))
        open.push({path: `${path}/${name}`, depth: depth + 1, within: container?.id});
  }
  return placed;
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, {withFileTypes: true}).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    // It has just gone, or isn't ours to see.
    return [];
  }
}

/**
 * What `--container` filters by: the cgroup in the unified hierarchy of the one that is meant. Waits for the runtimes,
 * which know the names.
 * @throws {FilterError} when it isn't there, or could be several.
 */
export async function containerFilter(
  wanted: string,
  {mount = unifiedMount(), sockets}: {mount?: string} & Pick<ContainersOptions, 'sockets'> = {},
): Promise<Required<Pick<Filter, 'cgroup' | 'container'>>> {
  if (mount === undefined)
    throw new FilterError('--container', 'no cgroup v2 hierarchy is mounted here', 'kstop doctor tells more');
  const problems: Problem[] = [];
  const containers = new Containers({sockets, tell: (problem) => problems.push(problem)});
  try {
    containers.begin();
    await within(PATIENCE_MS, containers.idle());
    const chosen = chooseContainer(
      wanted,
      placedContainers(mount, (path) => containers.lookup(path)),
    );
    if ('cgroup' in chosen) return chosen;
    const silent = problems.map(({what, why}) => `; ${what}: ${why}`).join('');
    throw new FilterError('--container', `${chosen.why}${silent}`, chosen.remedy);
  } finally {
    containers.close();
  }
}

/** Resolves when it does, or when the time is over; keeps the program from ending meanwhile. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
