import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import {syscallOf, syscallTable} from '../../src/native/syscalls/classes.ts';
import {errnoName, syscallName, syscallNumbers} from '../../src/native/syscalls/names.ts';
import {WIRE} from '../../src/native/wire.gen.ts';

/** Numbers by name as this system's headers for programs have them. */
function ofHeader(path: string, pattern: RegExp): [name: string, number: number][] {
  return [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name, number]) => [name!, Number(number)]);
}

const HEADERS = '/usr/include/x86_64-linux-gnu/asm';
for (const [header, compat] of [
  ['unistd_64.h', false],
  ['unistd_32.h', true],
] as const) {
  const path = `${HEADERS}/${header}`;
  (existsSync(path) ? test : test.skip)(`names of x86-64 are those of ${header}`, (t) => {
    const names = syscallNumbers(compat, 'x64');
    const all = ofHeader(path, /^#define __NR_(\w+)\s+(\d+)$/gm);
    t.true(all.length > 300);
    for (const [name, number] of all) t.is(names.get(number), name);
  });
}

const GENERIC = '/usr/include/asm-generic/unistd.h';
(existsSync(GENERIC) ? test : test.skip)('names of arm64 are those of the generic header', (t) => {
  const names = syscallNumbers(false, 'arm64');
  const all = ofHeader(GENERIC, /^#define __NR_(\w+)\s+(\d+)$/gm).filter(
    ([name, number]) =>
      name !== 'arch_specific_syscall' &&
      name !== 'syscalls' &&
      name !== 'sync_file_range2' &&
      !(number >= 403 && number <= 423),
  );
  t.true(all.length > 250);
  for (const [name, number] of all) t.is(names.get(number), name);
  // Of these the header has names for both sizes of a word.
  for (const [number, name] of [
    [25, 'fcntl'],
    [62, 'lseek'],
    [71, 'sendfile'],
    [79, 'newfstatat'],
    [80, 'fstat'],
    [222, 'mmap'],
  ] as const)
    t.is(names.get(number), name);
});

test('names of errors are those of the headers', (t) => {
  t.is(errnoName(-1), 'EPERM');
  t.is(errnoName(0), undefined);
  t.is(errnoName(5), undefined);
  for (const path of ['/usr/include/asm-generic/errno-base.h', '/usr/include/asm-generic/errno.h']) {
    if (!existsSync(path)) continue;
    for (const [name, number] of ofHeader(path, /^#define\s+(E\w+)\s+(\d+)\s/gm)) t.is(errnoName(-number), name);
  }
});

test('numbers of other programs and kernels are told as such', (t) => {
  t.is(syscallName(0, true, 'x64'), 'restart_syscall (32-bit)');
  t.is(syscallName(0x40000000, false, 'x64'), 'read (x32)');
  t.is(syscallName(900, false, 'x64'), 'syscall_900');
  t.is(syscallName(63, false, 'arm64'), 'read');
  t.is(syscallName(63, true, 'arm64'), 'syscall_63 (32-bit)');
  t.is(syscallName(1, false, 's390x'), 'syscall_1');
});

test('each class names calls that there are, and each architecture has its own entries', (t) => {
  for (const arch of ['x64', 'arm64']) {
    const classes = new Map(syscallTable(arch));
    const find = (name: string, compat = false) =>
      [...syscallNumbers(compat, arch)].find(([, each]) => each === name)![0] + (compat ? 512 : 0);
    t.is(classes.get(find('futex')), WIRE.SYSCALL_WAIT);
    t.is(classes.get(find('read')), WIRE.SYSCALL_BY_FD);
    t.is(classes.get(find('openat')), WIRE.SYSCALL_BY_OPEN);
    t.is(classes.get(find('exit_group')), WIRE.SYSCALL_UNTIMED);
    for (const name of ['fsync', 'flock', 'connect', 'mmap', 'execve']) t.is(classes.get(find(name)), undefined, name);
    for (const entry of classes.keys()) t.true(entry >= 0 && entry < 1024);
    if (arch === 'x64') t.is(classes.get(find('poll', true)), WIRE.SYSCALL_WAIT);
    // Without names nobody knows what waits.
    else t.is(classes.get(512 + 168), WIRE.SYSCALL_UNTIMED);
  }
  t.deepEqual(syscallOf(512 + 3), {number: 3, compat: true});
  t.deepEqual(syscallOf(511), {number: undefined, compat: false});
});
