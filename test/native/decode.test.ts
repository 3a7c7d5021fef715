import test from 'ava';
import {WallClock} from '../../src/native/clock.ts';
import {CommCache} from '../../src/native/comm.ts';
import {Decoder} from '../../src/native/decode.ts';
import {formatIPv6} from '../../src/native/events/records.ts';
import {BOUNDS_US, CELLS} from '../../src/native/snapshot.ts';
import {LAYOUT, WIRE} from '../../src/native/wire.gen.ts';
import type {KernelEvent, SchedLatencyEvent, SyscallSlowEvent, VfsSlowEvent} from '../../src/types/stream.ts';

const clock = new WallClock();
const context = {
  clock,
  critNs: {sched: 10_000_000, block: 1e9, vfs: 1e9, syscall: 1e9},
  cgroupPath: (id: bigint) => `/cg${id}`,
};

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function schedRecord(latencyNs: bigint, comm: Uint8Array | string): Uint8Array {
  const bytes = new Uint8Array(LAYOUT.sched_event.SIZE);
  const out = view(bytes);
  out.setUint16(LAYOUT.event.type, WIRE.SCHED_LATENCY, true);
  out.setUint16(LAYOUT.event.size, bytes.length, true);
  out.setUint32(LAYOUT.event.cpu, 3, true);
  out.setBigUint64(LAYOUT.event.mono_ns, 2n ** 60n + 1n, true);
  out.setBigUint64(LAYOUT.event.cgroup_id, 7n, true);
  out.setUint32(LAYOUT.event.pid, 11, true);
  out.setUint32(LAYOUT.event.flags, WIRE.HAS_TASK | WIRE.HAS_CGROUP, true);
  bytes.set(typeof comm === 'string' ? Buffer.from(comm) : comm, LAYOUT.event.comm);
  out.setBigUint64(LAYOUT.sched_event.latency_ns, latencyNs, true);
  return bytes;
}

function decode(...records: Uint8Array[]): KernelEvent[] {
  const buffer = new Uint8Array(65_536);
  let length = 0;
  for (const record of records) {
    buffer.set(record, length);
    length += record.length;
  }
  const events: KernelEvent[] = [];
  new Decoder(buffer, context).decode(length, events);
  return events;
}

test('a record becomes the event that its bytes say', (t) => {
  const [event] = decode(schedRecord(2_450_001n, 'myapp')) as SchedLatencyEvent[];
  t.like(event, {cpu: 3, pid: 11, comm: 'myapp', latency_us: 2450.001, severity: 'warning', cgroup: '/cg7'});
  t.is(event?.mono_ns, String(2n ** 60n + 1n), 'monotonic time stays exact beyond 2^53');
  t.is(event?.uid, undefined, 'what the kernel did not know is absent');
});

function syscallRecord(number: bigint, ret: bigint, flags: number): Uint8Array {
  const layout = LAYOUT.syscall_event;
  const bytes = new Uint8Array(layout.SIZE);
  const out = view(bytes);
  out.setUint16(LAYOUT.event.type, WIRE.SYSCALL_SLOW, true);
  out.setUint16(LAYOUT.event.size, bytes.length, true);
  out.setBigUint64(layout.latency_ns, 12_345_678n, true);
  out.setBigInt64(layout.ret, ret, true);
  out.setBigInt64(layout.number, number, true);
  out.setUint32(layout.syscall_flags, flags, true);
  return bytes;
}

