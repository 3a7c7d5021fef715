import {readdirSync, statSync} from 'node:fs';
import {parseLimit} from './figures.ts';
import {readSmall} from './files.ts';
import type {MemoryHierarchy} from './hierarchy.ts';

const MAX_CGROUPS = 10_000;
const MAX_DEPTH = 16;
/** All is looked at once in so long, in parts: so many cgroups in a second at least and at most. */
const PASS_MS = 5000;
const LEAST_A_SECOND = 64;
/** Few are looked at as often as costs no more than all of 160 in a pass: what fills at once must be found at once. */
const SHORTEST_PASS_MS = 1000;
const REST_MS_EACH = PASS_MS / 160;
const MOST_A_SECOND = 512;
/** A folder of a cgroup with none below it: `.` and its own entry. */
const LEAF_LINKS = 2;

export interface TreeNode {
  /** Below the mount, `/` for the root. */
  readonly path: string;
  /** Of its folder: tells two cgroups of one path apart. */
  readonly inode: string;
  readonly parent: TreeNode | undefined;
  readonly depth: number;
  /** Its own; infinite where it has none. */
  limit: number;
  pass: number;
}

/** The memory cgroups, at most 10,000 of them and 16 deep, as a walk that takes five seconds last saw them. */
export class CgroupTree {
  readonly nodes = new Map<string, TreeNode>();
  private queue: {path: string; parent: TreeNode | undefined}[] = [];
  private pass = 0;
  /** Changes when a cgroup has come or gone. */
  version = 0;
  /** Milliseconds until the next pass may begin. */
  private restMs = 0;

  constructor(readonly hierarchy: MemoryHierarchy) {}

  /** Looks at all of them at once. */
  walk(): void {
    this.queue = [];
    this.begin();
    this.step(MAX_CGROUPS);
  }

  /** Goes on by the part of a pass that is due after so many milliseconds. */
  advance(ms: number): void {
    this.restMs -= ms;
    if (this.queue.length === 0) {
      if (this.restMs > 0) return;
      this.begin();
    }
    const seconds = Math.max(ms / 1000, 0.001);
    const due = (this.nodes.size * ms) / PASS_MS;
    this.step(Math.ceil(Math.min(MOST_A_SECOND * seconds, Math.max(LEAST_A_SECOND * seconds, due))));
  }

  folder(path: string): string {
    return path === '/' ? this.hierarchy.mount : `${this.hierarchy.mount}${path}`;
  }

  private begin(): void {
    this.pass++;
    this.restMs = Math.min(PASS_MS, Math.max(SHORTEST_PASS_MS, this.nodes.size * REST_MS_EACH));
    this.queue.push({path: '/', parent: undefined});
  }

  private step(most: number): void {
    for (let left = most; left > 0; left--) {
      const next = this.queue.pop();
      if (!next) break;
      this.look(next.path, next.parent);
    }
    if (this.queue.length > 0) return;
    for (const [path, node] of this.nodes)
      if (node.pass !== this.pass) {
        this.nodes.delete(path);
        this.version++;
      }
  }

  private look(path: string, parent: TreeNode | undefined): void {
    const folder = this.folder(path);
    try {
      const {ino, nlink} = statSync(folder);
      const limit = parseLimit(readSmall(`${folder}/${this.hierarchy.limit}`)) ?? Number.POSITIVE_INFINITY;
      const node = this.keep(path, String(ino), parent, limit);
      if (!node || nlink === LEAF_LINKS || node.depth >= MAX_DEPTH) return;
      for (const entry of readdirSync(folder, {withFileTypes: true}))
        if (entry.isDirectory() && this.queue.length + this.nodes.size < 2 * MAX_CGROUPS)
          this.queue.push({path: `${path === '/' ? '' : path}/${entry.name}`, parent: node});
    } catch {
      // It is gone, or isn't ours to see.
    }
  }

  private keep(path: string, inode: string, parent: TreeNode | undefined, limit: number): TreeNode | undefined {
    let node = this.nodes.get(path);
    if (node?.inode !== inode || node.parent !== parent) {
      if (!node && this.nodes.size >= MAX_CGROUPS) return undefined;
      node = {path, inode, parent, depth: parent ? parent.depth + 1 : 0, limit, pass: this.pass};
      this.nodes.set(path, node);
      this.version++;
    }
    node.limit = limit;
    node.pass = this.pass;
    return node;
  }
}
