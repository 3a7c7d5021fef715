import {readFileSync} from 'node:fs';
import {parseStat} from '../focus/proc.ts';
import {readSmall} from './files.ts';

/** What a process has but for files, in memory and swapped out, in kB (proc(5)). */
const OWN = /^(RssAnon|RssShmem|VmSwap):\s+(\d{1,15}) kB$/gm;

export interface OwnMemory {
  comm: string;
  /** Tells the process from another one of its number. */
  startTicks: number;
  /** Its memory but that of files. */
  bytes: number;
  /** Of this what it shares with nobody: shared memory counts in each process that has touched it, whoever made it. */
  privateBytes: number;
}

/** What a process has of its own now; undefined when it is gone. */
export function ownMemory(proc: string, pid: number): OwnMemory | undefined {
  try {
    const stat = parseStat(readFileSync(`${proc}/${pid}/stat`, 'utf8'));
    if (!stat) return undefined;
    const parts = [...(readSmall(`${proc}/${pid}/status`) ?? '').matchAll(OWN)].map(([, name, kb]) => ({
      isShared: name === 'RssShmem',
      bytes: Number(kb) * 1024,
    }));
    const sum = (of: typeof parts) => of.reduce((bytes, part) => bytes + part.bytes, 0);
    const privateBytes = sum(parts.filter(({isShared}) => !isShared));
    return {comm: stat.comm, startTicks: stat.startTicks, bytes: sum(parts), privateBytes};
  } catch {
    return undefined;
  }
}
