/** Who is to blame in which container: by the cgroups that the processes are in, whether a runtime answers or not. */
import {createHash} from 'node:crypto';
import {Cgroup, unified} from './util/cgroup.ts';
import {Kstop} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {LONGER, sleep} from './util/wait.ts';

const cpus = twoCpus();
const lacking = (!cpus && 'one CPU only') || (!unified() && 'no unified cgroup hierarchy');

/** An id as runtimes give them, of this test alone. */
const idOf = (name: string): string => createHash('sha256').update(`${name} ${process.pid}`).digest('hex');

testUnless(lacking, 'a wait names the container of the waiting one and those of the culprits', async (t) => {
  const [cpu] = cpus!;
  const within = (name: string) => Cgroup.make(t, undefined, {name: `docker-${idOf(name)}.scope`}).enter;
  const above = ['nice', '-n', '-20'];
  const hog = await startLoad(t, 'worker', [1, cpu], {as: 'kt-hog', through: [...within('hog'), ...above]});
  const victim = await startLoad(t, 'worker', [1, cpu], {as: 'kt-victim', through: [...within('victim'), ...above]});
  const kstop = await Kstop.start(t, ['-p', String(victim.pid), '--probes', 'sched', '--sched-warn', '100']);
  victim.send(`spin ${3000 * LONGER}`);
  await sleep(200 * LONGER);
  hog.send(`spin ${2000 * LONGER}`);
  for (const each of [hog, victim]) await each.line();
  await kstop.sampleFromNow();
  await kstop.stop();

  const events = kstop.events('SCHED_LATENCY');
  const [own, other] = [idOf('victim'), idOf('hog')];
  const behind = events.flatMap(({culprits = []}) => culprits).filter(({pid}) => pid === hog.pid);
  t.log(`${events.length} waits, the hog in ${behind.length} of them`);
  t.true(events.length >= 5 && behind.length >= 5);
  for (const event of events) t.like(event.container, {id: own, runtime: 'docker'});
  for (const {container} of behind) t.like(container, {id: other, runtime: 'docker'});
  const elsewhere = events
    .flatMap(({culprits = []}) => culprits)
    .filter(({pid}) => pid !== hog.pid && pid !== victim.pid);
  for (const {container} of elsewhere) t.false(container?.id === own || container?.id === other);
  const rows = kstop.samples.flatMap(({blame = []}) => blame).filter(({culprit}) => culprit.pid === hog.pid);
  t.true(rows.length > 0);
  for (const row of rows) t.deepEqual([row.victim.container?.id, row.culprit.container?.id], [own, other]);
});
