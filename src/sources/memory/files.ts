import {closeSync, openSync, readFileSync, readSync} from 'node:fs';

/** Longer than any file of a cgroup that is read here; what is longer is cut. */
const BUFFER = Buffer.alloc(1 << 16);
/** Descriptors that stay open, where nobody says otherwise. A file that is open is read in a quarter of the time. */
const MAX_OPEN = 512;

const textOf = (fd: number): string => BUFFER.toString('latin1', 0, readSync(fd, BUFFER, 0, BUFFER.length, 0));

/** A small file's text, at most 64 KiB; undefined when it can't be read. */
export function readSmall(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return textOf(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** How many descriptors this process may have; 1024, which most kernels begin with, where that can't be read. */
export function mayOpen(): number {
  try {
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found?.[1] ?? 1024);
  } catch {
    return 1024;
  }
}

/** Files that are read again and again: the first ones stay open, the others are opened each time. */
export class OpenFiles {
  private readonly open = new Map<string, number>();

  constructor(private readonly most = MAX_OPEN) {}

  /**
   * Undefined when it can't be read. A cgroup's file that is open can't be once its cgroup is gone: there may be another cgroup of
   * that path.
   */
  read(path: string): string | undefined {
    const fd = this.open.get(path);
    if (fd !== undefined) {
      try {
        return textOf(fd);
      } catch {
        this.close(path);
      }
    }
    if (this.open.size >= this.most) return readSmall(path);
    try {
      this.open.set(path, openSync(path, 'r'));
      return textOf(this.open.get(path) as number);
    } catch {
      this.close(path);
      return undefined;
    }
  }

  close(path: string): void {
    const fd = this.open.get(path);
    if (fd !== undefined) closeSync(fd);
    this.open.delete(path);
  }

  closeAll(): void {
    for (const path of [...this.open.keys()]) this.close(path);
  }

  /** How many more can stay open. */
  get left(): number {
    return this.most - this.open.size;
  }

  /** How many are open. */
  get size(): number {
    return this.open.size;
  }
}
