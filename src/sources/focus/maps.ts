import {closeSync, openSync, readSync} from 'node:fs';

/** More text than this is not read: some thousand mappings. */
const MAX_BYTES = 1 << 20;
/** Of a file's name, which is whatever somebody called it. */
const MAX_NAME = 100;

interface Mapping {
  start: bigint;
  end: bigint;
  /** Of the file, where the mapping begins. */
  offset: bigint;
  /** The file without its folders; `[vdso]` and its like. */
  name: string;
}

/** The program code that a process has mapped, as of one reading of its maps file (proc_pid_maps(5)). */
export class CodeMap {
  private constructor(private readonly mappings: readonly Mapping[]) {}

  /** Lines of another form, mappings without a name and what isn't executable are left out. */
  static parse(text: string): CodeMap {
    const mappings = text.split('\n').flatMap((line): Mapping[] => {
      const found = /^([\da-f]{1,16})-([\da-f]{1,16}) ..x. ([\da-f]{1,16}) \S+ \d+ +(\S.*)$/.exec(line);
      if (!found) return [];
      const [start, end, offset] = found.slice(1, 4).map((digits) => BigInt(`0x${digits}`)) as [bigint, bigint, bigint];
      return [{start, end, offset, name: nameOf(found[4] as string)}];
    });
    return new CodeMap(mappings);
  }

  /** Reads a process's maps; undefined when it has ended, or when this user may not. */
  static read(path: string): CodeMap | undefined {
    try {
      return CodeMap.parse(readUpTo(path, MAX_BYTES));
    } catch {
      return undefined;
    }
  }

  /** `libc.so.6+0x28f2a`, with the offset in the file; an address that is in none stays one. */
  name(address: bigint): string {
    const mapping = this.mappings.find(({start, end}) => address >= start && address < end);
    if (!mapping) return `0x${address.toString(16)}`;
    return `${mapping.name}+0x${(address - mapping.start + mapping.offset).toString(16)}`;
  }
}

/** Without its folders; the kernel's ` (deleted)` stays. */
function nameOf(path: string): string {
  const name = path.startsWith('/') ? path.slice(path.lastIndexOf('/') + 1) : path;
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

/** Whole lines of it alone. */
function readUpTo(path: string, most: number): string {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(1 << 16);
    let text = '';
    for (let bytes = -1; bytes !== 0 && text.length < most; ) {
      bytes = readSync(fd, buffer, 0, buffer.length, null);
      text += buffer.toString('latin1', 0, bytes);
    }
    return Buffer.from(text.slice(0, text.lastIndexOf('\n') + 1), 'latin1').toString('utf8');
  } finally {
    closeSync(fd);
  }
}
