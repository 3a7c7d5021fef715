import {open} from 'node:fs/promises';
import type {Header} from '../types/stream.ts';
import {isGzip} from './gunzip.ts';

const TAIL = 256 * 1024;

/**
 * A recording's length in milliseconds, from the last time stamp near its end. Undefined where that takes reading it
 * all (stdin, pipes, gzip).
 */
export async function durationOf(file: string, header: Header): Promise<number | undefined> {
  if (file === '-') return undefined;
  try {
    await using handle = await open(file);
    const stat = await handle.stat();
    if (!stat.isFile()) return undefined;
    const start = await handle.read(Buffer.alloc(2), 0, 2, 0);
    if (isGzip(start.buffer)) return undefined;
    const length = Math.min(TAIL, stat.size);
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(length), 0, length, stat.size - length);
    const stamps = [...buffer.toString('latin1', 0, bytesRead).matchAll(/"mono_ns":"(\d{1,19})"/g)];
    const last = stamps.at(-1)?.[1];
    const duration = last === undefined ? Number.NaN : Number(BigInt(last) - BigInt(header.mono_ns)) / 1e6;
    return duration >= 0 ? duration : undefined;
  } catch {
    return undefined;
  }
}
