import {readSync} from 'node:fs';

/** What a file holds, and one byte more than `most` where it holds as many: it may have grown since it was looked at. */
export function readUpTo(fd: number, most: number): Buffer {
  const buffer = Buffer.alloc(most + 1);
  let used = 0;
  while (used < buffer.length) {
    const bytes = readSync(fd, buffer, used, buffer.length - used, null);
    if (bytes === 0) break;
    used += bytes;
  }
  return buffer.subarray(0, used);
}
