import {readFileSync} from 'node:fs';

/** A block device as the kernel's statistics have it. */
export interface Disk {
  name: string;
  /** Requests that it has been given and hasn't answered. */
  inFlight: number;
}

/** By number (major << 20 | minor), from the text of /proc/diskstats (Documentation/admin-guide/iostats.rst). */
export function parseDisks(text: string): Map<number, Disk> {
  const disks = new Map<number, Disk>();
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [major, minor, name] = [Number(fields[0]), Number(fields[1]), fields[2]];
    const inFlight = Number(fields[11]);
    if (name && Number.isInteger(major) && Number.isInteger(minor) && Number.isInteger(inFlight))
      disks.set(major * 2 ** 20 + minor, {name, inFlight});
  }
  return disks;
}

/** Undefined when it can't be read. */
export function readDisks(): Map<number, Disk> | undefined {
  try {
    return parseDisks(readFileSync('/proc/diskstats', 'latin1'));
  } catch {
    return undefined;
  }
}
