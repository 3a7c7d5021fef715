import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import koffi, {type LibraryHandle} from 'koffi';
import {Problem} from '../util/problem.ts';

/** The ABI number this binding was written for (KSTOP_ABI in native/kstop.h). */
const ABI = 1;

/** Every call of native/kstop.h: name -> [result, arguments]. */
const CALLS = {
  kstop_abi: ['int', []],
  kstop_cpus: ['int', []],
  kstop_clocks: ['int', ['_Out_ uint64_t *']],
  kstop_open: ['void *', ['kstop_attr *', '_Out_ char *', 'size_t']],
  kstop_close: ['void', ['void *']],
  kstop_error: ['str', ['void *']],
  kstop_probe_on: ['int', ['void *', 'str']],
  kstop_probe_off: ['int', ['void *', 'str']],
  kstop_probe_state: ['int', ['void *', 'str', '_Out_ char *', 'size_t', '_Out_ char *', 'size_t']],
  kstop_set: ['int', ['void *', 'str', 'int', 'uint64_t']],
  kstop_filter: ['int', ['void *', 'uint32_t', 'str', 'str']],
  kstop_drain: ['int', ['void *', 'void *', 'size_t', 'int']],
  kstop_wake: ['int', ['void *']],
  kstop_snapshot: ['int', ['void *', 'str', 'int', 'void *', 'size_t']],
  kstop_find_owners: ['int', ['void *']],
  kstop_cgroup_path: ['int', ['void *', 'uint64_t', 'int', '_Out_ char *', 'size_t']],
  kstop_statistics: ['int', ['void *', 'int']],
} as const;

type CallName = keyof typeof CALLS;
export type Calls = Record<CallName, ReturnType<LibraryHandle['func']>>;

/** libkstop can't be used: a build is missing, broken or of another version. */
export class LibraryError extends Problem {
  constructor(why: string) {
    super('libkstop', why, 'run bin/setup');
  }
}

/** Where libkstop.so may be: $KSTOP_LIB and nowhere else, or beside the bundle, in the build folder of a checkout, in the system. */
function candidates(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const named = process.env.KSTOP_LIB;
  if (named) return [named];
  return [
    join(here, 'libkstop.so'),
    join(here, '../../dist/libkstop.so'),
    '/usr/local/lib/kstop/libkstop.so',
    '/usr/lib/kstop/libkstop.so',
  ];
}

/** Finds libkstop.so and the folder of its BPF objects. Throws LibraryError when there is none. */
export function findLibrary(): {library: string; objects: string} {
  const library = candidates().find((path) => existsSync(path));
  if (!library) throw new LibraryError(`${process.env.KSTOP_LIB || 'libkstop.so'} was not found`);
  return {library, objects: join(dirname(library), 'bpf')};
}

let loaded: Calls | undefined;

/** Loads the library once. Throws LibraryError when it is missing, broken or of another ABI. */
export function loadLibrary(path: string): Calls {
  if (loaded) return loaded;
  koffi.struct('kstop_attr', {size: 'uint32_t', ring_bytes: 'uint32_t', object_dir: 'str', skip: 'str'});
  let calls: Calls;
  try {
    const library = koffi.load(path);
    calls = Object.fromEntries(
      Object.entries(CALLS).map(([name, [result, args]]) => [name, library.func(name, result, [...args])]),
    ) as Calls;
  } catch (error) {
    throw new LibraryError(`${path} can't be loaded: ${(error as Error).message.split('\n')[0]}`);
  }
  if (calls.kstop_abi() !== ABI) throw new LibraryError(`${path} is of another version`);
  loaded = calls;
  return calls;
}

/** Size of struct kstop_attr, which the library checks. */
export const attrSize = (): number => koffi.sizeof('kstop_attr');
