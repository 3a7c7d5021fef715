import {closeSync, openSync, readSync} from 'node:fs';

/** Longer than any file of a cgroup that is read here; what is longer is cut. */
const BUFFER = Buffer.alloc(1 << 16);
/** Descriptors that stay open. A file that is open is read in a quarter of the time. */
const MAX_OPEN = 512;

/** A small file's text, at most 64 KiB; undefined when it can't be read. */
export function readSmall(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return BUFFER.toString('latin1', 0, readSync(fd, BUFFER, 0, BUFFER.length, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Files that are read again and again: the first 512 stay open, the others are opened each time. */
export class OpenFiles {
  private readonly open = new Map<string, number>();

  /** Undefined when it can't be read; a cgroup's file that is open can't be once its cgroup is gone. */
  read(path: string): string | undefined {
    try {
      let fd = this.open.get(path);
      if (fd === undefined) {
        if (this.open.size >= MAX_OPEN) return readSmall(path);
        fd = openSync(path, 'r');
        this.open.set(path, fd);
      }
      return BUFFER.toString('latin1', 0, readSync(fd, BUFFER, 0, BUFFER.length, 0));
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

  /** How many are open. */
  get size(): number {
    return this.open.size;
  }
}
