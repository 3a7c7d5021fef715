import {mayOpen, OpenFiles, readSmall} from '../memory/files.ts';
import type {TreeNode} from '../memory/tree.ts';

/** Files of one row, at most, and descriptors that are left to all else. */
const FILES = 10;
const RESERVE = 1024;

/** The files of containers that have a row stay open as long as they have it: opening is most of what a reading costs. */
export class RowFiles {
  private readonly open = new Map<TreeNode, OpenFiles>();
  private readonly most = Math.max(0, Math.floor((mayOpen() - RESERVE) / FILES));

  /** Those that have a row now, and will likely have one in the next interval. */
  follow(nodes: readonly TreeNode[]): void {
    const now = new Set(nodes);
    for (const [node, files] of this.open) {
      if (now.has(node)) continue;
      files.closeAll();
      this.open.delete(node);
    }
    for (const node of nodes.slice(0, this.most)) if (!this.open.has(node)) this.open.set(node, new OpenFiles(FILES));
  }

  read(node: TreeNode, path: string): string | undefined {
    const files = this.open.get(node);
    return files ? files.read(path) : readSmall(path);
  }
}
