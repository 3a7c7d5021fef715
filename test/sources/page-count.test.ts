import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {LAYOUT} from '../../src/native/wire.gen.ts';
import {CodeMap} from '../../src/sources/focus/maps.ts';
import {PageCount, type PageHands} from '../../src/sources/focus/pages.ts';

interface Row {
  bytes?: number;
  allocations?: number;
  /** Addresses; none: unknown. */
  kernel?: number[];
  user?: number[];
}

const head = LAYOUT.snapshot;
const layout = LAYOUT.pages_row;

/** A snapshot with what was lost and these rows; stacks are numbered as they come. */
function snapshot(rows: readonly Row[], lost = {bytes: 0, allocations: 0, stacks: 0}): DataView {
  const view = new DataView(new ArrayBuffer(head.SIZE + (rows.length + 1) * layout.SIZE));
  view.setUint32(head.rows, rows.length + 1, true);
  view.setUint32(head.row_bytes, layout.SIZE, true);
  const set = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  set(head.SIZE + layout.bytes, lost.bytes);
  set(head.SIZE + layout.allocations, lost.allocations);
  set(head.SIZE + layout.lost_stacks, lost.stacks);
  view.setUint32(head.SIZE + layout.lost, 1, true);
  rows.forEach(({bytes = 4096, allocations = 1, kernel, user}, i) => {
    const at = head.SIZE + (i + 1) * layout.SIZE;
    set(at + layout.bytes, bytes);
    set(at + layout.allocations, allocations);
    set(at + layout.kernel_id, kernel ? i + 1 : 0);
    set(at + layout.user_id, user ? 1000 + (user[0] as number) : 0);
    for (const [n, address] of kernel?.entries() ?? []) set(at + layout.kernel + n * 8, address);
    for (const [n, address] of user?.entries() ?? []) set(at + layout.user + n * 8, address);
  });
  return view;
}

const NAMES: Record<number, string> = {
  1: 'bpf_prog_1_page_alloc+0x3 [bpf]',
  2: 'bpf_trace_run4+0x5',
  3: 'bpf_trace_run4+0x77',
  4: '__alloc_pages_noprof+0x1',
  5: 'do_anonymous_page+0x9',
  6: 'handle_softirqs+0x3',
};

/** A count whose probe does as it is told, with what was asked of it. */
function counting(forMs?: number) {
  const calls: string[] = [];
  const probe = {on: false, reason: undefined as string | undefined, problem: undefined as string | undefined};
  const hands: PageHands = {
    isOn: () => probe.on,
    reason: () => probe.reason,
    turn: (on) => {
      calls.push(on ? 'on' : 'off');
      probe.on = on && probe.problem === undefined;
      return on ? probe.problem : undefined;
    },
    count: (pid) => calls.push(`count ${pid}`),
    symbol: (address) => NAMES[Number(address)] ?? `0x${address.toString(16)}`,
    code: () => CodeMap.parse('1000-2000 r-xp 00000000 08:01 1 /bin/worker\n'),
  };
  const count = new PageCount(hands, forMs);
  const read = (...rows: Row[]) => {
    count.read(snapshot(rows));
    return count.take();
  };
  return {count, calls, probe, read};
}

test('a key begins, the same ends; what has ended is told once more', (t) => {
  const {count, calls, read} = counting();
  t.is(count.key(), 'no process is looked into, or it has ended');
  count.turnTo(7);
  t.is(read(), undefined, 'nobody asked');
  t.is(count.key(), undefined);
  t.deepEqual(calls, ['count 7', 'on']);
  t.like(read({bytes: 8192, kernel: [5]}), {bytes: 8192, ended: undefined});
  t.is(count.take(), undefined, 'each reading is told once');
  t.is(count.key(), undefined);
  t.deepEqual(calls, ['count 7', 'on', 'off']);
  t.like(read({bytes: 12_288, kernel: [5]}), {bytes: 12_288, ended: true, reason: undefined});
  t.is(read({bytes: 12_288, kernel: [5]}), undefined);
  t.deepEqual(calls, ['count 7', 'on', 'off', 'count 0']);
});

test('it ends by itself after its time', async (t) => {
  const {count, calls, probe, read} = counting(20);
  count.turnTo(7);
  count.key();
  for (let i = 0; i < 400 && probe.on; i++) await delay(5);
  t.deepEqual(calls, ['count 7', 'on', 'off']);
  const told = read();
  t.is(told?.ended, true);
  t.true(told!.duration_ms >= 20);
});

