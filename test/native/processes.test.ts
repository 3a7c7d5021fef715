import test from 'ava';
import {busiest, byCgroup, taskState} from '../../src/native/processes.ts';
import {LAYOUT} from '../../src/native/wire.gen.ts';

interface Process {
  pid: number;
  cpuNs?: number;
  known?: boolean;
  comm?: string;
  growth?: number;
  state?: number;
  cgroup?: number;
  delayNs?: number;
  threads?: number;
}

function snapshot(...processes: Process[]): DataView {
  const [head, layout] = [LAYOUT.snapshot, LAYOUT.group_row];
  const view = new DataView(new ArrayBuffer(head.SIZE + processes.length * layout.SIZE));
  view.setUint32(head.rows, processes.length, true);
  view.setUint32(head.row_bytes, layout.SIZE, true);
  for (const [i, process] of processes.entries()) {
    const {pid, cpuNs = 0, known = true, comm = 'a', growth = 0, state = 1} = process;
    const {cgroup = 1, delayNs = 0, threads = 1} = process;
    const at = head.SIZE + i * layout.SIZE;
    view.setUint32(at + layout.pid, pid, true);
    view.setUint32(at + layout.known, known ? 1 : 0, true);
    view.setUint32(at + layout.state, state, true);
    view.setUint32(at + layout.threads, threads, true);
    view.setBigUint64(at + layout.cgroup_id, BigInt(cgroup), true);
    view.setBigUint64(at + layout.delay_ns, BigInt(delayNs), true);
    view.setBigUint64(at + layout.cpu_ns, BigInt(cpuNs), true);
    view.setBigInt64(at + layout.rss_growth, BigInt(growth), true);
    new Uint8Array(view.buffer, at + layout.comm, 16).set(Buffer.from(comm));
  }
  return view;
}

test('the busiest come first, of equals the first ones, and all when there is room', (t) => {
  const view = snapshot({pid: 1, cpuNs: 5}, {pid: 2, cpuNs: 9e15}, {pid: 3, cpuNs: 5}, {pid: 4}, {pid: 5, cpuNs: 7});
  const pids = (most: number) => busiest(view, most).processes.map(({pid}) => pid);
  t.deepEqual(pids(3), [2, 5, 1]);
  t.deepEqual(pids(100), [2, 5, 1, 3, 4]);
  t.is(busiest(view, 1).all, 5);
  t.deepEqual(busiest(snapshot(), 10), {processes: [], all: 0});
});

test('a process that has no figures yet is no busy one', (t) => {
  const view = snapshot({pid: 1, cpuNs: 1e12, known: false}, {pid: 2, cpuNs: 1});
  t.deepEqual(
    busiest(view, 2).processes.map(({pid, known}) => [pid, known]),
    [
      [2, true],
      [1, false],
    ],
  );
});

test('figures beyond 32 bits, shrinking memory, names without an end', (t) => {
  const [row] = busiest(snapshot({pid: 7, cpuNs: 2 ** 40 + 1, growth: -4096, comm: '0123456789abcdef'}), 1).processes;
  t.like(row, {cpuNs: 2 ** 40 + 1, rssGrowthBytes: -4096, comm: '0123456789abcdef'});
});

test('sums by cgroup: who lives, and whether all of it is known', (t) => {
  const view = snapshot(
    {pid: 1, cgroup: 2 ** 40, delayNs: 2 ** 33, threads: 4},
    {pid: 2, cgroup: 7, delayNs: 1, known: false},
    {pid: 3, cgroup: 2 ** 40, delayNs: 5},
    {pid: 4, cgroup: 7, state: 0x20},
  );
  t.deepEqual(byCgroup(view), [
    {cgroup: 2n ** 40n, processes: 2, threads: 5, delayNs: 2 ** 33 + 5, isKnown: true},
    {cgroup: 7n, processes: 1, threads: 1, delayNs: 1, isKnown: false},
  ]);
  t.is(byCgroup(snapshot()), undefined, 'there was no pass');
});

test('states as the kernel has them', (t) => {
  t.deepEqual([0, 1, 2, 0x402, 0x102, 4, 8, 0x20, 0x10, 0x80, 0x40].map(taskState), [
    'running',
    'sleeping',
    'uninterruptible',
    'idle',
    'uninterruptible',
    'stopped',
    'traced',
    'zombie',
    'dead',
    'dead',
    'parked',
  ]);
});
