import {closeSync, openSync, readSync} from 'node:fs';

const buffer = Buffer.alloc(1 << 16);

/**
 * A small file of /proc, at most 64 KiB of it. Throws what open and read throw: ENOENT and ESRCH once the process has
 * ended.
 */
export function readSmall(path: string): string {
  const fd = openSync(path, 'r');
  try {
    let length = 0;
    while (length < buffer.length) {
      const bytes = readSync(fd, buffer, length, buffer.length - length, null);
      if (bytes === 0) break;
      length += bytes;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'error';

/** The file's text; undefined when this user may not read it, or when it isn't there. */
export function readIfAllowed(path: string): string | undefined {
  try {
    return readSmall(path);
  } catch {
    return undefined;
  }
}

/** Is it what reading a process's file says once the process is gone? */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(codeOf(error));
