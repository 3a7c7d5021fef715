/**
 * A map of what was used lately: two halves, of which the older is dropped when the younger is full, or has been in use
 * for long enough. So each step costs the same, and nothing that isn't used outlives twice that time.
 */
export class Recent<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private sinceMs = Number.NEGATIVE_INFINITY;

  /** Up to `size` entries in all; one that isn't used is gone after `ttlMs` to `2 * ttlMs`. */
  constructor(
    private readonly size: number,
    private readonly ttlMs: number,
  ) {}

  get(key: string, nowMs: number): V | undefined {
    if (nowMs - this.sinceMs >= this.ttlMs) this.turn(nowMs);
    const young = this.young.get(key);
    if (young !== undefined) return young;
    const old = this.old.get(key);
    if (old === undefined) return undefined;
    this.old.delete(key);
    this.set(key, old, nowMs);
    return old;
  }

  set(key: string, value: V, nowMs: number): void {
    if (this.young.size >= this.size / 2 && !this.young.has(key)) this.turn(nowMs);
    this.young.set(key, value);
  }

  get count(): number {
    return this.young.size + this.old.size;
  }

  private turn(nowMs: number): void {
    this.old = this.young;
    this.young = new Map();
    this.sinceMs = nowMs;
  }
}
