import test from 'ava';
import {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {NearLimits} from '../../src/sources/memory/near-limits.ts';
import {StandInTree, stampAt} from './memory-tree.ts';

const MIB = 1 << 20;

test('stand-in files: cgroups with a limit of their own, each with the least of its ancestors’', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 60});
  tree.set('/a/b', {max: 400, current: 50, inactiveFile: 20});
  tree.set('/a/c', {current: 10});
  tree.set('/a/c/d', {max: 30, current: 1});
  tree.set('/e', {current: 10});
  const cgroups = tree.cgroups();
  t.is(cgroups.start(t), undefined);
  const read = cgroups.read(1000, 0).cgroups;
  const limits = Object.fromEntries(read.map(({node, limit}) => [node.path, limit / MIB]));
  t.deepEqual(limits, {'/a': 100, '/a/b': 100, '/a/c/d': 30});
  const b = read.find(({node}) => node.path === '/a/b');
  t.like(b, {usage: 50 * MIB, fresh: true});
  t.like(b?.detail, {workingSet: 30 * MIB, unreclaimable: 50 * MIB, swapped: 0});
  t.is(cgroups.read(1000, 0).cgroups, read, 'the same moment is read once');
  t.deepEqual(cgroups.pathsBelow('/a/c').sort(), ['/a/c', '/a/c/d']);
  cgroups.stop(t);
  t.deepEqual(cgroups.read(2000, 0).cgroups, []);
});

test('stand-in files: only those below a path that is asked for', (t) => {
  const tree = new StandInTree(t);
  for (const path of ['/a', '/a/b', '/ab']) tree.set(path, {max: 100, current: 60});
  const cgroups = tree.cgroups('/a');
  cgroups.start(t);
  t.deepEqual(
    cgroups
      .read(1, 0)
      .cgroups.map(({node}) => node.path)
      .sort(),
    ['/a', '/a/b'],
  );
  cgroups.stop(t);
});

test('stand-in files: what is no figure is unknown, and stops nothing', (t) => {
  const tree = new StandInTree(t);
  tree.set('/limit', {max: 'lots', current: 60});
  tree.set('/usage', {max: 100, current: 60});
  tree.write('/usage', 'memory.current', '\u001b[2J\n');
  tree.set('/stat', {max: 100, current: 99});
  tree.write('/stat', 'memory.stat', '\0'.repeat(100_000));
  tree.set('/zero', {max: 0, current: 1});
  tree.set('/good', {max: 100, current: 60});
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const {cgroups: read} = cgroups.read(1, 0);
  t.deepEqual(read.map(({node}) => node.path).sort(), ['/good', '/stat', '/zero']);
  t.is(read.find(({node}) => node.path === '/stat')?.detail?.unreclaimable, undefined);
  t.deepEqual(new NearLimits(cgroups).sample(stampAt(1), 0), []);
  cgroups.stop(t);
});

test('stand-in files: what comes and goes is noticed within a pass', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 60});
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const paths = (ms: number) => cgroups.read(ms, 1000).cgroups.map(({node}) => node.path);
  t.deepEqual(paths(1000), ['/a']);
  tree.remove('/a');
  tree.set('/b', {max: 100, current: 60});
  paths(2000);
  t.deepEqual(paths(3000), ['/b'], 'of few within two seconds');
  cgroups.stop(t);
});

test('stand-in files: of more cgroups than looks in an interval the full ones are looked at each time, all of them in turn', (t) => {
  const tree = new StandInTree(t);
  for (let i = 0; i < 200; i++) tree.set(`/n${i}`, {max: 100, current: i < 5 ? 95 : 10});
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const seen = new Set<string>();
  for (let s = 1; s <= 20; s++) {
    const fresh = cgroups.read(s * 1000, 1000).cgroups.filter((each) => each.fresh);
    t.true(fresh.length <= 64);
    t.is(fresh.filter(({usage}) => usage === 95 * MIB).length, 5);
    for (const {node} of fresh) seen.add(node.path);
  }
  t.is(seen.size, 200);
  cgroups.stop(t);
});

test('stand-in files: of many that page cache has filled the one that needs its memory is looked at each time', (t) => {
  const tree = new StandInTree(t);
  for (let i = 0; i < 150; i++) tree.set(`/c${i}`, {max: 100, current: 100, anon: 5, inactiveFile: 90});
  tree.set('/needs', {max: 100, current: 60});
  const cgroups = tree.cgroups();
  cgroups.start(t);
  let looks = 0;
  for (let s = 1; s <= 30; s++) {
    const found = cgroups.read(s * 1000, 1000).cgroups.find(({node}) => node.path === '/needs');
    if (s > 10 && found?.fresh) looks++;
  }
  t.is(looks, 20);
  cgroups.stop(t);
});

test('stand-in files: a working set of 90 % is told, again only after it was below 85 % or a minute later', (t) => {
  const tree = new StandInTree(t);
  const cgroups = tree.cgroups();
  const near = new NearLimits(cgroups);
  const at = (s: number, current: number, inactiveFile = 0) => {
    tree.set('/a', {max: 100, current, inactiveFile});
    if (s === 1) cgroups.start(t);
    return near.sample(stampAt(s), 1000).length;
  };
  t.is(at(1, 89), 0);
  t.is(at(2, 99, 60), 0, 'page cache doesn’t count');
  tree.set('/a', {max: 100, current: 92, inactiveFile: 1});
  const [event] = near.sample(stampAt(3), 1000);
  t.like(event, {type: 'MEMORY_PRESSURE', severity: 'warning', scope: '/a', cgroup: '/a', utilization_pct: 91});
  t.like(event, {
    working_set_bytes: 91 * MIB,
    usage_bytes: 92 * MIB,
    limit_bytes: 100 * MIB,
    some_avg10_pct: undefined,
  });
  t.is(at(4, 86), 0);
  t.is(at(5, 95), 0);
  t.is(at(6, 84), 0);
  t.is(at(7, 95), 1);
  t.is(at(50, 95), 0);
  t.is(at(68, 95), 1);
  cgroups.stop(t);
});

test('without memory cgroups there is the host alone', (t) => {
  const cgroups = new MemoryCgroups(undefined, () => undefined);
  t.regex(cgroups.start(t) ?? '', /no memory cgroups/);
  const {cgroups: none, host} = cgroups.read(1, 1000);
  t.deepEqual(none, []);
  t.true((host['MemTotal'] ?? 0) > 0);
  cgroups.stop(t);
});