test('a slow system call: name, return value and error by name', (t) => {
  const arch = process.arch === 'x64';
  const fields = (number: bigint, ret: bigint, flags = 0) => {
    const [event] = decode(syscallRecord(number, ret, flags)) as SyscallSlowEvent[];
    const {syscall, syscall_name, ret: result, errno, severity, latency_us} = event!;
    t.is(latency_us, 12_345.678);
    return [syscall, syscall_name, result, errno, severity];
  };
  if (arch) t.deepEqual(fields(74n, 0n), [74, 'fsync', 0, undefined, 'warning']);
  if (arch) t.deepEqual(fields(3n, 5n, WIRE.SYSCALL_COMPAT), [3, 'read (32-bit)', 5, undefined, 'warning']);
  t.deepEqual(fields(-1n, -38n), [-1, 'syscall_-1', -38, 'ENOSYS', 'warning']);
  t.deepEqual(fields(451n, -512n, WIRE.SYSCALL_IS_WAIT), [451, 'cachestat', -512, 'ERESTARTSYS', 'info']);
  t.deepEqual(fields(451n, -4095n).slice(2, 4), [-4095, 'errno_4095']);
  t.deepEqual(fields(451n, -4096n).slice(2, 4), [-4096, undefined], 'no error');
  t.deepEqual(fields(451n, 0x00ff_ffff_f7a0_0000n).slice(2, 4), [undefined, undefined], 'beyond 2^53');
});

/** A drop's record: fields by name, and 16-byte addresses. */
function dropRecord(fields: Partial<Record<keyof typeof LAYOUT.drop_event, number | bigint | string>>): Uint8Array {
  const layout = LAYOUT.drop_event;
  const bytes = new Uint8Array(layout.SIZE);
  const out = view(bytes);
  out.setUint16(LAYOUT.event.type, WIRE.PACKET_DROP, true);
  out.setUint16(LAYOUT.event.size, bytes.length, true);
  for (const [name, value] of Object.entries(fields)) {
    const at = layout[name as keyof typeof layout];
    if (typeof value === 'string') bytes.set(Buffer.from(value, 'latin1'), at);
    else if (typeof value === 'bigint') out.setBigUint64(at, value, true);
    else if (['sport', 'dport', 'family', 'protocol'].includes(name)) out.setUint16(at, value, true);
    else out.setUint32(at, value, true);
  }
  return bytes;
}

test('a dropped packet: what its headers say, and nothing that they don’t', (t) => {
  const flags = WIRE.DROP_HAS_ADDRESSES | WIRE.DROP_HAS_PORTS;
  const four = {
    reason: 6,
    drop_class: WIRE.DROP_FAULT,
    netns: 4026531840,
    location: 0xffffffff81234567n,
    drop_flags: flags,
  };
  const [event] = decode(
    dropRecord({
      ...four,
      protocol: 0x800,
      ip_protocol: 17,
      family: 2,
      sport: 53,
      dport: 4321,
      saddr: '\n\0\0\x01',
      device: 'eth0',
    }),
  );
  t.like(event, {type: 'PACKET_DROP', severity: 'warning', class: 'fault', reason: 'REASON_6', protocol: 'UDP'});
  t.like(event, {saddr: '10.0.0.1', daddr: '0.0.0.0', sport: 53, dport: 4321, device: 'eth0', netns: 4026531840});
  t.like(event, {location: '0xffffffff81234567', pid: undefined, uid: undefined, cgroup: undefined});
  const [six] = decode(
    dropRecord({
      drop_class: WIRE.DROP_POLICY,
      drop_flags: WIRE.DROP_HAS_ADDRESSES,
      protocol: 0x86dd,
      ip_protocol: 58,
      family: 10,
      saddr: `\xfd${'\0'.repeat(14)}\x01`,
    }),
  );
  t.like(six, {severity: 'info', class: 'policy', protocol: 'ICMPv6', saddr: 'fd00::1', daddr: '::'});
  t.like(six, {sport: undefined, dport: undefined, device: undefined, netns: undefined});
  const names = [
    [0x806, 0, 0, 'ARP'],
    [0x800, 6, 0, 'IPv4'],
    [0x800, 200, WIRE.DROP_HAS_ADDRESSES, 'IPv4/200'],
    [0x1234, 0, 0, '0x1234'],
    [0, 0, 0, '0x0000'],
  ] as const;
  for (const [protocol, ip_protocol, drop_flags, name] of names) {
    const [each] = decode(dropRecord({protocol, ip_protocol, drop_flags}));
    t.like(each, {protocol: name, class: 'normal'});
  }
});

