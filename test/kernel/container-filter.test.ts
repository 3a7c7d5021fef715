/** `--container`: who is meant, and that nobody else is counted; against the kernel's own accounts of the processes. */
import {createHash} from 'node:crypto';
import {Cgroup, unified} from './util/cgroup.ts';
import {Containerd, IMAGE, lacksContainerd, lacksUsualPlace} from './util/containerd.ts';
import {Kstop, PROGRAM, runToEnd, total} from './util/kstop.ts';
import {type Process, startLoad, Unseen} from './util/load.ts';
import {once, testUnless, twoCpus} from './util/machine.ts';
import {LONGER} from './util/wait.ts';
import {agrees, restingSchedstat} from './util/witness.ts';

const [cpu] = twoCpus() ?? [0];
const lacking = !unified() && 'no unified cgroup hierarchy';

/** An id as runtimes give them, of this test alone. */
const idOf = (name: string): string => createHash('sha256').update(`${name} ${process.pid}`).digest('hex');

testUnless(lacking, '--container: the tasks in it and below by the begin of its id, and no others', async (t) => {
  const [own, other] = [idOf('own'), idOf('other')];
  const group = Cgroup.make(t, undefined, {name: `docker-${own}.scope`});
  const inner = Cgroup.make(t, undefined, {name: 'init', below: group});
  const beside = Cgroup.make(t, undefined, {name: `docker-${other}.scope`});
  const [inside, below, outside] = await Promise.all(
    [group, inner, beside].map((each) => startLoad(t, 'worker', [1, cpu], {through: each.enter})),
  );
  const before = [await restingSchedstat(inside.pid), await restingSchedstat(below.pid)];
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, [
    ...['--container', own.slice(0, 12), '--probes', 'sched,tasks,growth', '--sched-warn', '500'],
  ]);
  for (const each of [inside, below, outside]) each.send(`spin ${1000 * LONGER}`);
  for (const each of [inside, below, outside]) await each.line();
  const after = [await restingSchedstat(inside.pid), await restingSchedstat(below.pid)];
  await kstop.sampleFromNow();
  await kstop.stop();
  const container = {id: own, runtime: 'docker'};
  t.deepEqual(kstop.header.filter, {cgroup: group.path, container});
  const events = kstop.events('SCHED_LATENCY');
  const of = (process: Process) => events.filter(({pid}) => pid === process.pid);
  t.true(of(inside).length >= 5 && of(below).length >= 5);
  t.is(events.length, of(inside).length + of(below).length);
  for (const event of events) t.deepEqual(event.container, container);
  const count = after.reduce((sum, {count}, i) => sum + count - before[i].count, 0);
  agrees(t, total(kstop.samples, 'sched').count, count, (await unseen.read()).total, 'waits');
  const listed = kstop.samples.flatMap(({processes = []}) => processes.map(({pid}) => pid));
  t.deepEqual([...new Set(listed)].sort(), [inside.pid, below.pid].sort());
  for (const {containers = []} of kstop.samples) for (const row of containers) t.is(row.container.id, own);
});

testUnless(
  once ?? lacking ?? lacksContainerd ?? lacksUsualPlace(),
  '--container: by the names that its runtime has for it; what is not clear or not there is told',
  async (t) => {
    const containerd = await Containerd.start(t);
    containerd.offer();
    const uid = `uid-${process.pid}`;
    const sandbox = await containerd.pod({name: 'shop-0', namespace: 'kstop-test', uid});
    const command = ['/bin/sh', '-c', 'while true; do /bin/true; sleep 0.2; done'];
    const run = (name: string) => containerd.run(sandbox, {name, image: IMAGE, command});
    const [web, worker] = [await run('web'), await run('worker')];
    const kstop = await Kstop.start(t, ['--container', 'shop-0/web', '--probes', 'process,tasks']);
    const named = await kstop.event('PROCESS_EXEC', () => true);
    t.like(named.container, {id: web, name: 'web', pod: 'shop-0'});
    await kstop.sampleFromNow();
    await kstop.stop();
    t.like(kstop.header.filter, {container: {id: web, name: 'web', pod: 'shop-0', namespace: 'kstop-test'}});
    for (const event of kstop.objects) if (event.kind === 'event') t.is(event.container?.id, web);
    const shell = containerd.pidOf(web);
    t.true(kstop.samples.some(({processes = []}) => processes.some(({pid}) => pid === shell)));

    const told = async (wanted: string) => {
      const {code, stderr} = await runToEnd([...PROGRAM, '--plain', '--container', wanted, '-d', '1']);
      t.is(code, 2, wanted);
      t.regex(stderr, /^kstop: --container: [^\n]+\n$/, wanted);
      return stderr;
    };
    const said = await told('wbe');
    t.true(said.includes(`kstop-test/shop-0/worker (${worker.slice(0, 12)})`), said);
    t.regex(await told('shop-0'), /'shop-0' is a pod, of /);
  },
);
