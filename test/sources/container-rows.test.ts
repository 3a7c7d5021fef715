import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {increase} from '../../src/sources/containers/cpu.ts';
import {ContainerRows} from '../../src/sources/containers/rows.ts';
import {ContainerTasks} from '../../src/sources/containers/tasks.ts';
import {StandInTree} from './memory-tree.ts';

const MIB = 1 << 20;

/** `/pod/NAME` and all below is the container NAME. */
const container = (path: string) => {
  const id = /^\/pod\/(\w+)/.exec(path)?.[1];
  return id === undefined ? undefined : {id};
};

test('stand-in files: a row a container, the busiest first, with what came since the last reading', (t) => {
  const tree = new StandInTree(t);
  tree.set('/pod', {max: 500, current: 100});
  tree.set('/pod/web', {current: 80, inactiveFile: 30});
  tree.set('/pod/web/inner', {max: 100, current: 20});
  tree.set('/pod/db', {max: 50, current: 40});
  tree.set('/system', {max: 50, current: 40});
  const cpu = (name: string, usec: number) =>
    tree.write(`/pod/${name}`, 'cpu.stat', `usage_usec ${usec}\nnr_throttled 2\nthrottled_usec ${usec}\nx\u001b y\n`);
  cpu('web', 1000);
  cpu('db', 90_000);
  tree.write('/pod/db', 'memory.events', 'low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n');
  tree.write('/pod/db', 'memory.pressure', 'some avg10=1.50 avg60=0 avg300=0 total=1\nfull avg10=0.50 avg60=0\n');
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const rows = new ContainerRows(cgroups, container, 50, undefined, {mode: 'v2', v2: tree.root, v1: []});
  const first = rows.rows(1000);
  t.deepEqual(first.map(({cgroup}) => cgroup).sort(), ['/pod/db', '/pod/web']);
  t.true(
    first.every((row) => row.cpu_time_ms === undefined && row.throttled_ms === undefined),
    'nothing to compare with',
  );
  t.true(first.every((row) => row.memory_events === undefined));
  cpu('web', 51_000);
  tree.write('/pod/web', 'memory.stat', `anon ${70 * MIB}\ninactive_anon 1\ninactive_file ${30 * MIB}\n`);
  tree.write('/pod/db', 'memory.events', 'low 0\nhigh 2\nmax 9\noom 1\noom_kill 1\n');
  const [web, db] = rows.rows(2000);
  t.deepEqual(web, {
    container: {id: 'web'},
    cgroup: '/pod/web',
    cpu_time_ms: 50,
    throttled_ms: 50,
    throttled_periods: 0,
    memory_usage_bytes: 80 * MIB,
    working_set_bytes: 50 * MIB,
    limit_bytes: 500 * MIB,
    utilization_pct: 10,
    rss_bytes: 70 * MIB,
  });
  t.like(db, {
    cgroup: '/pod/db',
    cpu_time_ms: 0,
    limit_bytes: 50 * MIB,
    utilization_pct: 80,
    oom_kills: 1,
    limit_hits: 9,
    memory_events: {high: 2, max: 2, oom: 0, oom_kill: 0},
  });
  t.deepEqual(db?.pressure, {memory: {some_avg10_pct: 1.5, full_avg10_pct: 0.5}});
  // A cgroup's file that is open can't be read once the cgroup is gone.
  tree.write('/pod/web', 'memory.current', '');
  rmSync(join(tree.root, 'pod/web'), {recursive: true});
  t.deepEqual(
    rows.rows(3000).map(({cgroup}) => cgroup),
    ['/pod/db'],
    'who has ended has no row',
  );
  cgroups.stop(t);
});

test('stand-in files: of more containers than are read in an interval all come, and the busiest stay', (t) => {
  const tree = new StandInTree(t);
  for (let i = 0; i < 230; i++) {
    tree.set(`/pod/n${i}`, {current: 1});
    tree.write(`/pod/n${i}`, 'cpu.stat', 'usage_usec 0\n');
  }
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const rows = new ContainerRows(cgroups, container, 10, undefined, {mode: 'v2', v2: tree.root, v1: []});
  for (let s = 1; s <= 30; s++) {
    tree.write('/pod/n229', 'cpu.stat', `usage_usec ${s * 1000}\n`);
    const now = rows.rows(s * 1000);
    t.is(now.length, 10);
    if (s > 25) t.like(now[0], {cgroup: '/pod/n229', cpu_time_ms: 1});
  }
  cgroups.stop(t);
});

