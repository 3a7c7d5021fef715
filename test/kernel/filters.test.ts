import {mkdirSync, rmdirSync} from 'node:fs';
import {basename} from 'node:path';
import test from 'ava';
import {Cgroup, unified} from './util/cgroup.ts';
import {loop, must, restingDiskstats} from './util/disk.ts';
import {environment, Kstop, PROGRAM, runToEnd, total} from './util/kstop.ts';
import {Process, startLoad, Unseen} from './util/load.ts';
import {lacks, once, testOnce, testUnless, twoCpus} from './util/machine.ts';
import {LONGER, until} from './util/wait.ts';
import {agrees, restingSchedstat} from './util/witness.ts';

const [cpu] = twoCpus() ?? [0];

test.serial('--comm: only tasks of that name, in events and histograms', async (t) => {
  const [wanted, other] = await Promise.all(
    // The second name has the first one's bytes and more.
    ['kt-wanted', 'kt-wanted2'].map((as) => startLoad(t, 'worker', [1, cpu], {as})),
  );
  const before = await restingSchedstat(wanted.pid);
  const kstop = await Kstop.start(t, ['--comm', 'kt-wanted', '--probes', 'sched', '--sched-warn', '500']);
  const unseen = await Unseen.start(t);
  for (const each of [wanted, other]) each.send(`spin ${1000 * LONGER}`);
  for (const each of [wanted, other]) await each.line();
  const after = await restingSchedstat(wanted.pid);
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = kstop.events('SCHED_LATENCY');
  t.true(events.length >= 10);
  for (const event of events) t.like(event, {comm: 'kt-wanted', pid: wanted.pid});
  const {ofPid} = await unseen.read(wanted.pid);
  agrees(t, total(kstop.samples, 'sched').count, after.count - before.count, ofPid, 'waits');
  t.deepEqual(kstop.header.filter, {comm: 'kt-wanted'});
});

testUnless(!unified() && 'no unified cgroup hierarchy', '--cgroup: tasks in it and below, not beside', async (t) => {
  const group = Cgroup.make(t);
  const inner = Cgroup.make(t, undefined, {name: 'inner', below: group});
  const beside = Cgroup.make(t, undefined, {name: `${basename(group.path)}-2`});
  const [inside, below, outside] = await Promise.all(
    [group, inner, beside].map((each) => startLoad(t, 'worker', [1, cpu], {through: each.enter})),
  );
  const before = [await restingSchedstat(inside.pid), await restingSchedstat(below.pid)];
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['--cgroup', group.path, '--probes', 'sched', '--sched-warn', '500']);
  for (const each of [inside, below, outside]) each.send(`spin ${1000 * LONGER}`);
  for (const each of [inside, below, outside]) await each.line();
  const after = [await restingSchedstat(inside.pid), await restingSchedstat(below.pid)];
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = kstop.events('SCHED_LATENCY');
  const of = (process: Process) => events.filter(({pid}) => pid === process.pid);
  t.true(of(inside).length >= 5 && of(below).length >= 5);
  t.is(events.length, of(inside).length + of(below).length);
  for (const event of of(inside)) t.is(event.cgroup, group.path);
  for (const event of of(below)) t.is(event.cgroup, inner.path);
  const count = after.reduce((sum, {count}, i) => sum + count - before[i].count, 0);
  agrees(t, total(kstop.samples, 'sched').count, count, (await unseen.read()).total, 'waits');
});

testUnless(
  !unified() && 'no unified cgroup hierarchy',
  '--cgroup: one that is made anew is watched again',
  async (t) => {
    const group = Cgroup.make(t);
    const args = ['--cgroup', group.path, '--probes', 'sched', '--sched-warn', '500', '-i', '0.2'];
    const kstop = await Kstop.start(t, args);
    rmdirSync(group.folder);
    const errors = () => kstop.objects.filter((object) => object.kind === 'error');
    await until(() => errors().length > 0, 5000 * LONGER, 'the error');
    mkdirSync(group.folder);
    await kstop.sampleFromNow();
    const workers = await Promise.all([0, 1].map(() => startLoad(t, 'worker', [1, cpu], {through: group.enter})));
    for (const each of workers) each.send(`spin ${1000 * LONGER}`);
    for (const each of workers) await each.line();
    await kstop.sampleFromNow();
    await kstop.stop();
    t.true(kstop.events('SCHED_LATENCY').length >= 5);
    t.is(errors().length, 1);
    t.like(errors()[0], {what: '--cgroup'});
    // The group goes after those in it.
    for (const each of workers) each.child.kill();
  },
);

testUnless(
  once ?? (!unified() && 'no unified cgroup hierarchy'),
  '--cgroup takes the full path too; one that is not there is told',
  async (t) => {
    const group = Cgroup.make(t);
    const kstop = await Kstop.start(t, ['--cgroup', group.folder, '--probes', 'sched']);
    await kstop.stop();
    for (const path of ['/kstop-test-none', '/etc', '../..', 'cgroup.procs']) {
      const {code, stderr} = await runToEnd([...PROGRAM, '--plain', '--cgroup', path, '-d', '1']);
      t.is(code, 2, path);
      t.regex(stderr, /^kstop: --cgroup: [^\n]+\n$/, path);
    }
  },
);

testUnless(lacks('losetup', 'dd'), '-p: only the requests of that process', async (t) => {
  const device = loop(t, 16);
  const disk = basename(device);
  const shell = new Process(t, [
    'sh',
    '-c',
    'read line; exec dd status=none if=/dev/zero bs=4k count=20 oflag=direct of="$0"',
    device,
  ]);
  const kstop = await Kstop.start(t, ['-p', String(shell.pid), '--bio-warn', '1', '--probes', 'block']);
  must('dd', 'status=none', 'if=/dev/zero', 'bs=4k', 'count=30', 'seek=100', 'oflag=direct', `of=${device}`);
  shell.send('go');
  await shell.end();
  await restingDiskstats(disk);
  await kstop.stop();
  const unlike = kstop.events('BIO_LATENCY').filter(({pid}) => pid !== shell.pid);
  t.deepEqual(unlike, []);
  const writes = total(kstop.samples, 'block', {device: disk, op: 'write'}).count;
  t.true(writes >= 19 && writes <= 20, `${writes} of the 20 writes`);
});

testOnce('a process that is not there is no error', async (t) => {
  const {code, stdout, stderr} = await runToEnd([...PROGRAM, '--json', '-p', '4194304', '-d', '1'], environment());
  t.is(code, 0);
  t.is(stderr, '');
  t.false(stdout.includes('"kind":"event"'));
  t.false(stdout.includes('"processes":[{'));
});
