import test from 'ava';
import {WallClock} from '../../src/native/clock.ts';
import {Decoder} from '../../src/native/decode.ts';
import {signalName} from '../../src/native/signals.ts';
import {LAYOUT, WIRE} from '../../src/native/wire.gen.ts';
import type {KernelEvent, ProcessExecEvent, ProcessExitEvent, ProcessForkEvent} from '../../src/types/stream.ts';

const context = {
  clock: new WallClock(),
  critNs: {sched: 1e9, block: 1e9, vfs: 1e9, syscall: 1e9},
  cgroupPath: () => undefined,
};

function decoded(type: number, size: number, fill: (out: DataView, bytes: Uint8Array) => void): KernelEvent {
  const bytes = new Uint8Array(2048);
  const out = new DataView(bytes.buffer);
  out.setUint16(LAYOUT.event.type, type, true);
  out.setUint16(LAYOUT.event.size, size, true);
  out.setUint32(LAYOUT.event.pid, 77, true);
  out.setUint32(LAYOUT.event.flags, WIRE.HAS_TASK, true);
  fill(out, bytes);
  const events: KernelEvent[] = [];
  new Decoder(bytes, context).decode(size, events);
  return events[0]!;
}

interface Run {
  file: string | Uint8Array;
  args?: Uint8Array | string;
  flags?: number;
}

function exec({file, args, flags = 0}: Run): ProcessExecEvent {
  const layout = LAYOUT.exec_event;
  const text = Buffer.from(args ?? '');
  return decoded(WIRE.PROCESS_EXEC, args === undefined ? layout.args : layout.SIZE, (out, bytes) => {
    out.setUint32(layout.ppid, 70, true);
    out.setUint32(layout.exec_flags, flags | (args === undefined ? 0 : WIRE.EXEC_HAS_ARGS), true);
    out.setUint32(layout.args_bytes, text.length, true);
    bytes.set(typeof file === 'string' ? Buffer.from(file) : file, layout.file);
    bytes.set(text, layout.args);
  }) as ProcessExecEvent;
}

test('a program that is run: file and parent, and no arguments unless they are there', (t) => {
  const event = exec({file: '/bin/a\x1b[31m é'});
  t.like(event, {type: 'PROCESS_EXEC', subsystem: 'process', severity: 'info', pid: 77, ppid: 70});
  t.is(event.filename, '/bin/a\x1b[31m é');
  t.false('args' in event);
  t.is(exec({file: ''}).filename, '');
});

test('arguments: zeros become spaces, and none is at the end', (t) => {
  t.is(exec({file: 'x', args: 'cc1\0-o\0two words\0'}).args, 'cc1 -o two words');
  t.is(exec({file: 'x', args: 'a\0\0'}).args, 'a ', 'an empty argument is one');
  t.is(exec({file: 'x', args: ''}).args, '', 'a program may have none at all');
  t.is(exec({file: 'x', args: Buffer.from([0x61, 0xff, 0])}).args, 'a\ufffd');
});

test('what is cut says so, and half a character is left out', (t) => {
  const cut = WIRE.EXEC_FILE_CUT;
  t.is(exec({file: 'a'.repeat(255), flags: cut}).filename, `${'a'.repeat(255)}…`);
  t.is(exec({file: Buffer.from('xé').subarray(0, 2), flags: cut}).filename, 'x…');
  t.is(exec({file: 'x', args: 'a\0b', flags: WIRE.EXEC_ARGS_CUT}).args, 'a b…');
  t.is(exec({file: 'x', args: 'a\0', flags: WIRE.EXEC_ARGS_CUT}).args, 'a …');
  t.deepEqual(
    [WIRE.EXEC_MAIN, 0].map((flags) => exec({file: 'x', flags}).main),
    [true, undefined],
  );
});

