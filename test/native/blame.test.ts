import test from 'ava';
import {WallClock} from '../../src/native/clock.ts';
import {Decoder} from '../../src/native/decode.ts';
import {LAYOUT, WIRE} from '../../src/native/wire.gen.ts';
import type {KernelEvent, SchedLatencyEvent} from '../../src/types/stream.ts';

const layout = LAYOUT.sched_event;
const SWITCHES = (layout.SIZE - layout.switches) / LAYOUT.switch.SIZE;
/** When the newest switch is, on a clock of a host that has been up for long: nanoseconds, beyond 2^53. */
const NOW = 2n ** 53n + 12_345_679n;
const IDLE: [pid: number, comm: string] = [0, 'swapper/0'];
const MS = 1_000_000;

/** A stretch that ends with the next one's begin, the last with the wait: who had the CPU, and for how long (ns). */
type Stretch = [pid: number, comm: string, ns: number, skipped?: 'its end was not seen'];

interface Wait {
  /** Nanoseconds, as all others. */
  latency: number;
  throttled?: number;
  /** The part on the last CPU; all of it where not said. */
  here?: number;
  cause?: number;
  seen?: number;
  /** Index of the newest switch in the ring. */
  newest?: number;
  /** Switches that the record carries: all that a CPU remembers where not said. */
  count?: number;
}

/** A wait's record after these stretches, the oldest first; the ring holds the newest of them. */
function waitRecord(stretches: readonly Stretch[], wait: Wait): Uint8Array {
  const count = wait.count ?? SWITCHES;
  const bytes = new Uint8Array(layout.switches + count * LAYOUT.switch.SIZE);
  const out = new DataView(bytes.buffer);
  const newest = wait.newest ?? 5;
  out.setUint16(LAYOUT.event.type, WIRE.SCHED_LATENCY, true);
  out.setUint16(LAYOUT.event.size, bytes.length, true);
  out.setUint32(LAYOUT.event.pid, 11, true);
  out.setUint32(LAYOUT.event.flags, WIRE.HAS_TASK, true);
  out.setBigUint64(layout.latency_ns, BigInt(wait.latency), true);
  out.setBigUint64(layout.throttled_ns, BigInt(wait.throttled ?? 0), true);
  out.setBigUint64(layout.queued_ns, NOW - BigInt(wait.here ?? wait.latency), true);
  out.setUint32(layout.cause, wait.cause ?? WIRE.CAUSE_QUEUE, true);
  out.setUint32(layout.seen, wait.seen ?? 1, true);
  out.setUint32(layout.newest, newest, true);
  let at = NOW;
  let next: readonly [number, string] = [11, 'victim'];
  const put = (back: number, before?: Stretch) => {
    const place = layout.switches + ((newest - back + count) % count) * LAYOUT.switch.SIZE;
    out.setBigUint64(place + LAYOUT.switch.at_ns, at, true);
    out.setUint32(place + LAYOUT.switch.pid, next[0], true);
    out.setUint32(place + LAYOUT.switch.prev_pid, before?.[3] ? 999 : (before?.[0] ?? 1), true);
    bytes.set(Buffer.from(next[1], 'latin1'), place + LAYOUT.switch.comm);
  };
  stretches.toReversed().forEach((stretch, back) => {
    if (back < count) put(back, stretch);
    at -= BigInt(stretch[2]);
    next = [stretch[0], stretch[1]];
  });
  if (stretches.length < count) put(stretches.length);
  return bytes;
}

function blameOf(stretches: readonly Stretch[], wait: Wait) {
  const buffer = waitRecord(stretches, wait);
  const events: KernelEvent[] = [];
  new Decoder(buffer, {
    clock: new WallClock(),
    critNs: {sched: 1e10, block: 1e9, vfs: 1e9, syscall: 1e9},
    cgroupPath: () => undefined,
  }).decode(buffer.length, events);
  const {culprits, covered_pct} = events[0] as SchedLatencyEvent;
  return {culprits: culprits?.map(({pid, comm, ran_us}) => [pid, comm, ran_us]), covered_pct};
}

test('one hog has all of a wait, however long it ran before', (t) => {
  const hog: Stretch[] = [[20, 'hog', 50 * MS]];
  t.deepEqual(blameOf(hog, {latency: 4_000_001}), {culprits: [[20, 'hog', 4000.001]], covered_pct: 100});
});

