import {ARM64} from './arm64.ts';
import {ERRNO} from './errno.ts';
import {I386} from './i386.ts';
import {X86_64} from './x86-64.ts';

/** Names by their numbers, as one table of this folder holds them. */
function parse(table: string): Map<number, string> {
  const names = new Map<number, string>();
  let next = 0;
  for (const word of table.trim().split(/\s+/)) {
    if (/^\d/.test(word)) next = Number(word);
    else names.set(next++, word);
  }
  return names;
}

const NONE: ReadonlyMap<number, string> = new Map();
const errors = parse(ERRNO);
/** By Node's name of the architecture: system calls of its own programs, and of 32-bit ones. */
const TABLES: Record<string, {own: ReadonlyMap<number, string>; compat: ReadonlyMap<number, string>} | undefined> = {
  x64: {own: parse(X86_64), compat: parse(I386)},
  arm64: {own: parse(ARM64), compat: NONE},
};
/** Marks the numbers of x32 programs, which are those of x86-64 otherwise. */
const X32_BIT = 0x40000000;

/** System calls by number on an architecture (as Node names it; here by default). */
export function syscallNumbers(compat: boolean, arch: string = process.arch): ReadonlyMap<number, string> {
  return TABLES[arch]?.[compat ? 'compat' : 'own'] ?? NONE;
}

/** `read`, `read (32-bit)`, `read (x32)`; `syscall_600` for one that has no name here. */
export function syscallName(number: number, compat: boolean, arch: string = process.arch): string {
  const x32 = arch === 'x64' && !compat && number > 0 && (number & X32_BIT) !== 0;
  const plain = x32 ? number - X32_BIT : number;
  const name = syscallNumbers(compat, arch).get(plain) ?? `syscall_${plain}`;
  if (x32) return `${name} (x32)`;
  return compat ? `${name} (32-bit)` : name;
}

/** Name of the error that a call returned; undefined when it returned none. */
export function errnoName(result: number): string | undefined {
  return result < 0 && result >= -4095 ? (errors.get(-result) ?? `errno_${-result}`) : undefined;
}
