import test from 'ava';
import {ContainerLives} from '../../src/sources/containers/lives.ts';
import type {ContainerRef, ContainerRow, ProcessExecEvent, ProcessExitEvent} from '../../src/types/stream.ts';
import {ran, sample, went} from '../util/synthetic.ts';

const KILLED = {exit_code: 137, signal: 9, signal_name: 'SIGKILL'} as const;

/** Lives of containers whose cgroup is `/ID`, and what is known of them. `watched`: those whose main process would be told of. */
function hold(isOn = () => true, watched: string[] = []) {
  const known = new Map<string, ContainerRef>();
  const lives = new ContainerLives(
    (path) => known.get(path),
    isOn,
    () => new Set(watched),
  );
  const owner = (id: string, pid: number) => ({
    pid,
    cgroup: `/${id}`,
    container: known.get(`/${id}`) ?? {id},
    main: true as const,
  });
  return {
    known,
    lives,
    begin: (ms: number, id: string, pid: number, more: Partial<ProcessExecEvent> = {}) =>
      lives.event(ran(ms, {...owner(id, pid), ...more})),
    end: (ms: number, id: string, pid: number, more: Partial<ProcessExitEvent> = {}) =>
      lives.event(went(ms, {...owner(id, pid), comm: 'web', ...more})),
    rows(ms: number, containers?: ContainerRow[]) {
      const whole = {...sample(ms), ...(containers && {containers})};
      lives.complete(whole);
      return whole.containers;
    },
  };
}

test('a container that begins again has its restarts, how it ended, and what else ended', (t) => {
  const {begin, end, rows} = hold();
  begin(100, 'a', 10);
  begin(110, 'a', 10);
  t.is(rows(200), undefined, 'a program that runs another one is no restart');
  end(210, 'a', 10, {exit_code: 3});
  end(211, 'a', 55, {main: undefined});
  end(212, 'a', 56, {main: undefined});
  const [row] = rows(300)!;
  t.like(row, {container: {id: 'a'}, cgroup: '/a', restarts: 0, last_exit: {exit_code: 3, comm: 'web'}});
  t.deepEqual(row?.exits, [
    {exit_code: 0, count: 2},
    {exit_code: 3, count: 1},
  ]);
  begin(310, 'a', 20);
  begin(320, 'b', 30);
  end(330, 'a', 20, KILLED);
  t.like(rows(400)?.[0], {restarts: 1, last_exit: KILLED, exits: [{...KILLED, count: 1}]});
  end(410, 'a', 21, {exit_code: 1});
  t.like(rows(500)?.[0], {restarts: 2, last_exit: {exit_code: 1}}, 'one that ended before it ran a program began too');
  t.is(rows(600)?.[0]?.exits, undefined);
  t.is(rows(60_411), undefined, 'a minute later it has no row of its own');
});

test('what ended lately comes first, with the figures that it has', (t) => {
  const {end, rows} = hold(undefined, ['c']);
  end(100, 'a', 1);
  end(200, 'b', 1);
  const row = (id: string, more: Partial<ContainerRow> = {}): ContainerRow => ({
    time_bucket: 1,
    container: {id},
    cgroup: `/${id}`,
    ...more,
  });
  const all = rows(300, [row('c', {cpu_time_ms: 9}), row('a', {cpu_time_ms: 5})])!;
  t.deepEqual(
    all.map(({container: {id}, cpu_time_ms, restarts}) => [id, cpu_time_ms, restarts]),
    [
      ['b', undefined, 0],
      ['a', 5, 0],
      ['c', 9, 0],
    ],
  );
});

test('two of one id both keep their rows', (t) => {
  const {end, rows} = hold();
  const two = ['/default/web', '/k8s.io/web'].map((cgroup) => ({time_bucket: 1, container: {id: 'web'}, cgroup}));
  const cgroups = (ms: number) => rows(ms, two)!.map(({cgroup}) => cgroup);
  t.deepEqual(cgroups(100), ['/default/web', '/k8s.io/web']);
  end(200, 'web', 1);
  t.deepEqual(cgroups(300), ['/default/web', '/k8s.io/web']);
});

