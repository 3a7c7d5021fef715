import {Buffer} from 'node:buffer';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Containers} from '../../src/containers/cache.ts';
import type {RuntimeSocket} from '../../src/containers/runtimes/types.ts';
import type {Problem} from '../../src/util/problem.ts';
import {field, message, serveCri, serveDocker, socketPath} from './stand-in.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const MINUTE = 60_000;

interface Held {
  containers: Containers;
  problems: Problem[];
  /** The clock's milliseconds. */
  clock: {ms: number};
}

function hold(t: ExecutionContext, ...sockets: RuntimeSocket[]): Held {
  const problems: Problem[] = [];
  const clock = {ms: 0};
  const tell = (problem: Problem) => problems.push(problem);
  const containers = new Containers({sockets, tell, now: () => clock.ms});
  t.teardown(() => containers.close());
  return {containers, problems, clock};
}

const docker = (path: string): RuntimeSocket => ({path, runtime: 'docker', protocol: 'docker'});

/** A stand-in for Docker that counts how often it was asked, and the containers that it has. */
async function dockerOf(t: ExecutionContext, ids: Set<string>) {
  const asked = {times: 0};
  const path = await serveDocker(t, () => {
    asked.times++;
    return JSON.stringify([...ids].map((Id) => ({Id, Names: [`/n-${Id.slice(0, 2)}`], Image: 'web:1'})));
  });
  return {path, asked};
}

test('a lookup says at once what the path says, and later what the runtime (a stand-in) says', async (t) => {
  const {path} = await dockerOf(t, new Set([A]));
  const {containers, problems} = hold(t, docker(path));
  const first = containers.lookup(`/docker/${A}`);
  t.deepEqual(first, {id: A, runtime: 'docker'});
  await containers.idle();
  const later = containers.lookup(`/docker/${A}`);
  t.deepEqual(later, {id: A, runtime: 'docker', name: 'n-a1', image: 'web:1'});
  t.deepEqual(first, {id: A, runtime: 'docker'}, 'what was handed out stays as it was');
  t.is(containers.lookup(`/docker/${A}`), later, 'the same object as long as nothing changes');
  t.is(containers.lookup('/system.slice/cron.service'), undefined);
  t.deepEqual(problems, []);
});

test('what ran at the start has its names at its first lookup', async (t) => {
  const {path} = await dockerOf(t, new Set([A]));
  const {containers} = hold(t, docker(path));
  containers.begin();
  await containers.idle();
  t.is(containers.lookup(`/docker/${A}`)?.name, 'n-a1');
});

test('what the path alone knows stays, and restarts are listed', async (t) => {
  const container = field(1, message(field(1, A), field(3, message(field(1, 'web'), field(2, 4)))));
  const answers: Record<string, Buffer> = {ListContainers: container, ListPodSandbox: Buffer.alloc(0)};
  const path = await serveCri(t, (method) => answers[method.split('/').at(-1)!]);
  const {containers} = hold(t, {path, runtime: 'containerd', protocol: 'cri'});
  const pod = `/kubepods/burstable/poduid-1/${A}`;
  t.deepEqual(containers.lookup(pod), {id: A, pod_uid: 'uid-1'});
  await containers.idle();
  t.deepEqual(containers.lookup(pod), {id: A, pod_uid: 'uid-1', name: 'web', runtime: 'containerd'});
  t.deepEqual(containers.list(), [{id: A, name: 'web', attempt: 4, runtime: 'containerd'}]);
});

test('many unknown containers are one question; what stays unknown is asked for ever more seldom', async (t) => {
  const {path, asked} = await dockerOf(t, new Set([A]));
  const {containers, clock} = hold(t, docker(path));
  for (let i = 0; i < 1000; i++) containers.lookup(`/docker/${i.toString(16).padStart(64, '0')}`);
  await containers.idle();
  t.is(asked.times, 1);
  let before = asked.times;
  const times: number[] = [];
  for (clock.ms = 100; clock.ms < 10 * MINUTE; clock.ms += 100) {
    containers.lookup(`/docker/${B}`);
    if (clock.ms % 1000 === 0) await containers.idle();
    if (asked.times > before) times.push(clock.ms);
    before = asked.times;
  }
  t.log(times.join(' '));
  t.true(times.length >= 6 && times.length <= 9, `${times}`);
});

test('a container that has ended keeps its names for five minutes after it left the list', async (t) => {
  const ids = new Set([A]);
  const {path} = await dockerOf(t, ids);
  const {containers, clock} = hold(t, docker(path));
  containers.lookup(`/docker/${A}`);
  await containers.idle();
  ids.delete(A);
  const refresh = async (ms: number, id: string) => {
    clock.ms = ms;
    containers.lookup(`/docker/${id.repeat(32)}`);
    await containers.idle();
  };
  await refresh(10 * MINUTE, '01');
  t.is(containers.lookup(`/docker/${A}`)?.name, 'n-a1');
  t.is(containers.list().length, 1);
  await refresh(14 * MINUTE, '02');
  t.is(containers.lookup(`/docker/${A}`)?.name, 'n-a1');
  await refresh(16 * MINUTE, '03');
  t.is(containers.list().length, 0);
});

test('a new name is known five minutes later at the latest', async (t) => {
  let name = 'old';
  const path = await serveDocker(t, () => JSON.stringify([{Id: A, Names: [`/${name}`]}]));
  const {containers, clock} = hold(t, docker(path));
  const look = async () => {
    containers.lookup(`/docker/${A}`);
    await containers.idle();
    return containers.lookup(`/docker/${A}`)?.name;
  };
  t.is(await look(), 'old');
  name = 'new';
  clock.ms = 4 * MINUTE;
  t.is(await look(), 'old');
  clock.ms = 5 * MINUTE;
  t.is(await look(), 'new');
});

test('where the memory hierarchy has another path, it is part of what is remembered', (t) => {
  const {containers} = hold(t);
  t.is(containers.lookup('/', `/docker/${A}`)?.id, A);
  t.is(containers.lookup('/', `/docker/${B}`)?.id, B);
  t.is(containers.lookup('/', '/'), undefined);
});

test('without a socket nothing is asked and nothing is told', async (t) => {
  const {containers, problems} = hold(t, docker(socketPath(t)));
  t.deepEqual(containers.lookup(`/docker/${A}`), {id: A, runtime: 'docker'});
  await containers.idle();
  t.deepEqual(problems, []);
  t.deepEqual(containers.list(), []);
});

test('after the end nothing is asked any more', async (t) => {
  const {path, asked} = await dockerOf(t, new Set([A]));
  const {containers} = hold(t, docker(path));
  containers.close();
  containers.lookup(`/docker/${A}`);
  await containers.idle();
  const other = hold(t, docker(path));
  other.containers.lookup(`/docker/${A}`);
  other.containers.close();
  await other.containers.idle();
  await sleep(20);
  t.is(asked.times, 0);
  t.deepEqual(other.problems, []);
});

test('ten thousand paths are remembered, not more', (t) => {
  const {containers} = hold(t);
  for (let i = 0; i < 25_000; i++) containers.lookup(`/docker/${i.toString(16).padStart(64, '0')}`);
  t.true(containers.size <= 10_000);
});
