import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import koffi, {type LibraryHandle} from 'koffi';
import {Problem} from '../util/problem.ts';

/** The ABI number this binding was written for (KSTOP_ABI in native/kstop.h). */
const ABI = 4;

/** Every call of native/kstop.h: name -> [result, arguments]. */
const CALLS = {
  kstop_abi: ['int', []],
  kstop_cpus: ['int', []],
  kstop_clocks: ['int', ['_Out_ uint64_t *']],
  kstop_open: ['void *', ['kstop_attr *', '_Out_ char *', 'size_t']],
  kstop_close: ['void', ['void *']],
  kstop_error: ['str', ['void *']],
  kstop_probe_on: ['int', ['void *', 'str']],
  kstop_probes_on: ['int', ['void *', 'str']],
  kstop_probe_off: ['int', ['void *', 'str']],
  kstop_probe_state: ['int', ['void *', 'str', '_Out_ char *', 'size_t', '_Out_ char *', 'size_t']],
  kstop_probe_role: ['int', ['void *', 'str', 'uint32_t', '_Inout_ kstop_role *']],
  kstop_set: ['int', ['void *', 'str', 'int', 'uint64_t']],
  kstop_table: ['int', ['void *', 'str', 'uint32_t', 'uint8_t']],
  kstop_enums: ['int', ['void *', 'str', '_Out_ char *', 'size_t']],
  kstop_filter: ['int', ['void *', 'uint32_t', 'str', 'str']],
  kstop_drain: ['int', ['void *', 'void *', 'size_t', 'int']],
  kstop_wake: ['int', ['void *']],
  kstop_snapshot: ['int', ['void *', 'str', 'int', 'void *', 'size_t']],
  kstop_pressure: ['int', ['void *', 'uint32_t', 'uint32_t', 'uint32_t']],
  kstop_log_open: ['int', ['void *']],
  kstop_log_read: ['int', ['void *', 'void *', 'size_t', '_Out_ uint32_t *']],
  kstop_requests: ['int', ['void *', 'int', 'void *', 'size_t']],
  kstop_find_owners: ['int', ['void *']],
  kstop_cgroup_path: ['int', ['void *', 'uint64_t', 'int', '_Out_ char *', 'size_t']],
  kstop_statistics: ['int', ['void *', 'int']],
} as const;

const text = (bytes: number) => koffi.array('char', bytes, 'String');

/** struct kstop_role */
const ROLE = {
  size: 'uint32_t',
  required: 'uint32_t',
  attached: 'uint32_t',
  name: text(64),
  method: text(64),
  program: text(64),
  lost: text(512),
  refused: text(512),
};

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
  koffi.struct('kstop_role', ROLE);
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

/** Sizes of the structs, which the library checks. */
export const attrSize = (): number => koffi.sizeof('kstop_attr');
export const roleSize = (): number => koffi.sizeof('kstop_role');
