import test from 'ava';
import {ProcessCgroups} from '../../src/sources/process-cgroups.ts';

/** Files of /proc that a test has made up, and how often they were read. */
function processes(files: Record<number, string>) {
  const world = {now: 10_000, reads: 0};
  const cgroups = new ProcessCgroups(
    (pid) => {
      world.reads++;
      return files[pid];
    },
    () => world.now,
  );
  return {world, cgroups};
}

test('a process’s cgroup is read once in a while, and anew under another name', (t) => {
  const files = {7: '0::/a\n', 8: '4:memory:/docker/x\n0::/\n'};
  const {world, cgroups} = processes(files);
  t.is(cgroups.of(7, 'a'), '/a');
  files[7] = '0::/b\n';
  t.is(cgroups.of(7, 'a'), '/a');
  t.is(cgroups.of(7, 'other'), '/b');
  t.is(cgroups.of(8, 'x'), '/docker/x', 'of version 1');
  t.is(world.reads, 3);
  world.now += 2001;
  t.is(cgroups.of(7, 'a'), '/b');
});

test('one that is gone has none, and a storm of new ones isn’t followed', (t) => {
  const {world, cgroups} = processes({1: '0::/a\n'});
  t.is(cgroups.of(99, 'gone'), undefined);
  for (let pid = 1000; pid < 6000; pid++) cgroups.of(pid, 'new');
  t.is(world.reads, 200);
  t.is(cgroups.of(1, 'a'), undefined, 'not now');
  world.now += 1000;
  t.is(cgroups.of(1, 'a'), '/a');
});