test('a major fault: its address, and a latency only where one was measured', (t) => {
  const layout = LAYOUT.fault_event;
  const record = (address: bigint, latencyNs: bigint) => {
    const bytes = new Uint8Array(layout.SIZE);
    const out = view(bytes);
    out.setUint16(LAYOUT.event.type, WIRE.PAGE_FAULT, true);
    out.setUint16(LAYOUT.event.size, bytes.length, true);
    out.setBigUint64(layout.address, address, true);
    out.setBigUint64(layout.latency_ns, latencyNs, true);
    return bytes;
  };
  const [plain, timed] = decode(record(0x7fff_ffff_f000n, 0n), record(0xff00_0000_0000_0001n, 1_500n));
  t.like(plain, {type: 'PAGE_FAULT', subsystem: 'memory', severity: 'info', address: '0x7ffffffff000'});
  t.false('latency_us' in plain);
  t.like(timed, {address: '0xff00000000000001', latency_us: 1.5});
});

test('a wait to free memory: whose was short, critical from 100 ms on, and an order where it is known', (t) => {
  const layout = LAYOUT.reclaim_event;
  const record = (latencyNs: bigint, reclaim: number, order: number) => {
    const bytes = new Uint8Array(layout.SIZE);
    const out = view(bytes);
    out.setUint16(LAYOUT.event.type, WIRE.RECLAIM_STALL, true);
    out.setUint16(LAYOUT.event.size, bytes.length, true);
    out.setBigUint64(layout.latency_ns, latencyNs, true);
    out.setBigUint64(layout.reclaimed_bytes, 131_072n, true);
    out.setUint32(layout.reclaim, reclaim, true);
    out.setInt32(layout.order, order, true);
    return bytes;
  };
  const all = decode(record(99_999_999n, WIRE.RECLAIM_MEMCG, 0), record(100_000_000n, WIRE.RECLAIM_DIRECT, -1));
  t.like(all[0], {type: 'RECLAIM_STALL', subsystem: 'memory', severity: 'warning', latency_us: 99_999.999});
  t.like(all[0], {reclaim: 'memcg', order: 0, reclaimed_bytes: 131_072});
  t.like(all[1], {severity: 'critical', reclaim: 'direct'});
  t.false('order' in (all[1] ?? {}));
});

interface VfsRecord {
  flags: number;
  names?: string[];
  mode?: number;
  magic?: bigint;
  cut?: string;
}

function vfsRecord({flags, names = [], mode = 0o100644, magic = 0xef53n, cut = ''}: VfsRecord): Uint8Array {
  const layout = LAYOUT.vfs_event;
  const bytes = new Uint8Array(layout.SIZE);
  const out = view(bytes);
  const text = Buffer.from(names.map((name) => `${name}\0`).join('') + cut);
  out.setUint16(LAYOUT.event.type, WIRE.VFS_SLOW, true);
  out.setUint16(LAYOUT.event.size, bytes.length, true);
  out.setBigUint64(layout.latency_ns, 7_000_000n, true);
  out.setBigUint64(layout.inode, 2n ** 60n + 1n, true);
  out.setBigUint64(layout.size_bytes, 4096n, true);
  out.setBigUint64(layout.magic, magic, true);
  out.setUint32(layout.op, WIRE.VFS_WRITE, true);
  out.setUint32(layout.mode, mode, true);
  out.setUint32(layout.vfs_flags, flags, true);
  out.setUint32(layout.names_bytes, text.length, true);
  bytes.set(Buffer.from('ext4'), layout.fs);
  bytes.set(text, layout.names);
  return bytes;
}

