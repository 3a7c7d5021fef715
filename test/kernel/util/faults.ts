import type {PageFaultEvent} from '../../../src/types/stream.ts';
import type {Kstop} from './kstop.ts';
import type {Process} from './load.ts';
import {read} from './witness.ts';

export interface Faults {
  major: number;
  minor: number;
  /** The memory that was touched. */
  start: bigint;
  end: bigint;
}

/** Has a faulter (load/faulter.c) do something; what getrusage() counted meanwhile. */
export async function faultsOf(load: Process, what: string): Promise<Faults> {
  load.send(what);
  const [major, minor, address, length] = (await load.line()).split(' ');
  const start = BigInt(`0x${address}`);
  return {major: Number(major), minor: Number(minor), start, end: start + BigInt(length)};
}

export const faultEvents = (kstop: Kstop, {pid}: Process): PageFaultEvent[] =>
  kstop.events('PAGE_FAULT').filter((event) => event.pid === pid);

/** Faults that the kernel has counted of a process of one thread (proc(5): stat, fields 10 and 12). */
export function faultCounts({pid}: Process): {minor: number; major: number} {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return {minor: Number(fields[7]), major: Number(fields[9])};
}

/** A figure of /proc/vmstat. */
export const vmstat = (name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read('/proc/vmstat'))?.[1]);
