import {existsSync, readdirSync, readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {Run} from '../../../src/trace/run/run.ts';
import {findSupervisor} from '../../../src/trace/run/supervise.ts';
import {deskOf, type TestDesk} from '../../trace/run/stand-in.ts';
import {lacks, which} from './machine.ts';
import {SLOW, until} from './wait.ts';

const EVENTS = '/sys/kernel/tracing/events/syscalls/sys_enter_openat';

/** Why no trace can run here. */
export const noTraces =
  lacks('bpftrace', 'python3') ??
  (findSupervisor() ? undefined : 'kstop-supervise is not built') ??
  (existsSync(EVENTS) ? undefined : 'tracefs is not mounted here, or has no system calls');

/** A desk with the machine's own bpftrace. */
export const realDesk = (t: ExecutionContext): TestDesk => deskOf(t, which('bpftrace') ?? '');

/** bpftrace compiles: seconds on a busy machine. */
export const WAIT = 60_000 * SLOW;

export const running = (run: Run): Promise<true> =>
  until(
    () => {
      if (run.over) throw new Error(`${run.state}: ${run.result().trace.reason}`);
      return run.state === 'running';
    },
    WAIT,
    'a running trace',
  ) as Promise<true>;

function stat(pid: string): {comm: string; ppid: number} | undefined {
  try {
    const [, comm = '', ppid] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return {comm, ppid: Number(ppid)};
  } catch {
    return undefined;
  }
}

/** Processes of this name whose parent is `parent`. */
export function childrenOf(parent: number, comm: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const its = stat(pid);
      return its?.ppid === parent && its.comm === comm;
    })
    .map(Number);
}

/** The supervisors of a process, each with its bpftrace. */
export function supervised(owner: number): {supervisor: number; bpftrace: number}[] {
  return childrenOf(owner, 'kstop-supervise').flatMap((supervisor) =>
    childrenOf(supervisor, 'bpftrace').map((bpftrace) => ({supervisor, bpftrace})),
  );
}

/** Private folders of traces of this kstop. */
export const foldersOf = (owner: number): string[] =>
  existsSync('/run/kstop') ? readdirSync('/run/kstop').filter((name) => name.includes(`-${owner}-`)) : [];
