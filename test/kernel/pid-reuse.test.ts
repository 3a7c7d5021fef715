/** A process number that the kernel gives out again: each of the two has the blame and the figures that are its own. */
import {existsSync} from 'node:fs';
import {Kstop} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {LONGER, SLOW} from './util/wait.ts';

const cpus = twoCpus();
const reason =
  (!cpus && 'one CPU only') ||
  (!existsSync('/proc/sys/kernel/ns_last_pid') && 'this kernel lets nobody choose a process number');
const ABOVE = ['nice', '-n', '-20'];

testUnless(reason, 'two hogs of one number after each other: each is blamed under its name for its time', async (t) => {
  const [cpu] = cpus!;
  const pin = ['taskset', '-c', String(cpu)];
  const hogs = await startLoad(t, 'family', [], {as: 'kt-parent', through: [...ABOVE, ...pin]});
  const victim = await startLoad(t, 'worker', [1, cpu], {as: 'kt-victim', through: ABOVE});
  const blame = await Kstop.start(t, ['-p', String(victim.pid), '--probes', 'sched', '--sched-warn', '1']);
  const table = await Kstop.start(t, ['--probes', 'tasks,process', '-i', '0.5', '--top', '10000']);
  for (const kstop of [blame, table]) kstop.first();
  victim.send(`spin ${120_000 * SLOW}`);
  hogs.send(`reuse ${1600 * LONGER}`);
  const [answer, number, ...ns] = (await hogs.line(60_000 * SLOW)).split(' ');
  if (answer !== 'reused') return t.log('others took the number each time');
  const pid = Number(number);
  const [secondMs, firstMs] = ns.map((each) => Number(each) / 1e6);
  await victim.kill();
  await blame.sampleFromNow();
  await table.sampleFromNow();
  for (const kstop of [blame, table]) await kstop.stop();

  const culprits = blame
    .events('SCHED_LATENCY')
    .flatMap((event) => event.culprits ?? [])
    .filter((culprit) => culprit.pid === pid);
  const blamedMs = (name: string) =>
    culprits.filter(({comm}) => comm === name).reduce((sum, {ran_us}) => sum + ran_us / 1000, 0);
  const rows = table.samples.flatMap(({processes = []}) => processes).filter((row) => row.pid === pid);
  const tableMs = (name: string) =>
    rows.filter(({comm}) => comm === name).reduce((sum, {cpu_time_ms = 0}) => sum + cpu_time_ms, 0);
  for (const [name, ranMs] of [
    ['kt-first', firstMs],
    ['kt-second', secondMs],
  ] as const) {
    const [blamed, told] = [blamedMs(name), tableMs(name)];
    t.log(`${name} ran ${ranMs} ms, is blamed for ${blamed.toFixed(1)}, has ${told.toFixed(1)} in the process table`);
    // Each begins under its parent's name.
    t.true(blamed >= 0.9 * ranMs - 10 && blamed <= 1.02 * ranMs + 10, 'blamed for what it ran');
    // It measures itself once it has begun, and an emulated CPU takes milliseconds to begin.
    t.true(told <= ranMs + (process.env.KSTOP_VM ? 50 : 2), 'no figures of another one');
  }
  t.true(tableMs('kt-second') >= 0.98 * secondMs - 2, 'nor less than its own');
  t.deepEqual(
    [...new Set(culprits.map(({comm}) => comm))].filter((comm) => !/^kt-(first|second|parent)$/.test(comm)),
    [],
  );
  // A busy machine's others may have had more.
  for (const {comm, cpu_time_ms = 0} of (table.summary?.processes ?? []).filter((row) => row.pid === pid))
    t.true(Math.abs(cpu_time_ms - tableMs(comm)) < 1, `${comm} in the summary`);
  const rowsOfBlame = blame.summary?.blame?.filter(({culprit}) => culprit.pid === pid) ?? [];
  t.deepEqual(
    rowsOfBlame.slice(0, 2).map(({victim: {comm}, culprit}) => `${comm} < ${culprit.comm}`),
    ['kt-victim < kt-first', 'kt-victim < kt-second'],
  );
});