test('stand-in files: a cgroup that is made anew under its path is read anew', (t) => {
  const tree = new StandInTree(t);
  tree.set('/pod/web', {current: 80});
  tree.write('/pod/web', 'memory.events', 'high 0\nmax 7\noom_kill 1\n');
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const rows = new ContainerRows(cgroups, container, 50, undefined, {mode: 'v2', v2: tree.root, v1: []});
  const before = readdirSync('/proc/self/fd').length;
  rows.rows(1000);
  t.true(readdirSync('/proc/self/fd').length > before, 'its files stay open');
  tree.write('/pod/web', 'memory.events', 'high 0\nmax 1\noom_kill 1\n');
  t.deepEqual(rows.rows(2000)[0]?.memory_events, {high: 0, oom_kill: 0}, 'what went back has no increase');
  rows.stop();
  t.is(readdirSync('/proc/self/fd').length, before);
  cgroups.stop(t);
});

test('stand-in files: what came while nobody looked is no figure of the interval after it', (t) => {
  const tree = new StandInTree(t);
  const at = (name: string, usec: number, max: number) => {
    tree.set(`/pod/${name}`, {max, current: 10});
    tree.write(`/pod/${name}`, 'cpu.stat', `usage_usec ${usec}\nnr_throttled 0\nthrottled_usec 0\n`);
    tree.write(`/pod/${name}`, 'memory.events', `high 0\nmax ${usec}\noom 0\noom_kill 0\n`);
  };
  for (const name of ['web', 'db']) at(name, 1000, 100);
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const rows = new ContainerRows(cgroups, container, 50, undefined, {mode: 'v2', v2: tree.root, v1: []});
  rows.rows(1000);
  rows.stop();
  at('web', 30_001_000, 100);
  const again = rows.rows(31_000).find(({cgroup}) => cgroup === '/pod/web');
  t.like(again, {cpu_time_ms: undefined, throttled_ms: undefined, memory_events: undefined});
  rows.stop();
  cgroups.stop(t);
  tree.remove('/pod/db');
  at('web', 60_001_000, 200);
  at('new', 1000, 100);
  cgroups.start(t);
  const after = rows.rows(61_000);
  t.deepEqual(after.map(({cgroup}) => cgroup).sort(), ['/pod/new', '/pod/web'], 'as many as before, and not the same');
  const web = after.find(({cgroup}) => cgroup === '/pod/web');
  t.like(web, {limit_bytes: 200 * MIB, cpu_time_ms: undefined, throttled_ms: undefined, memory_events: undefined});
  at('web', 60_011_000, 200);
  t.like(
    rows.rows(62_000).find(({cgroup}) => cgroup === '/pod/web'),
    {cpu_time_ms: 10, memory_events: {high: 0, max: 10_000, oom: 0, oom_kill: 0}},
  );
  rows.stop();
  cgroups.stop(t);
});

test('stand-in files: processes are told of cgroups that the unified hierarchy has too', (t) => {
  const tree = new StandInTree(t);
  for (const name of ['web', 'db']) tree.set(`/pod/${name}`, {current: 1});
  tree.write('/pod/web', 'cgroup.procs', '1\n');
  const cgroups = tree.cgroups();
  cgroups.start(t);
  const tasks = new ContainerTasks(() => '/pod/web');
  tasks.take([{cgroup: 1n, processes: 1, threads: 2, delayNs: 0, isKnown: true}]);
  const rows = new ContainerRows(cgroups, container, 50, tasks, {mode: 'v2', v2: tree.root, v1: []}).rows(1000);
  const of = (path: string) => rows.find(({cgroup}) => cgroup === path)?.processes;
  t.deepEqual([of('/pod/web'), of('/pod/db')], [1, undefined]);
  cgroups.stop(t);
});

test('what the process table has of a container, and of what it made below', (t) => {
  const paths = new Map([
    [1n, '/pod/web'],
    [2n, '/pod/web/inner'],
    [3n, '/pod/db'],
    [4n, '/'],
  ]);
  const tasks = new ContainerTasks((id) => paths.get(id));
  t.is(tasks.of(['/pod/web']).size, 0, 'no pass is no knowledge');
  const of = (cgroup: bigint, delayNs: number, isKnown = true) => ({
    cgroup,
    processes: 1,
    threads: 3,
    delayNs,
    isKnown,
  });
  tasks.take([of(1n, 1_500_000), of(2n, 500_000), of(3n, 7, false), of(4n, 9), of(5n, 9)]);
  t.deepEqual(Object.fromEntries(tasks.of(['/pod/web', '/pod/db', '/pod/we'])), {
    '/pod/web': {processes: 2, threads: 6, run_delay_ms: 2},
    '/pod/db': {processes: 1, threads: 3},
    '/pod/we': {processes: 0, threads: 0, run_delay_ms: 0},
  });
  tasks.take(undefined);
  t.is(tasks.of(['/pod/web']).size, 0);
});

test('what goes back, or is unknown, has no increase', (t) => {
  t.deepEqual(increase({usedMs: 5, throttledMs: 1}, {usedMs: 4, throttledPeriods: 1, throttledMs: 1.5}), {
    throttledMs: 0.5,
  });
});
