import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, readFileSync} from 'node:fs';
import {release} from 'node:os';
import {join} from 'node:path';
import test, {type ImplementationFn} from 'ava';
import {isLesser} from './lesser.ts';

/** Path of an installed program, or undefined; what npm packages bring is none. */
export function which(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder && !folder.includes('node_modules'));
  for (const folder of [...folders, '/usr/sbin', '/sbin']) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

/** Why a test that needs these programs can't run; undefined when it can. */
export function lacks(...programs: string[]): string | undefined {
  const missing = programs.filter((program) => !which(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

const inGuest = process.env.KSTOP_VM && !process.env.KSTOP_VM_ALL ? 'on the machine itself' : undefined;

/** Tests of this file that run. */
let declared = 0;

/** Guests but those of the newest kernel run so many tests of each file. */
const isEnough = (): boolean => declared >= Number(process.env.KSTOP_VM_BRIEF ?? Number.POSITIVE_INFINITY);

/** A serial test, or a skipped one that says why in its title. */
export function testUnless(reason: string | undefined | false, title: string, run: ImplementationFn<[]>): void {
  const why = reason || (isLesser(title) && inGuest) || (isEnough() && 'on newer kernels');
  if (why) test.skip(`${title} (${why})`, run);
  else {
    declared++;
    test.serial(title, run);
  }
}

/**
 * Why a test of what no kernel changes (flags, files, signals) is skipped in a guest, where starting the program takes
 * seconds: it runs on the machine itself. KSTOP_VM_ALL=1 runs it there all the same.
 */
export const once = process.env.KSTOP_VM && !process.env.KSTOP_VM_ALL ? 'the same on every kernel' : undefined;

/**
 * Why a test that starts the program many times is skipped in the older guests: what it holds differs little between
 * kernels, and each start takes seconds there.
 */
export const costly =
  process.env.KSTOP_VM && !process.env.KSTOP_VM_ALL && !kernelAtLeast(6, 12)
    ? 'in guests on 6.12 and newer only'
    : undefined;

/** Such a test that needs nothing else. */
export const testOnce = (title: string, run: ImplementationFn<[]>): void => testUnless(once, title, run);

/** Why a test that would endanger a machine can't run on one; undefined in a guest. */
export const onMachine = process.env.KSTOP_VM ? undefined : 'in guests only';

/** Why a test that needs these kernel modules can't run; undefined when they can be loaded. */
export function lacksModule(...modules: string[]): string | undefined {
  const missing = modules.filter((name) => spawnSync('modprobe', ['--dry-run', '--quiet', name]).status !== 0);
  return missing.length > 0 ? `this kernel has no ${missing.join(', ')}` : undefined;
}

/** The first two CPUs that this process may use. */
export function twoCpus(): [number, number] | undefined {
  const list = /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
  const cpus = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({length: last - first + 1}, (_, i) => first + i);
  });
  return cpus.length > 1 ? [cpus[0], cpus[1]] : undefined;
}

/** Is the running kernel this version or a later one? */
export function kernelAtLeast(major: number, minor: number): boolean {
  const [a, b] = release().split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

export const hasKernelFunction = (name: string): boolean =>
  existsSync('/proc/kallsyms') && readFileSync('/proc/kallsyms', 'latin1').includes(` ${name}\n`);