test('it ends with the look at the process, and nothing of it is told of another', (t) => {
  for (const next of [0, 8]) {
    const {count, calls, read} = counting();
    count.turnTo(7);
    count.key();
    count.turnTo(next);
    t.deepEqual(calls, ['count 7', 'on', 'off', 'count 0']);
    t.is(read({kernel: [5]}), undefined);
  }
});

test('a probe that cannot be attached says why, and counts nobody', (t) => {
  const {count, calls, probe, read} = counting();
  probe.problem = 'pages: not here';
  count.turnTo(7);
  t.is(count.key(), 'pages: not here');
  t.deepEqual(calls, ['count 7', 'on', 'count 0']);
  t.is(read(), undefined);
});

test('paused by the governor it ends, with the reason, and is not tried again', (t) => {
  const {count, calls, probe, read} = counting();
  count.turnTo(7);
  count.key();
  probe.on = false;
  probe.reason = 'paused by the overhead governor';
  t.like(read({kernel: [5]}), {ended: true, reason: 'paused by the overhead governor', bytes: 4096});
  t.deepEqual(calls, ['count 7', 'on', 'off', 'count 0']);
});

test('a probe that is on by itself counts whoever is looked into, until it is off', (t) => {
  const {count, calls, probe, read} = counting();
  probe.on = true;
  t.is(read(), undefined);
  count.turnTo(7);
  t.is(read(), undefined, 'it begins with the first reading');
  t.like(read({kernel: [5]}), {bytes: 4096});
  count.turnTo(8);
  t.is(read(), undefined);
  t.like(read({kernel: [5]}), {bytes: 4096, ended: undefined});
  probe.on = false;
  t.like(read({kernel: [5]}), {ended: true, reason: undefined});
  t.deepEqual(calls, ['count 7', 'count 0', 'count 8', 'count 0'], 'what it did not attach it leaves');
  probe.on = true;
  read();
  t.is(count.key(), undefined);
  t.false(probe.on, 'the key ends that too');
});

test('stacks of the same functions are one, the largest first', (t) => {
  const {count, read} = counting();
  count.turnTo(7);
  count.key();
  const told = read(
    {bytes: 4096, kernel: [1, 2, 4, 5], user: [0x1010, 0x9999]},
    {bytes: 8192, allocations: 2, kernel: [1, 3, 4, 5], user: [0x1010, 0x9999]},
    {bytes: 4096, kernel: [1, 2, 4, 5], user: [0x1020]},
    {bytes: 65_536, allocations: 5},
  );
  const kernel = ['__alloc_pages_noprof+0x1', 'do_anonymous_page+0x9'];
  t.like(told, {bytes: 81_920, allocations: 9, lost_bytes: 0, lost_allocations: 0, lost_stacks: 0});
  t.deepEqual(told?.stacks, [
    {bytes: 65_536, allocations: 5},
    {bytes: 12_288, allocations: 3, kernel, user: ['worker+0x10', '0x9999']},
    {bytes: 4096, allocations: 1, kernel, user: ['worker+0x20']},
  ]);
});

test('an interrupt’s pages are nobody’s; what had no room is in the sums', (t) => {
  const {count} = counting();
  count.turnTo(7);
  count.key();
  count.read(
    snapshot([{kernel: [2, 4, 6]}, {kernel: [2, 4, 5]}, {kernel: [0xffff, 0xfffe]}], {
      bytes: 40_960,
      allocations: 10,
      stacks: 3,
    }),
  );
  const told = count.take();
  t.like(told, {bytes: 49_152, allocations: 12, lost_bytes: 40_960, lost_allocations: 10, lost_stacks: 3});
  t.deepEqual(
    told?.stacks.map(({kernel}) => kernel),
    [
      ['__alloc_pages_noprof+0x1', 'do_anonymous_page+0x9'],
      ['0xffff', '0xfffe'],
    ],
    'without names nobody can tell',
  );
});

test('fifty stacks at most, all in the sums', (t) => {
  const {count, read} = counting();
  count.turnTo(7);
  count.key();
  const told = read(...Array.from({length: 200}, (_, i) => ({bytes: 4096 * (i + 1), kernel: [4, 10_000 + i]})));
  t.is(told?.stacks.length, 50);
  t.is(told?.stacks[0]?.bytes, 4096 * 200);
  t.is(told?.bytes, (4096 * 200 * 201) / 2);
});
