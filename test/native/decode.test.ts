import test from 'ava';
import {WallClock} from '../../src/native/clock.ts';
import {CommCache} from '../../src/native/comm.ts';
import {Decoder, formatIPv6} from '../../src/native/decode.ts';
import {BOUNDS_US, CELLS} from '../../src/native/snapshot.ts';
import {LAYOUT, WIRE} from '../../src/native/wire.gen.ts';
import type {KernelEvent, SchedLatencyEvent} from '../../src/types/stream.ts';

const clock = new WallClock();
const context = {clock, schedCritNs: 10_000_000, blockCritNs: 1e9, cgroupPath: (id: bigint) => `/cg${id}`};

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
  const buffer = new Uint8Array(4096);
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
