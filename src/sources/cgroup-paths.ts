import {readFileSync, readlinkSync, realpathSync} from 'node:fs';
import {join} from 'node:path';

const LIMIT = 10_000;
/** A path may change owner: a removed cgroup's id is not used again soon, but a rename (v1) is possible. */
const FRESH_MS = 300_000;

/** PROC_CGROUP_INIT_INO (include/linux/proc_ns.h): below another namespace's root paths are shorter than the kernel side's. */
const INIT_CGROUP_NS = 'cgroup:[4026531835]';

/** Paths by cgroup id, looked up once and kept for a while. */
export class CgroupPaths {
  private readonly known = new Map<string, {path: string | undefined; until: number}>();

  /** `fromRoot`: does the hierarchy's mount show its root? */
  constructor(
    private readonly lookUp: (id: bigint, v2: boolean) => string | undefined,
    private readonly fromRoot = inInitCgroupNamespace(),
  ) {}

  /** What the kernel side says of a cgroup of version 2 that may be gone by now. */
  learn(id: bigint, path: string): void {
    if (this.fromRoot && this.get(id, true) === undefined)
      this.known.set(`2:${id}`, {path, until: performance.now() + FRESH_MS});
  }

  /** Undefined: gone before it could be looked up. */
  get(id: bigint, v2: boolean): string | undefined {
    const key = `${v2 ? 2 : 1}:${id}`;
    const now = performance.now();
    const known = this.known.get(key);
    if (known && known.until > now) return known.path;
    if (this.known.size >= LIMIT) this.known.clear();
    const path = this.lookUp(id, v2);
    this.known.set(key, {path, until: now + FRESH_MS});
    return path;
  }
}

function inInitCgroupNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/cgroup') === INIT_CGROUP_NS;
  } catch {
    return false;
  }
}

/** Where the unified hierarchy is mounted; undefined: it isn't. */
export function unifiedMount(): string | undefined {
  try {
    const mount = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, , type]) => type === 'cgroup2');
    return mount?.[1]?.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
  } catch {
    return undefined;
  }
}

/**
 * A cgroup's path as events have it, from whatever libkstop takes for a filter: below the hierarchy's mount, with the
 * mount, through symbolic links. What leads nowhere stays as it is.
 */
export function canonicalCgroup(path: string, mount = unifiedMount()): string {
  if (mount === undefined) return path;
  const below = path === mount || path.startsWith(`${mount}/`);
  try {
    return realpathSync(below ? path : join(mount, path)).slice(mount.length) || '/';
  } catch {
    return path;
  }
}
