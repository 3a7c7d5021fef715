import test, {type ExecutionContext} from 'ava';
import {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {Growers} from '../../src/sources/memory/growers.ts';
import {GrowthProbe} from '../../src/sources/memory/growth.ts';
import type {Filter, KernelEvent, OomPredictionEvent, PredictionRow} from '../../src/types/stream.ts';
import {StandInTree, stampAt} from './memory-tree.ts';
import {noParts} from './parts.ts';

const container = (path: string) => (path === '/leaky' ? {id: 'c1'} : undefined);

/** Nearly two minutes of stand-in files, in which `/leaky` grows by 1 MiB a second; what was said of it. */
function leak(t: ExecutionContext, filter?: Filter) {
  const tree = new StandInTree(t);
  const step = (s: number) => {
    tree.set('/leaky', {max: 200, current: 20 + s});
    tree.set('/leaky/part', {current: 20 + s});
    tree.set('/cache', {max: 200, current: Math.min(200, 20 + 5 * s), anon: 10, inactiveFile: 1});
  };
  step(0);
  const probe = new GrowthProbe(tree.cgroups(filter?.cgroup), {filter, container, sameNumbers: false});
  const state = probe.start();
  const events: OomPredictionEvent[] = [];
  let rows: PredictionRow[] = [];
  for (let s = 1; s <= 110; s++) {
    step(s);
    const into = noParts();
    events.push(...(probe.sample(into, stampAt(s), 1000) as OomPredictionEvent[]));
    rows = into.predictions.filter(({scope}) => scope !== 'host');
  }
  probe.stop();
  return {state, rows, events: events.filter(({scope}) => scope !== 'host')};
}

test('stand-in files: who grows is foretold with its container, page cache is not', (t) => {
  const {state, rows, events} = leak(t);
  t.deepEqual(state, {state: 'attached', method: 'file', reason: ''});
  t.is(rows.length, 1);
  const [row] = rows;
  t.like(row, {scope: '/leaky', limit_bytes: 200 << 20, usage_bytes: 130 << 20, container: {id: 'c1'}});
  t.true(Math.abs(row!.eta_s - 70) <= 2, String(row!.eta_s));
  t.true(row!.eta_low_s <= 70 && row!.eta_high_s >= 70);
  t.is(row!.growth_bytes_per_s, 1 << 20);
  t.true(events.length >= 1);
  t.like(events[0], {type: 'OOM_PREDICTION', severity: 'warning', cgroup: '/leaky', pid: undefined});
  t.true(events.every(({scope}) => scope === '/leaky'));
});

/** Files of a process as in /proc: its own memory in MiB. */
function process(tree: StandInTree, pid: number, comm: string, mib: number, startTicks = 1): void {
  const stat = ['S', ...Array(18).fill('0'), String(startTicks), ...Array(30).fill('0')].join(' ');
  tree.write(`/proc/${pid}`, 'stat', `${pid} (${comm}) ${stat}\n`);
  tree.write(
    `/proc/${pid}`,
    'status',
    `Name:\t${comm}\nRssAnon:\t${mib * 1024} kB\nRssFile:\t9999 kB\nVmSwap:\t0 kB\n`,
  );
}

/** Two minutes in which `/leaky` grows by 2 MiB a second from the 61st on: what `step` writes beside that, and what is said. */
function grown(t: ExecutionContext, step: (tree: StandInTree, s: number) => void, seconds = 115) {
  const tree = new StandInTree(t);
  const set = (s: number) => {
    tree.set('/leaky', {max: 200, current: 20 + 2 * Math.max(0, s - 60)});
    tree.set('/leaky/part', {current: 1});
    step(tree, s);
  };
  set(0);
  const probe = new GrowthProbe(tree.cgroups(), {sameNumbers: true, proc: `${tree.root}/proc`});
  probe.start();
  t.teardown(() => probe.stop());
  const said: {s: number; row: PredictionRow | undefined; events: OomPredictionEvent[]}[] = [];
  for (let s = 1; s <= seconds; s++) {
    set(s);
    const into = noParts();
    const events = probe.sample(into, stampAt(s), 1000) as OomPredictionEvent[];
    const ours = <T extends {scope: string}>(all: T[]) => all.filter(({scope}) => scope === '/leaky');
    said.push({s, row: ours(into.predictions)[0], events: ours(events)});
  }
  return said;
}

test('stand-in files: who grows below a cgroup is named with rate and share, in event and row', (t) => {
  const said = grown(t, (tree, s) => {
    const leaked = 2 * Math.max(0, s - 60);
    process(tree, 7, 'big', 500);
    process(tree, 8, 'most', 20 + 0.75 * leaked);
    process(tree, 9, 'less', 5 + 0.25 * leaked);
    tree.write('/leaky', 'cgroup.procs', '7\n');
    tree.write('/leaky/part', 'cgroup.procs', '8\n9\nnonsense\n');
  });
  const event = said.flatMap(({events}) => events)[0];
  t.like(event, {pid: 8, comm: 'most'});
  for (const growers of [event?.growers, said.at(-1)?.row?.growers]) {
    t.deepEqual(
      growers?.map(({pid, comm, growth_bytes_per_s: rate, share_pct: share}) => [
        pid,
        comm,
        Math.round((rate / 2 ** 20) * 100),
        Math.round(share),
      ]),
      [
        [8, 'most', 150, 75],
        [9, 'less', 50, 25],
      ],
    );
  }
});

test('stand-in files: who grows is known with a long interval, too', (t) => {
  const tree = new StandInTree(t);
  const growers = new Growers(`${tree.root}/proc`);
  tree.write('/leaky', 'cgroup.procs', '7\n8\n');
  tree.write('/proc', 'uptime', '100000.00 1.00\n');
  const folders = [`${tree.root}/leaky`];
  for (let s = 60; s <= 240; s += 60) {
    process(tree, 7, 'big', 500);
    process(tree, 8, 'most', 20 + s);
    growers.begin();
    for (const scope of ['/pod', '/leaky']) {
      const named = growers.of(folders, 1 << 20, s * 1000).map(({pid, growth_bytes_per_s: rate}) => [pid, rate]);
      t.deepEqual(named, s === 60 ? [] : [[8, 1 << 20]], `${scope} at ${s}`);
    }
  }
});

test('stand-in files: who has ended grows no more, and a number given anew is somebody else', (t) => {
  const said = grown(t, (tree, s) => {
    process(tree, 8, 'first', 20 + 2 * Math.max(0, Math.min(s, 100) - 60), s <= 105 ? 1 : 5000);
    tree.write('/leaky', 'cgroup.procs', s <= 100 || s > 105 ? '8\n' : '');
  });
  t.is(said.find(({s}) => s === 100)?.row?.pid, 8);
  const after = said.filter(({s}) => s > 100);
  t.true(after.some(({row}) => row !== undefined));
  t.deepEqual(
    after.filter(({row}) => row?.growers || row?.pid),
    [],
  );
});

test('stand-in files: a process that has just started has grown since then; what it has from its parent is no growth', (t) => {
  const said = grown(
    t,
    (tree, s) => {
      tree.write('/proc', 'uptime', `${5000 + s}.00 1.00\n`);
      tree.write('/leaky', 'cgroup.procs', s < 100 ? '' : '8\n9\n');
      process(tree, 8, 'new', 4, 100 * 5098);
      process(tree, 9, 'fork', 400, 100 * 5099);
    },
    100,
  );
  t.like(said.at(-1)?.row, {pid: 8, comm: 'new', growers: [{comm: 'new', growth_bytes_per_s: 2 << 20}]});
  t.is(said.at(-1)?.row?.growers?.length, 1);
});

test('stand-in meminfo: the host is a scope, whose room is what is available and its free swap', (t) => {
  const tree = new StandInTree(t);
  const probe = new GrowthProbe(
    tree.cgroups(undefined, {meminfo: tree.host({MemTotal: 1000, MemFree: 1, MemAvailable: 800})}),
    {sameNumbers: true},
  );
  probe.start();
  t.teardown(() => probe.stop());
  let row: PredictionRow | undefined;
  const events: OomPredictionEvent[] = [];
  // 5 MiB a second from second 70 on: memory is full at 230, and 200 MiB of swap at 270. Page cache has all that is free.
  for (let s = 1; s <= 240; s++) {
    const grown = 5 * Math.max(0, s - 70);
    const swapped = Math.max(0, grown - 790);
    tree.host({
      MemTotal: 1000,
      MemFree: 1,
      MemAvailable: 800 - grown + swapped,
      SwapTotal: 200,
      SwapFree: 200 - swapped,
    });
    const into = noParts();
    events.push(...(probe.sample(into, stampAt(s), 1000) as OomPredictionEvent[]));
    [row] = into.predictions;
    if (row && s > 100) t.true(Math.abs(row.eta_s - (270 - s)) <= 0.05 * (270 - s) + 1, `${row.eta_s} at ${s}`);
  }
  t.like(row, {scope: 'host', pid: undefined, growers: undefined, limit_bytes: 1000 << 20});
  t.like(events[0], {type: 'OOM_PREDICTION', scope: 'host', cgroup: undefined, severity: 'warning'});
  t.is(events.at(-1)?.severity, 'critical');
});

test('stand-in files: a limit that is raised or lowered: quiet for three seconds, then right', (t) => {
  const tree = new StandInTree(t);
  const limitAt = (s: number) => (s < 120 ? 200 : s < 150 ? 400 : 240);
  const set = (s: number) => {
    tree.set('/above', {max: limitAt(s), current: 20 + Math.max(0, s - 60)});
    tree.set('/above/leaky', {max: 1000, current: 20 + Math.max(0, s - 60)});
  };
  set(0);
  const probe = new GrowthProbe(tree.cgroups(), {sameNumbers: false});
  probe.start();
  t.teardown(() => probe.stop());
  let told = 0;
  for (let s = 1; s <= 200; s++) {
    set(s);
    const into = noParts();
    probe.sample(into, stampAt(s), 1000);
    for (const scope of ['/above', '/above/leaky']) {
      const row = into.predictions.find((each) => each.scope === scope);
      const quiet = [120, 150].some((changed) => s >= changed && s < changed + 3);
      if (quiet) t.is(row, undefined, `${scope} at ${s}`);
      if (!row || s < 100) continue;
      const left = limitAt(s) - 20 - (s - 60);
      t.true(Math.abs(row.eta_s - left) <= 0.05 * left + 1, `${scope}: ${row.eta_s} at ${s}, not ${left}`);
      t.is(row.limit_bytes, limitAt(s) << 20);
      told++;
    }
  }
  t.true(told > 130, String(told));
});

test('under a filter: of cgroups below it alone, and none by process', (t) => {
  t.is(leak(t, {cgroup: '/leaky'}).rows.length, 1);
  t.is(leak(t, {cgroup: '/elsewhere'}).rows.length, 0);
  const {state, rows} = leak(t, {comm: 'java'});
  t.like(state, {state: 'degraded', method: 'file'});
  t.deepEqual(rows, []);
});

test('under a filter: what others take below a limit above it is no room, and isn’t told of', (t) => {
  const tree = new StandInTree(t);
  const probe = new GrowthProbe(tree.cgroups('/pod/leaky'), {filter: {cgroup: '/pod/leaky'}, sameNumbers: false});
  const step = (s: number) => {
    tree.set('/pod', {max: 300, current: 120 + s});
    tree.set('/pod/leaky', {max: 400, current: 20 + s});
    tree.set('/pod/other', {current: 100});
  };
  step(0);
  probe.start();
  const into = noParts();
  const events: KernelEvent[] = [];
  for (let s = 1; s <= 110; s++) {
    step(s);
    into.predictions.length = 0;
    events.push(...probe.sample(into, stampAt(s), 1000));
  }
  probe.stop();
  t.deepEqual(
    into.predictions.map(({scope, limit_bytes}) => [scope, limit_bytes]),
    [['/pod/leaky', 300 << 20]],
  );
  t.true(Math.abs(into.predictions[0]!.eta_s - 70) <= 2, String(into.predictions[0]!.eta_s));
  t.true(events.every(({cgroup}) => cgroup === '/pod/leaky'));
});

test('without memory cgroups it is degraded, and says so', (t) => {
  const probe = new GrowthProbe(new MemoryCgroups(undefined, () => undefined), {sameNumbers: true});
  t.like(probe.start(), {state: 'degraded', method: 'file'});
  t.regex(probe.start().reason, /no memory cgroups.*host alone/);
  t.deepEqual(probe.sample(noParts(), stampAt(1), 1000), []);
  probe.stop();
  const nothing = new MemoryCgroups(undefined, () => undefined, '/no/such/file');
  t.like(new GrowthProbe(nothing, {sameNumbers: true}).start(), {state: 'unavailable', method: ''});
});
