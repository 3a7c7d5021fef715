import {chmodSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {Hook} from '../../../src/trace/hooks/hooks.ts';
import {Hooks} from '../../../src/trace/hooks/hooks.ts';
import {isRefusal} from '../../../src/trace/refusal.ts';
import type {TraceType} from '../../../src/types/trace.ts';
import {elfWith} from './elf-file.ts';
import {makeHost} from './host.ts';

const host = makeHost();
test.after.always(() => host.remove());

function one(type: TraceType, target: string, hooks = host.hooks): Hook {
  const found = hooks.find(type, target);
  if (isRefusal(found)) throw new Error(`${found.field}: ${found.why}`);
  return (found as Hook[])[0]!;
}

const shapes = (hook: Hook) =>
  hook.fields.map(
    ({name, shape, bits, signed}) => `${name} ${shape}${shape === 'int' ? `${signed ? 's' : 'u'}${bits}` : ''}`,
  );

test('a tracepoint has the fields of its format, system calls those of their parameters', (t) => {
  t.deepEqual(shapes(one('tracepoint', 'syscalls:sys_enter_openat')), [
    '__syscall_nr ints32',
    'dfd ints32',
    'filename text',
    'flags ints32',
    'mode intu16',
  ]);
  t.deepEqual(shapes(one('tracepoint', 'sched:sched_process_exec')), ['filename text', 'pid ints32', 'old_pid ints32']);
  t.deepEqual(shapes(one('tracepoint', 'odd:things')), ['it other', 'list other', 'pages other', 'where address']);
  const state = shapes(one('tracepoint', 'sock:inet_sock_set_state'));
  t.true(
    ['saddr ip4', 'daddr_v6 ip6', 'skaddr address', 'sport intu16'].every((each) => state.includes(each)),
    `${state}`,
  );
});

test('a buffer is an address: what programs write is not traced', (t) => {
  t.true(shapes(one('tracepoint', 'syscalls:sys_enter_write')).includes('buf address'));
  t.true(shapes(one('kprobe', 'vfs_write')).includes('buf address'));
  t.true(shapes(one('tracepoint', 'buffers:mq_timedsend')).includes('u_msg_ptr address'));
  t.true(shapes(one('tracepoint', 'buffers:setsockopt')).includes('optval address'));
  t.deepEqual(shapes(one('tracepoint', 'buffers:shmdt')), ['shmaddr address']);
  t.deepEqual(shapes(one('tracepoint', 'odd:constant')), ['rule_attr address']);
});

test('a function has the parameters of its BTF, its return the result', (t) => {
  t.deepEqual(shapes(one('kprobe', 'do_sys_openat2')), ['dfd ints32', 'filename text', 'flags intu32']);
  t.deepEqual(shapes(one('kprobe', 'vfs_read')), ['file address', 'buf address', 'count intu64', 'pos address']);
  t.deepEqual(shapes(one('kretprobe', 'vfs_read')), ['retval ints64']);
  t.deepEqual(shapes(one('kretprobe', 'takes_pair')), []);
  // What comes after a structure in two registers, or past the sixth, can't be told.
  t.deepEqual(shapes(one('kprobe', 'takes_pair')), ['first ints32', 'both other', 'last other']);
  t.deepEqual(shapes(one('kprobe', 'takes_many')).slice(5), ['p5 ints32', 'p6 other', 'p7 other']);
  t.false(one('kprobe', 'no_types.isra.0').typed);
});

test('a USDT probe is found in its file, with the provider or without', (t) => {
  t.is(one('usdt', '/usr/bin/db:query__start').target, '/usr/bin/db:db:query__start');
  t.deepEqual(shapes(one('usdt', '/usr/bin/db:db:query__start')), ['arg0 intu64', 'arg1 ints32', 'arg2 intu32']);
});

test('a program that others may change is told of', (t) => {
  const own = makeHost();
  t.teardown(own.remove);
  chmodSync(path.join(own.root, 'usr/bin/db'), 0o666);
  t.regex(one('usdt', '/usr/bin/db:query__done', own.hooks).notes.join(), /changed by others/);
});

test('a wildcard names at most 16, in order', (t) => {
  const found = host.hooks.find('tracepoint', 'syscalls:sys_enter_open*') as Hook[];
  t.deepEqual(
    found.map((hook) => hook.target),
    ['syscalls:sys_enter_open', 'syscalls:sys_enter_openat'],
  );
  const functions = host.hooks.find('kprobe', 'vfs_*') as Hook[];
  t.deepEqual(
    functions.map((hook) => hook.target),
    ['vfs_read', 'vfs_write'],
  );
  t.like(host.hooks.find('tracepoint', 'many:*'), {field: 'target', why: 'many:* matches 40, at most 16'});
  t.deepEqual(
    (host.hooks.find('tracepoint', 'many:event_1*5') as Hook[]).map((hook) => hook.target),
    ['many:event_15'],
  );
});

test('what a kernel lacks is told with what stands in', (t) => {
  const own = makeHost({without: ['kprobe_events', 'uprobe_events', 'kallsyms']});
  t.teardown(own.remove);
  t.deepEqual(own.hooks.find('kprobe', 'vfs_read'), {
    field: 'type',
    why: 'this kernel has no kprobes',
    remedy: 'tracepoints',
  });
  t.deepEqual(own.hooks.find('usdt', '/usr/bin/db:x'), {
    field: 'type',
    why: 'this kernel has no uprobes',
    remedy: 'tracepoints',
  });
  t.is(own.hooks.missing('tracepoint'), undefined);
  t.like(new Hooks({root: '/nonexistent'}).find('tracepoint', 'sched:sched_wakeup'), {
    field: 'type',
    why: "tracefs can't be read",
  });
});

test('without the list of ftrace the symbol table tells the functions; without BTF there are registers', (t) => {
  const own = makeHost({without: ['available_filter_functions', 'btf']});
  t.teardown(own.remove);
  t.false(one('kprobe', 'only_a_symbol', own.hooks).typed);
  t.false(one('kprobe', 'vfs_read', own.hooks).typed);
  t.like(own.hooks.find('kprobe', 'd'), {why: 'this kernel has no function d'});
});

test('what no script can be attached to is not offered: labels of the symbol table, names that a file makes up', (t) => {
  const own = makeHost({without: ['available_filter_functions']});
  t.teardown(own.remove);
  writeFileSync(path.join(own.root, 'proc/kallsyms'), 'ffffffff81000000 t .slowpath\nffffffff81000010 t a_slowpath\n');
  t.deepEqual(
    (own.hooks.find('kprobe', '*slowpath') as Hook[]).map(({target}) => target),
    ['a_slowpath'],
  );
  const notes = [
    {provider: 'x { system("id") }', name: 'probe'},
    {provider: 'x', name: ''},
  ];
  writeFileSync(path.join(own.root, 'usr/bin/db'), elfWith(notes));
  t.like(own.hooks.find('usdt', '/usr/bin/db:probe'), {field: 'target', why: '/usr/bin/db has no USDT probes'});
});

test('of a probe with twelve arguments there are ten, as bpftrace has them', (t) => {
  const own = makeHost();
  t.teardown(own.remove);
  const places = Array.from({length: 12}, (_, i) => `8@${i}(%rsp)`).join(' ');
  writeFileSync(path.join(own.root, 'usr/bin/db'), elfWith([{provider: 'db', name: 'long', arguments: places}]));
  t.deepEqual(shapes(one('usdt', '/usr/bin/db:long', own.hooks)).slice(8), [
    'arg8 intu64',
    'arg9 intu64',
    'arg10 other',
    'arg11 other',
  ]);
});

test('files that lie: not BTF, not ELF, cut off, a link out', (t) => {
  const own = makeHost();
  t.teardown(own.remove);
  writeFileSync(path.join(own.root, 'sys/kernel/btf/vmlinux'), Buffer.alloc(100, 0xeb));
  t.false(one('kprobe', 'vfs_read', own.hooks).typed);
  writeFileSync(path.join(own.root, 'usr/bin/db'), Buffer.from('\x7fELF'));
  t.like(own.hooks.find('usdt', '/usr/bin/db:x'), {why: '/usr/bin/db has no USDT probes'});
  symlinkSync('/dev/zero', path.join(own.root, 'usr/bin/zero'));
  t.like(own.hooks.find('usdt', '/usr/bin/zero:x'), {why: '/usr/bin/zero is no file'});
});