test('a container of another id under the same name in the same pod is the one before, also if the names come late', (t) => {
  const {known, begin, end, rows} = hold();
  const named = (id: string, name = 'web') => ({id, name, pod: 'shop-0', namespace: 'shop', pod_uid: 'u1'});
  known.set('/a', named('a'));
  begin(100, 'a', 1);
  end(110, 'a', 1, {exit_code: 3});
  known.set('/x', named('x', 'helper'));
  begin(120, 'x', 2);
  t.like(rows(200)?.[0], {container: {id: 'a'}, restarts: 0});
  for (const [i, id] of ['b', 'c', 'd'].entries()) {
    begin(210 + 10 * i, id, 10 + i);
    end(215 + 10 * i, id, 10 + i, {exit_code: i});
  }
  t.true(rows(300)!.every(({restarts}) => restarts === 0));
  for (const id of ['d', 'b', 'c']) known.set(`/${id}`, named(id));
  t.deepEqual(
    rows(400)!.map(({container, restarts, last_exit}) => [container, restarts, last_exit?.exit_code]),
    [[named('d'), 3, 2]],
  );
});

test('of ids whose names come in any order the one that was heard of last counts', (t) => {
  for (const order of ['abcd', 'dcba', 'dacb', 'bdca']) {
    const {known, begin, end, rows} = hold();
    for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) {
      begin(100 + 10 * i, id, i);
      end(105 + 10 * i, id, i, {exit_code: i});
    }
    for (const [i, id] of [...order].entries()) {
      known.set(`/${id}`, {id, name: 'web', runtime: 'docker'});
      rows(200 + i);
    }
    const all = rows(300)!.map(({container: {id}, restarts, last_exit}) => [id, restarts, last_exit?.exit_code]);
    t.deepEqual(all, [['d', 3, 3]], order);
  }
});

test('restarts are unknown of whom no main process would be told, until one is', (t) => {
  const {begin, end, rows} = hold(undefined, ['own']);
  const some = ['own', 'shared'].map((id) => ({time_bucket: 1, container: {id}, cgroup: `/${id}`}));
  end(100, 'shared', 55, {main: undefined, exit_code: 3});
  const [own, shared] = rows(200, some)!;
  t.is(own?.restarts, 0);
  t.deepEqual(shared, {...some[1]!, exits: [{exit_code: 3, count: 1}]});
  t.true(!('restarts' in shared!));
  begin(300, 'shared', 60);
  t.deepEqual(
    rows(400, some)!.map(({restarts}) => restarts),
    [0, 0],
  );
});

test('without starts and ends nothing is known of them', (t) => {
  let on = true;
  const {end, rows} = hold(() => on);
  end(100, 'a', 1);
  on = false;
  t.is(rows(200), undefined);
  const row = {time_bucket: 1, container: {id: 'a'}, cgroup: '/a'};
  t.deepEqual(rows(300, [row]), [row]);
});

test('storms of ends and of containers stay bounded', (t) => {
  const {begin, end, rows} = hold();
  for (let i = 0; i < 10_000; i++) end(100, `c${i}`, i);
  for (let i = 0; i < 256; i++) end(200, 'one', i, {exit_code: i});
  for (let i = 0; i < 3; i++) {
    begin(300, 'two', i);
    end(300, 'two', i);
  }
  const all = rows(400)!;
  t.is(all.length, 50);
  t.is(all[0]?.restarts, 255);
  t.is(all[0]?.container.id, 'one');
  t.is(all[1]?.container.id, 'two');
  t.true(all.every(({exits = []}) => exits.length <= 16));
});

test('a container that runs on keeps its restarts, however many others come and go meanwhile', (t) => {
  const {begin, end, rows} = hold(undefined, ['long']);
  for (let i = 0; i < 3; i++) {
    begin(100 + i, 'long', i);
    end(100 + i, 'long', i, {exit_code: 3});
  }
  begin(110, 'long', 9);
  for (let i = 0; i < 10_000; i++) {
    begin(200_000 + i, `job${i}`, 100 + i);
    end(200_000 + i, `job${i}`, 100 + i);
  }
  const row = {time_bucket: 1, container: {id: 'long'}, cgroup: '/long'};
  const long = rows(400_000, [row])!.find(({container}) => container.id === 'long');
  t.like(long, {restarts: 3, last_exit: {exit_code: 3}});
});