function exit(status: number, flags = 0): ProcessExitEvent {
  const layout = LAYOUT.exit_event;
  return decoded(WIRE.PROCESS_EXIT, layout.SIZE, (out) => {
    out.setBigUint64(layout.lifetime_ns, 1_234_567_890n, true);
    out.setBigUint64(layout.cpu_ns, 2_500_000n, true);
    out.setBigUint64(layout.max_rss_bytes, 4_194_304n, true);
    out.setUint32(layout.ppid, 1, true);
    out.setUint32(layout.status, status, true);
    out.setUint32(layout.exit_flags, flags, true);
  }) as ProcessExitEvent;
}

test('an end: what wait() tells, and figures that are known', (t) => {
  const all = exit(3 << 8, WIRE.EXIT_HAS_CPU | WIRE.EXIT_HAS_RSS);
  t.like(all, {type: 'PROCESS_EXIT', severity: 'info', exit_code: 3, ppid: 1, lifetime_ms: 1234.56789});
  t.like(all, {cpu_time_ms: 2.5, max_rss_bytes: 4_194_304});
  t.true(exit(0, WIRE.EXIT_MAIN).main);
  const bare = exit(0);
  t.is(bare.exit_code, 0);
  for (const field of ['signal', 'signal_name', 'core', 'main', 'cpu_time_ms', 'max_rss_bytes'])
    t.false(field in bare, field);
});

test('an end by a signal has its name, the code that shells give it, and a severity', (t) => {
  t.like(exit(11 | 0x80), {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', core: true, severity: 'warning'});
  t.like(exit(9), {exit_code: 137, signal_name: 'SIGKILL', core: undefined, severity: 'info'});
  const warnings = Array.from({length: 64}, (_, i) => exit(i + 1)).filter(({severity}) => severity === 'warning');
  t.deepEqual(warnings.map(({signal_name}) => signal_name).sort(), [
    'SIGABRT',
    'SIGBUS',
    'SIGFPE',
    'SIGILL',
    'SIGSEGV',
  ]);
});

test('signals by name', (t) => {
  t.deepEqual([1, 7, 31, 32, 34, 37, 64].map(signalName), [
    'SIGHUP',
    'SIGBUS',
    'SIGSYS',
    'SIG32',
    'SIGRTMIN',
    'SIGRTMIN+3',
    'SIGRTMIN+30',
  ]);
});

test('a process that a process makes', (t) => {
  const layout = LAYOUT.fork_event;
  const event = decoded(WIRE.PROCESS_FORK, layout.SIZE, (out, bytes) => {
    out.setUint32(layout.child_pid, 78, true);
    bytes.set(Buffer.from('make'), layout.child_comm);
  }) as ProcessForkEvent;
  t.like(event, {type: 'PROCESS_FORK', severity: 'info', pid: 77, child_pid: 78, child_comm: 'make'});
});

test('names of a cgroup are a path from the root, and no event', (t) => {
  const layout = LAYOUT.cgroup_names;
  const learned: [bigint, string][] = [];
  const bytes = new Uint8Array(layout.SIZE);
  const out = new DataView(bytes.buffer);
  out.setUint16(LAYOUT.event.type, WIRE.CGROUP_NAMES, true);
  out.setUint16(LAYOUT.event.size, layout.SIZE, true);
  out.setBigUint64(LAYOUT.event.cgroup_id, 42n, true);
  const names = ['c'.repeat(WIRE.CGROUP_NAME - 1), 'pod\x1b', 'kubepods'];
  for (const [i, name] of names.entries()) bytes.set(Buffer.from(name), layout.names + i * WIRE.CGROUP_NAME);
  const events: KernelEvent[] = [];
  const decoder = new Decoder(bytes, {...context, learnCgroup: (...told) => learned.push(told)});
  for (const depth of [3, 0, 1e9]) {
    out.setUint32(layout.depth, depth, true);
    decoder.decode(layout.SIZE, events);
  }
  t.deepEqual(events, []);
  t.deepEqual(learned.slice(0, 2), [
    [42n, `/kubepods/pod\x1b/${names[0]}`],
    [42n, '/'],
  ]);
  t.is(learned[2]?.[1].split('/').length, 1 + WIRE.CGROUP_DEPTH);
  new Decoder(bytes, context).decode(layout.SIZE, events);
});