test('a slow file: path and type as far as they are known', (t) => {
  const {VFS_HAS_FILE, VFS_HAS_SIZE, VFS_IS_WAIT, VFS_PATH_ENDS, VFS_PATH_CUT, VFS_DELETED} = WIRE;
  const of = (record: VfsRecord) => decode(vfsRecord(record))[0] as VfsSlowEvent;
  const file = VFS_HAS_FILE | VFS_PATH_ENDS;
  const whole = of({flags: file | VFS_HAS_SIZE, names: ['data', 'db', 'var']});
  t.like(whole, {op: 'write', path: '/var/db/data', name: 'data', fs: 'ext4', inode: String(2n ** 60n + 1n)});
  t.like(whole, {latency_us: 7000, size_bytes: 4096, file_type: 'regular', subsystem: 'vfs'});
  t.is(of({flags: file}).path, '/');
  t.false('size_bytes' in of({flags: file}));
  t.is(of({flags: file | VFS_DELETED, names: ['x']}).path, '/x (deleted)');
  // The folder whose name was cut is left out.
  t.is(of({flags: VFS_HAS_FILE | VFS_PATH_CUT, names: ['x', 'in'], cut: 'half of'}).path, '…/in/x');
  const memfd = of({flags: VFS_HAS_FILE, names: ['memfd:x']});
  t.like(memfd, {name: 'memfd:x', path: undefined});
  const gone = of({flags: VFS_HAS_SIZE});
  t.deepEqual([gone.file_type, 'fs' in gone, 'inode' in gone, 'path' in gone], ['other', false, false, false]);
  const types = [0o140777, 0o010600, 0o020620, 0o060660, 0o040755].map((mode) => of({flags: file, mode}).file_type);
  t.deepEqual(types, ['socket', 'pipe', 'char', 'block', 'directory']);
  t.is(of({flags: file, magic: 0x09041934n}).file_type, 'other', 'an eventfd calls itself regular');
  t.is(of({flags: file | VFS_IS_WAIT}).severity, 'info');
});

test('a lock-up: its stack by name, its owner only where the stack is the task’s own', (t) => {
  const layout = LAYOUT.lockup_event;
  const names = new Map([
    [1n, 'found+0x1'],
    [2n, 'asm_sysvec_apic_timer_interrupt+0x16'],
    [3n, 'spin+0x3'],
    [4n, 'handle_softirqs+0x4'],
  ]);
  const record = (kind: number, flags: number, stack: bigint[], frames = stack.length) => {
    const bytes = new Uint8Array(layout.SIZE);
    const out = view(bytes);
    out.setUint16(LAYOUT.event.type, WIRE.LOCKUP, true);
    out.setUint16(LAYOUT.event.size, bytes.length, true);
    out.setUint32(LAYOUT.event.cpu, 5, true);
    out.setUint32(LAYOUT.event.pid, 11, true);
    out.setUint32(LAYOUT.event.tid, 12, true);
    out.setUint32(LAYOUT.event.flags, WIRE.HAS_TASK, true);
    bytes.set(Buffer.from('stuck'), LAYOUT.event.comm);
    out.setUint32(layout.kind, kind, true);
    out.setUint32(layout.lockup_flags, flags, true);
    out.setBigUint64(layout.stuck_ns, 10_000_600_000n, true);
    out.setBigUint64(layout.jiffies, 777n, true);
    out.setUint32(layout.frames, frames, true);
    for (const [i, address] of stack.entries()) out.setBigUint64(layout.stack + i * 8, address, true);
    return bytes;
  };
  const ticks: number[] = [];
  const buffer = new Uint8Array(8192);
  const more = {
    ...context,
    symbol: (address: bigint) => names.get(address) ?? `0x${address.toString(16)}`,
    tick: (_: number, jiffies: number) => ticks.push(jiffies),
  };
  const one = (bytes: Uint8Array) => {
    buffer.set(bytes);
    const events: KernelEvent[] = [];
    new Decoder(buffer, more).decode(bytes.length, events);
    return events[0];
  };
  const soft = one(record(WIRE.SOFT_LOCKUP, WIRE.LOCKUP_HAS_STUCK, [3n]));
  t.like(soft, {type: 'SOFT_LOCKUP', subsystem: 'lockup', severity: 'critical', cpu: 5, stuck_ms: 10_001});
  t.like(soft, {pid: 11, tid: 12, comm: 'stuck', stack: ['spin+0x3']});
  const softirq = one(record(WIRE.SOFT_LOCKUP, 0, [3n, 4n]));
  t.false('pid' in softirq || 'comm' in softirq || 'stuck_ms' in softirq);
  const hung = one(record(WIRE.HUNG_TASK, 0, []));
  t.like(hung, {type: 'HUNG_TASK', severity: 'warning', pid: 11});
  t.false('stack' in hung);
  t.deepEqual(ticks, []);
  const stall = one(record(WIRE.RCU_STALL, WIRE.LOCKUP_SELF, [1n, 2n, 3n]));
  t.like(stall, {type: 'RCU_STALL', severity: 'critical', pid: 11, stack: ['spin+0x3']});
  t.deepEqual(ticks, [777]);
  t.is(
    (one(record(WIRE.HUNG_TASK, 0, [9n], 1000)) as {stack?: string[]}).stack?.length,
    32,
    'no frame beyond the record',
  );
});

