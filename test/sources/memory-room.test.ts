import test, {type ExecutionContext} from 'ava';
import type {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {hostScope} from '../../src/sources/memory/detail.ts';
import {headroomOf} from '../../src/sources/memory/point.ts';
import {StandInTree} from './memory-tree.ts';

const MIB = 1 << 20;
const SWAP = {MemTotal: 1000, MemFree: 500, MemAvailable: 500, SwapTotal: 300, SwapFree: 200};

/** The room that is left to each cgroup, in MiB, at second `s`. */
function rooms(cgroups: MemoryCgroups, s: number): Record<string, number | undefined> {
  const {cgroups: read} = cgroups.read(s * 1000, 1000);
  const all = new Map(read.map((each) => [each.node, each]));
  return Object.fromEntries(read.map((each) => [each.node.path, headroomOf(each, all)! / MIB]));
}

function started(t: ExecutionContext, cgroups: MemoryCgroups): MemoryCgroups {
  cgroups.start(t);
  t.teardown(() => cgroups.stop(t));
  return cgroups;
}

/** Swap that a stand-in of version 2 may have and has, in MiB. */
function swap(tree: StandInTree, path: string, max: number | 'max', current: number): void {
  tree.write(path, 'memory.swap.max', `${max === 'max' ? max : max * MIB}\n`);
  tree.write(path, 'memory.swap.current', `${current * MIB}\n`);
}

test('stand-in files: the room is the least that a cgroup and all above it leave', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 80});
  tree.set('/a/b', {max: 90, current: 50});
  tree.set('/a/b/c', {max: 400, current: 10});
  tree.set('/a/d', {max: 15, current: 5});
  const cgroups = started(t, tree.cgroups());
  t.deepEqual(rooms(cgroups, 1), {'/a': 20, '/a/b': 20, '/a/b/c': 20, '/a/d': 10});
  tree.set('/a', {max: 300, current: 80});
  t.deepEqual(rooms(cgroups, 2), {'/a': 220, '/a/b': 40, '/a/b/c': 40, '/a/d': 10});
  tree.set('/a', {max: 'max', current: 80});
  t.deepEqual(rooms(cgroups, 3)['/a/b/c'], 40);
});

test('stand-in files: what may be swapped out is room, by the least of the host’s, its own and its ancestors’ allowance', (t) => {
  const tree = new StandInTree(t);
  for (const path of ['/free', '/some', '/none', '/all/one', '/all/two']) tree.set(path, {max: 100, current: 60});
  tree.set('/all', {current: 120});
  swap(tree, '/free', 'max', 10);
  swap(tree, '/some', 50, 20);
  swap(tree, '/none', 0, 0);
  swap(tree, '/all', 40, 30);
  swap(tree, '/all/one', 'max', 30);
  swap(tree, '/all/two', 5, 0);
  const cgroups = started(t, tree.cgroups(undefined, {meminfo: tree.host(SWAP)}));
  t.deepEqual(rooms(cgroups, 1), {'/free': 240, '/some': 70, '/none': 40, '/all/one': 50, '/all/two': 45});
  swap(tree, '/all', 'max', 30);
  t.is(rooms(cgroups, 2)['/all/one'], 240);
  tree.host({...SWAP, SwapTotal: 0, SwapFree: 0});
  t.deepEqual(rooms(cgroups, 3), {'/free': 40, '/some': 40, '/none': 40, '/all/one': 40, '/all/two': 40});
});

test('stand-in files: with a swappiness of 0 nothing is swapped out at a limit', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 60});
  swap(tree, '/a', 50, 20);
  const cgroups = started(t, tree.cgroups(undefined, {meminfo: tree.host(SWAP)}));
  t.deepEqual(rooms(cgroups, 1), {'/a': 70});
  tree.swappiness(0);
  t.deepEqual(rooms(cgroups, 2), {'/a': 40});
  tree.swappiness(1);
  t.deepEqual(rooms(cgroups, 3), {'/a': 70});
});

test('stand-in files: of what is swapped into memory only what compressing saves is room', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 60});
  swap(tree, '/a', 80, 40);
  const stat = (more: string) =>
    tree.write('/a', 'memory.stat', `active_anon ${50 * MIB}\ninactive_anon 0\nkernel ${10 * MIB}\n${more}`);
  stat('');
  const cgroups = started(t, tree.cgroups(undefined, {meminfo: tree.host(SWAP)}));
  t.deepEqual(rooms(cgroups, 1), {'/a': 80});
  stat(`zswap ${10 * MIB}\nzswapped ${40 * MIB}\n`);
  t.deepEqual(rooms(cgroups, 2), {'/a': 70}, 'a quarter of it stays');
  t.is(cgroups.read(2000, 1000).cgroups[0]?.detail?.swapped, 30 * MIB, 'the rest is in the figure of kernel memory');
  stat(`zswap ${50 * MIB}\nzswapped ${40 * MIB}\n`);
  t.deepEqual(rooms(cgroups, 3), {'/a': 40});
});

test('the host swaps before it kills, whatever its swappiness; zswap takes its part', (t) => {
  const host = {MemTotal: 1000, MemFree: 100, MemAvailable: 200, SwapTotal: 400, SwapFree: 200};
  t.like(hostScope(host)?.detail, {unreclaimable: 800, swapped: 200, swapAllowance: 200});
  t.like(hostScope({...host, Zswap: 50})?.detail, {unreclaimable: 800, swapped: 150, swapAllowance: 150});
  t.like(hostScope({...host, SwapFree: 400, Zswap: 0})?.detail, {swapped: 0, swapAllowance: 400});
  t.like(hostScope({...host, SwapTotal: 0, SwapFree: 0})?.detail, {swapped: 0, swapAllowance: 0});
});

test('stand-in files of version 1: memory and swap together have a limit, its own and its ancestors’', (t) => {
  const tree = new StandInTree(t);
  const set = (path: string, limit: number, both: number, [held, swapped]: [number, number]) => {
    tree.write(path, 'memory.limit_in_bytes', `${limit * MIB}\n`);
    tree.write(path, 'memory.usage_in_bytes', `${held * MIB}\n`);
    tree.write(path, 'memory.memsw.limit_in_bytes', `${both * MIB}\n`);
    const stat = {active_anon: held, inactive_anon: 0, unevictable: 0, inactive_file: 0, swap: swapped};
    const lines = Object.entries(stat).map(([name, mib]) => `total_${name} ${mib * MIB}\n`);
    tree.write(path, 'memory.stat', lines.join(''));
  };
  set('/both', 100, 150, [60, 20]);
  set('/never', 100, 150, [60, 20]);
  tree.write('/never', 'memory.swappiness', '0\n');
  tree.write('/both', 'memory.swappiness', '60\n');
  set('/same', 100, 100, [60, 0]);
  set('/more', 100, 2 ** 42, [60, 0]);
  set('/above', 100, 120, [70, 10]);
  set('/above/below', 90, 500, [60, 10]);
  const cgroups = started(t, tree.cgroups(undefined, {version: 1, meminfo: tree.host(SWAP)}));
  tree.swappiness(0);
  t.deepEqual(rooms(cgroups, 1), {
    ...{'/both': 70, '/never': 40, '/same': 40, '/more': 240},
    ...{'/above': 40, '/above/below': 40},
  });
});
