import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {Containers} from '../../src/containers/cache.ts';
import {containerOf} from '../../src/containers/path.ts';
import {converse} from '../../src/containers/runtimes/converse.ts';
import {get} from '../../src/containers/runtimes/http1.ts';
import {LIMITS} from '../../src/containers/runtimes/types.ts';
import type {ContainerRef} from '../../src/types/stream.ts';
import type {Problem} from '../../src/util/problem.ts';
import {Containerd, IMAGE, lacksContainerd, lacksUsualPlace} from './util/containerd.ts';
import {Kstop} from './util/kstop.ts';
import {once, testUnless} from './util/machine.ts';
import {SLOW} from './util/wait.ts';

/** A process's cgroup paths, by the kernel: in the unified hierarchy, and in the memory controller's own. */
function cgroupsOf(pid: number): {path: string; memory?: string} {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const parts = lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line)!);
  const find = (controller: string) => parts.find(([, names]) => names.split(',').includes(controller))?.[2];
  return {path: find('') ?? '/', memory: find('memory')};
}

function hold(t: ExecutionContext, containerd: Containerd) {
  const problems: Problem[] = [];
  const sockets = [{path: containerd.socket, runtime: 'containerd', protocol: 'cri'} as const];
  const containers = new Containers({sockets, tell: (problem) => problems.push(problem)});
  t.teardown(() => containers.close());
  /** What is known of a process's container after the runtime was asked. */
  const named = async (pid: number): Promise<ContainerRef | undefined> => {
    const {path, memory} = cgroupsOf(pid);
    const end = performance.now() + 10_000 * SLOW;
    for (;;) {
      const found = containers.lookup(path, memory);
      if (found?.namespace !== undefined || performance.now() > end) return found;
      await containers.idle();
      await sleep(10);
    }
  };
  return {containers, problems, named};
}

testUnless(
  once ?? lacksContainerd,
  "a container of containerd's CRI is known by its process's cgroup, with its names, before and after its end",
  async (t) => {
    const containerd = await Containerd.start(t);
    const {containers, problems, named} = hold(t, containerd);
    const uid = `uid-${process.pid}`;
    const sandbox = await containerd.pod({name: 'shop-0', namespace: 'kstop-test', uid});
    const command = ['/bin/sleep', '1000'];
    const id = await containerd.run(sandbox, {name: 'web', image: IMAGE, command, attempt: 2});
    const pid = containerd.pidOf(id);
    const cgroups = cgroupsOf(pid);
    t.log(JSON.stringify(cgroups));
    const pod = {pod: 'shop-0', namespace: 'kstop-test', pod_uid: uid, runtime: 'containerd'};
    const expected = {id, name: 'web', image: IMAGE, ...pod};
    t.like(containerOf(cgroups.path, cgroups.memory), {id, pod_uid: uid, qos: 'burstable'});
    t.deepEqual(await named(pid), expected);
    t.is(containers.list().find((each) => each.id === id)?.attempt, 2);
    t.deepEqual(await named(containerd.pidOf(sandbox.id)), {id: sandbox.id, ...pod});

    const second = await containerd.run(sandbox, {name: 'worker', image: IMAGE, command});
    t.like(await named(containerd.pidOf(second)), {id: second, name: 'worker'});
    t.is(containers.list().find((each) => each.id === second)?.attempt, 0);

    await containerd.remove(sandbox);
    t.deepEqual(containers.lookup(cgroups.path, cgroups.memory), expected, 'the dead keep their names');
    t.deepEqual(problems, []);
  },
);

testUnless(once ?? lacksContainerd, "a container of containerd's plain client is known by its name", async (t) => {
  const containerd = await Containerd.start(t);
  const name = `kstop-${process.pid}`;
  containerd.runPlain(name, ['/bin/sleep', '1000']);
  const {path, memory} = cgroupsOf(containerd.pidOf(name, 'default'));
  t.log(path);
  t.deepEqual(containerOf(path, memory), {id: name, runtime: 'containerd'});
});

testUnless(once ?? lacksContainerd, "Go's HTTP server, which Docker and Podman use too, is understood", async (t) => {
  const containerd = await Containerd.start(t);
  const ask = (path: string) => converse(containerd.debugSocket, get(path), LIMITS);
  const figures = JSON.parse((await ask('/debug/vars')).toString());
  t.true(figures.memstats.HeapAlloc > 0);
  await t.throwsAsync(ask('/nothing'), {message: 'it answered with status 404'});
});

testUnless(
  once ?? lacksContainerd ?? lacksUsualPlace(),
  'events, process rows and an OOM kill name container and pod, while kstop runs from before the pod on',
  async (t) => {
    const containerd = await Containerd.start(t);
    containerd.offer();
    const kstop = await Kstop.start(t, ['--probes', 'process,oom,tasks', '--top', '10000']);
    const uid = `uid-${process.pid}`;
    const sandbox = await containerd.pod({name: 'shop-0', namespace: 'kstop-test', uid});
    const pod = {image: IMAGE, pod: 'shop-0', namespace: 'kstop-test', pod_uid: uid, runtime: 'containerd'};
    const command = ['/bin/sh', '-c', 'while true; do /bin/true; sleep 0.2; done'];
    const id = await containerd.run(sandbox, {name: 'web', image: IMAGE, command});
    const named = await kstop.event('PROCESS_EXEC', ({container}) => container?.id === id && !!container.name);
    t.deepEqual(named.container, {id, name: 'web', ...pod});
    t.regex(named.cgroup ?? '', new RegExp(`/pod${uid}/${id}$`));

    const shell = containerd.pidOf(id);
    await kstop.sampleFromNow();
    const sample = kstop.samples.at(-1)!;
    t.deepEqual(sample.processes?.find(({pid}) => pid === shell)?.container, {id, name: 'web', ...pod});
    t.is(sample.processes?.find(({pid}) => pid === process.pid)?.container, undefined);

    const eats = ['/bin/sh', '-c', 'sleep 1; exec dd if=/dev/zero of=/dev/null bs=64M count=1'];
    const eater = await containerd.run(sandbox, {name: 'eater', image: IMAGE, command: eats, memoryLimit: 16 << 20});
    const kill = await kstop.event('OOM_KILL', ({container}) => container?.id === eater);
    t.log(JSON.stringify(kill));
    t.deepEqual(kill.container, {id: eater, name: 'eater', ...pod});
    t.is(kill.limit_bytes, 16 << 20);
    await kstop.stop();
    t.deepEqual(
      kstop.objects.filter(({kind}) => kind === 'error'),
      [],
    );
  },
);