test('severity follows the critical threshold, inclusive', (t) => {
  const severities = decode(schedRecord(9_999_999n, 'a'), schedRecord(10_000_000n, 'a')).map((event) => event.severity);
  t.deepEqual(severities, ['warning', 'critical']);
});

test('a record that cannot be is refused, never skipped silently', (t) => {
  const short = schedRecord(1n, 'a');
  view(short).setUint16(LAYOUT.event.size, 8, true);
  t.throws(() => decode(short));
  const alien = schedRecord(1n, 'a');
  view(alien).setUint16(LAYOUT.event.type, 999, true);
  t.throws(() => decode(alien));
});

test('task names that look alike as doubles stay apart', (t) => {
  const cache = new CommCache();
  const get = (...bytes: number[]): string => {
    const all = new Uint8Array(16);
    all.set(bytes);
    return cache.get(view(all), 0);
  };
  const nan = (last: number): number[] => [97, last, 97, 97, 97, 97, 0xf8, 0x7f];
  t.not(get(...nan(98)), get(...nan(99)), 'NaN patterns');
  t.not(get(0x61), get(0x62));
  t.is(get(), '');
  const minusZero = get(0, 0, 0, 0, 0, 0, 0, 0x80);
  t.is(minusZero, '', 'a name ends at its first NUL');
  const second = (last: number): string => get(97, 97, 97, 97, 97, 97, 97, 97, 0, 0, 0, 0, 0, 0, 0, last);
  t.is(second(0), second(0x80));
  t.is(get(0xff, 0xfe, 97), '\ufffd\ufffda', 'invalid UTF-8 is replaced');
});

test('IPv6 addresses follow RFC 5952', (t) => {
  const text = (...groups: number[]): string => {
    const bytes = new Uint8Array(16);
    groups.forEach((group, i) => {
      view(bytes).setUint16(i * 2, group, false);
    });
    return formatIPv6(view(bytes), 0);
  };
  t.is(text(0, 0, 0, 0, 0, 0, 0, 1), '::1');
  t.is(text(0, 0, 0, 0, 0, 0, 0, 0), '::');
  t.is(text(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1');
  t.is(text(0x2001, 0, 0, 1, 0, 0, 0, 1), '2001:0:0:1::1');
  t.is(text(0xfe80, 0, 0, 0, 0, 0, 0, 0), 'fe80::');
});

test('wall time is monotonic time plus the offset, to the nanosecond', (t) => {
  const wall = new WallClock();
  wall.sync([5n, 1_769_862_896_123_456_789n]);
  t.is(wall.format(5n), '2026-01-31T12:34:56.123456789Z');
  t.is(wall.format(5n - 123_456_790n), '2026-01-31T12:34:55.999999999Z');
  t.is(wall.format(6n), '2026-01-31T12:34:56.123456790Z');
});

test('histogram bounds: 1 us to 67 s, four an octave, strictly rising', (t) => {
  t.is(BOUNDS_US.length, CELLS - 1);
  t.deepEqual(BOUNDS_US.slice(0, 10), [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5]);
  t.is(BOUNDS_US.at(-1), 2 ** 26);
  t.true(BOUNDS_US.every((bound, i) => i === 0 || bound > (BOUNDS_US[i - 1] ?? 0)));
});
