const LIMIT = 10_000;
/** A path may change owner: a removed cgroup's id is not used again soon, but a rename (v1) is possible. */
const FRESH_MS = 300_000;

/** Paths by cgroup id, looked up once and kept for a while. */
export class CgroupPaths {
  private readonly known = new Map<string, {path: string | undefined; until: number}>();

  constructor(private readonly lookUp: (id: bigint, v2: boolean) => string | undefined) {}

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
