import {closeSync, openSync, readSync} from 'node:fs';
import {type SymbolTable, SymbolTableBuilder} from './symbol-table.ts';

const KALLSYMS = '/proc/kallsyms';
const CHUNK_BYTES = 1 << 16;
const KNOWN_MAX = 4096;
/** A module that was loaded meanwhile is looked for, but reading the table anew takes some 0.1 s. */
const READ_AGAIN_MS = 60_000;

/**
 * Names of kernel addresses, by /proc/kallsyms. The table is read when the first name is asked for and kept in compact
 * form (about 3 MB); without access to it (kernel.kptr_restrict, no CAP_SYSLOG, no /proc) every name is the address.
 */
export class Symbols {
  private readonly known = new Map<bigint, string>();
  private table: SymbolTable | undefined;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly path = KALLSYMS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Function and offset (`do_idle+0x5c`, `nft_do_chain+0x1f [nf_tables]`), or `0x…` of an address that has no name. */
  name(address: bigint): string {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    if (this.known.size >= KNOWN_MAX) this.known.clear();
    const found = this.find(address);
    const name = found ?? `0x${BigInt.asUintN(64, address).toString(16)}`;
    // What has no name may get one when its module's symbols are read.
    if (found !== undefined) this.known.set(address, name);
    return name;
  }

  /** Why addresses have no names here; undefined when they have. Reads only the table's beginning. */
  lacking(): string | undefined {
    try {
      const chunks = readChunks(this.path, 4096);
      const start = chunks.next().value?.toString('latin1') ?? '';
      chunks.return(undefined);
      const readable = start.split('\n').some((line) => /^[0-9a-f]*[1-9a-f][0-9a-f]* /.test(line));
      return readable ? undefined : 'kernel addresses are hidden (kernel.kptr_restrict, or no CAP_SYSLOG)';
    } catch (error) {
      return `${this.path} can't be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`;
    }
  }

  private find(address: bigint): string | undefined {
    const found = this.table?.find(address);
    if (found !== undefined || this.now() - this.readAt < READ_AGAIN_MS) return found;
    this.readAt = this.now();
    // One that can't be read now (too many open files) leaves the last one.
    this.table = readTable(this.path) ?? this.table;
    return this.table?.find(address);
  }
}

/** Undefined when there's nothing to read or nothing in it. */
function readTable(path: string): SymbolTable | undefined {
  const builder = new SymbolTableBuilder();
  try {
    for (const chunk of readChunks(path, CHUNK_BYTES)) builder.add(chunk);
  } catch {
    return undefined;
  }
  return builder.finish();
}

/** One buffer, filled again for each chunk. */
function* readChunks(path: string, size: number): Generator<Buffer, void, undefined> {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(size);
    for (;;) {
      const bytes = readSync(fd, buffer, 0, size, null);
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(fd);
  }
}