test('culprits come longest first, each with all its stretches, wherever the ring begins', (t) => {
  const stretches: Stretch[] = [
    [20, 'a\x1b[2J', 1 * MS],
    [30, '\xff\xfe', 4 * MS],
    [20, 'a\x1b[2J', 2 * MS],
    [30, '\xff\xfe', 3 * MS],
  ];
  for (let newest = 0; newest < SWITCHES; newest++)
    t.deepEqual(blameOf(stretches, {latency: 10 * MS, newest}), {
      culprits: [
        [30, '\ufffd\ufffd', 7000],
        [20, 'a\x1b[2J', 3000],
      ],
      covered_pct: 100,
    });
});

test('a record with only the newest switches explains as much', (t) => {
  const stretches = Array.from({length: 9}, (_, i): Stretch => [20 + i, 'hog', MS]);
  for (const newest of [4, 5, 6, 7]) {
    const {culprits, covered_pct} = blameOf(stretches, {latency: 3.5 * MS, newest, count: 8});
    t.deepEqual(
      culprits?.map(([pid, , us]) => [pid, us]),
      [
        [28, 1000],
        [27, 1000],
        [26, 1000],
        [25, 500],
      ],
    );
    t.is(covered_pct, 100);
  }
});

test('idle time is nobody’s, and so is what ended with a switch that was not seen', (t) => {
  const some: Stretch[] = [
    [20, 'hog', 5 * MS],
    [...IDLE, 3 * MS],
    [30, 'other', 2 * MS, 'its end was not seen'],
  ];
  t.deepEqual(blameOf(some, {latency: 8 * MS}), {culprits: [[20, 'hog', 3000]], covered_pct: 37.5});
  t.deepEqual(blameOf([[...IDLE, 9 * MS]], {latency: 8 * MS}), {culprits: undefined, covered_pct: 0});
});

test('under a new name, or as a new process of its number, it is another culprit', (t) => {
  const renamed: Stretch[] = [
    [20, 'before', 3 * MS],
    [20, 'after', 2 * MS],
  ];
  const culprits = [
    [20, 'before', 3000],
    [20, 'after', 2000],
  ];
  t.deepEqual(blameOf(renamed, {latency: 5 * MS}), {culprits, covered_pct: 100});
});

test('a ring that does not reach back to the start explains what it holds and no more', (t) => {
  const many = Array.from({length: 3 * SWITCHES}, (_, i): Stretch => [20 + (i % 2), 'pair', 1000]);
  const {culprits, covered_pct} = blameOf(many, {latency: 1000 * 3 * SWITCHES});
  t.deepEqual(
    culprits?.map(([, , us]) => us).reduce((a, b) => Number(a) + Number(b)),
    SWITCHES - 1,
  );
  t.is(covered_pct, Math.round(((SWITCHES - 1) / (3 * SWITCHES)) * 10_000) / 100);
  t.deepEqual(blameOf([], {latency: MS}), {culprits: undefined, covered_pct: 0}, 'a ring that has only begun');
});

test('only the last CPU’s part of a wait is known, and of a throttled one what came after', (t) => {
  const hog: Stretch[] = [[20, 'hog', 50 * MS]];
  t.deepEqual(blameOf(hog, {latency: 10 * MS, here: 4 * MS}), {culprits: [[20, 'hog', 4000]], covered_pct: 40});
  t.deepEqual(blameOf(hog, {latency: 10 * MS, throttled: 3 * MS}), {culprits: [[20, 'hog', 7000]], covered_pct: 70});
  t.deepEqual(blameOf(hog, {latency: 10 * MS, here: 0}), {culprits: undefined, covered_pct: 0});
});

test('where nobody can say, there is no share', (t) => {
  const hog: Stretch[] = [[20, 'hog', 50 * MS]];
  const nothing = {culprits: undefined, covered_pct: undefined};
  t.deepEqual(blameOf(hog, {latency: MS, seen: 0}), nothing);
  t.deepEqual(blameOf(hog, {latency: MS, cause: WIRE.CAUSE_THROTTLED}), nothing);
  t.deepEqual(blameOf(hog, {latency: MS, cause: WIRE.CAUSE_UNKNOWN}), nothing);
});

test('a clock that went backwards stops the walk', (t) => {
  const odd: Stretch[] = [
    [20, 'hog', 5 * MS],
    [30, 'other', -2 * MS],
    [40, 'last', 3 * MS],
  ];
  const {culprits, covered_pct} = blameOf(odd, {latency: 10 * MS});
  t.deepEqual(culprits, [[40, 'last', 3000]]);
  t.is(covered_pct, 30);
});
