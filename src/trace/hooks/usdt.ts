import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import type {HookField} from './field.ts';

/** One probe that a program or library has built in. */
export interface UsdtProbe {
  provider: string;
  name: string;
  arguments: HookField[];
}

const SECTIONS_MAX = 4096;
/** Bytes of all of a file's note sections: they may all name the same place. */
const NOTES_MAX = 4 << 20;
const PROBES_MAX = 4096;
const SHT_NOTE = 7;
/** What a script can be attached to; a file may have anything there. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** bpftrace has arg0 to arg9. */
const ARGUMENTS_MAX = 10;

/** The probes in a 64-bit ELF file's `.note.stapsdt`; undefined where it is none or can't be read. */
export function readUsdt(path: string): UsdtProbe[] | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const size = fstatSync(fd).size;
    const header = bytes(fd, 0, 64, size);
    if (header.toString('latin1', 0, 4) !== '\x7fELF' || header[4] !== 2 || header[5] !== 1) return undefined;
    const table = Number(header.readBigUInt64LE(40));
    const count = Math.min(header.readUInt16LE(60), SECTIONS_MAX);
    const sections = bytes(fd, table, count * 64, size);
    const notes = [...noteSections(sections, count)].map(({at, length}) => bytes(fd!, at, length, size));
    const probes = notes.flatMap(probesOf).filter(({provider, name}) => NAME.test(provider) && NAME.test(name));
    return probes.slice(0, PROBES_MAX);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function bytes(fd: number, at: number, length: number, size: number): Buffer {
  if (at + length > size) throw new RangeError('past the end');
  const buffer = Buffer.alloc(length);
  if (readSync(fd, buffer, 0, length, at) !== length) throw new RangeError('cut off');
  return buffer;
}

function* noteSections(sections: Buffer, count: number): Generator<{at: number; length: number}> {
  let left = NOTES_MAX;
  for (let i = 0; i < count; i++) {
    const section = sections.subarray(i * 64, i * 64 + 64);
    const length = Number(section.readBigUInt64LE(32));
    if (section.readUInt32LE(4) !== SHT_NOTE || length > left) continue;
    left -= length;
    yield {at: Number(section.readBigUInt64LE(24)), length};
  }
}

/** Of all notes those of type 3 by `stapsdt`. */
function probesOf(notes: Buffer): UsdtProbe[] {
  const probes: UsdtProbe[] = [];
  let at = 0;
  while (at + 12 <= notes.length && probes.length < PROBES_MAX) {
    const nameEnd = at + 12 + align(notes.readUInt32LE(at));
    const end = nameEnd + align(notes.readUInt32LE(at + 4));
    if (end > notes.length) break;
    const ours = notes.readUInt32LE(at + 8) === 3 && notes.toString('latin1', at + 12, at + 20) === 'stapsdt\0';
    if (ours) probes.push(probeOf(notes.subarray(nameEnd, end)));
    at = end;
  }
  return probes;
}

function align(length: number): number {
  return (length + 3) & ~3;
}

/** Three addresses (of the probe, the base, the semaphore), then provider, name and arguments. */
function probeOf(description: Buffer): UsdtProbe {
  const [provider = '', name = '', places = ''] = description.toString('latin1', 24).split('\0');
  const given = places.split(' ').filter((place) => place.includes('@'));
  return {provider, name, arguments: given.map(argumentOf)};
}

/** `-4@%eax`: the bytes, negative where there's a sign, and where they stand. */
function argumentOf(place: string, position: number): HookField {
  const size = Number(place.slice(0, place.indexOf('@')));
  const bits = Math.abs(size) * 8;
  const known = position < ARGUMENTS_MAX && (bits === 8 || bits === 16 || bits === 32 || bits === 64);
  const type = `${size < 0 ? 's' : 'u'}${bits}`;
  // Bpftrace reads just these bytes, with their sign.
  const own = {bits: known ? bits : 64, signed: size < 0, narrow: false} as const;
  return {name: `arg${position}`, type, shape: known ? 'int' : 'other', ...own, position};
}
