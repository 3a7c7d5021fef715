import {readFileSync} from 'node:fs';

const USUAL = 4096;
let known: number | undefined;

/** Bytes of a page on this machine. */
export function pageBytes(): number {
  known ??= read();
  return known;
}

function read(): number {
  try {
    const kib = /^KernelPageSize:\s*(\d{1,6}) kB$/m.exec(readFileSync('/proc/self/smaps', 'utf8'))?.[1];
    return kib === undefined ? USUAL : Number(kib) * 1024;
  } catch {
    return USUAL;
  }
}
