import {readdirSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {ProcessRow} from '../../src/types/stream.ts';
import {must} from './util/disk.ts';
import {Kstop, samplesOf} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {lacks, onMachine, testUnless, twoCpus, which} from './util/machine.ts';
import {LONGER, SLOW, sleep, until} from './util/wait.ts';
import {read, restingSchedstat} from './util/witness.ts';

const [cpu, other] = twoCpus() ?? [0, 0];

/** What the kernel accounted to a process's live threads: /proc/PID/task. */
function accounted(pid: number) {
  const sum = {cpuMs: 0, delayMs: 0, voluntary: 0, involuntary: 0, minor: 0};
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${tid}`;
    const [ran, waited] = read(`${path}/schedstat`).split(' ').map(Number);
    const status = read(`${path}/status`);
    const number = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
    sum.cpuMs += ran / 1e6;
    sum.delayMs += waited / 1e6;
    sum.voluntary += number('voluntary_ctxt_switches');
    sum.involuntary += number('nonvoluntary_ctxt_switches');
    sum.minor += Number(
      read(`${path}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ')[7],
    );
  }
  return sum;
}

/** A process's rows among some samples. */
const rowsOf = (kstop: Kstop, pid: number, from = 0, to = Number.POSITIVE_INFINITY): ProcessRow[] =>
  samplesOf(kstop.objects.slice(from, to))
    .flatMap(({processes = []}) => processes)
    .filter((row) => row.pid === pid);

const sumOf = (rows: readonly ProcessRow[], figure: keyof ProcessRow): number =>
  rows.reduce((sum, row) => sum + Number(row[figure] ?? 0), 0);

/** Within 2 %, or what a thread does between two readings of its figures. */
function near(t: ExecutionContext, seen: number, expected: number, least: number, what: string): void {
  t.log(`${what}: ${seen.toFixed(3)}, by the kernel ${expected.toFixed(3)}`);
  t.true(Math.abs(seen - expected) <= Math.max(0.02 * expected, least), what);
}

testUnless(false, 'a process has what /proc/PID/task adds up to', async (t) => {
  const worker = await startLoad(t, 'worker', [4, (twoCpus() ?? [0]).join()], {as: 'kt-worker'});
  await restingSchedstat(worker.pid);
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.5']);
  const mark = await kstop.sampleFromNow();
  await restingSchedstat(worker.pid);
  const before = accounted(worker.pid);
  worker.send(`mix ${2000 * LONGER}`);
  t.is(await worker.line(), 'done');
  await restingSchedstat(worker.pid);
  const after = accounted(worker.pid);
  const end = await kstop.sampleFromNow();
  await kstop.stop();
  const rows = rowsOf(kstop, worker.pid, mark + 1, end + 1);
  t.log(JSON.stringify(rows[1]));
  near(t, sumOf(rows, 'cpu_time_ms'), after.cpuMs - before.cpuMs, 0.5, 'CPU time in ms');
  near(t, sumOf(rows, 'run_delay_ms'), after.delayMs - before.delayMs, 0.5, 'run-queue delay in ms');
  near(t, sumOf(rows, 'voluntary_switches'), after.voluntary - before.voluntary, 2, 'voluntary switches');
  near(t, sumOf(rows, 'involuntary_switches'), after.involuntary - before.involuntary, 2, 'involuntary switches');
  near(t, sumOf(rows, 'minor_faults'), after.minor - before.minor, 0, 'minor faults');
  for (const row of rows) {
    t.like(row, {ppid: process.pid, comm: 'kt-worker', uid: 0, threads: 5});
    t.is(row.context_switches, row.voluntary_switches! + row.involuntary_switches!);
    if (row.context_switches)
      t.true(Math.abs(row.avg_timeslice_us! - (1000 * row.cpu_time_ms!) / row.context_switches) < 1);
  }
});

/** The load's own account: clock_gettime and getrusage. */
async function usage(load: Process, line = 'usage') {
  load.send(line);
  const [, ...numbers] = (await load.line(30_000 * SLOW)).split(' ');
  const [cpuNs, voluntary, involuntary, minor] = numbers.map(Number);
  return {cpuMs: cpuNs / 1e6, voluntary, involuntary, minor};
}

testUnless(false, 'threads that end take nothing with them that the kernel keeps', async (t) => {
  const load = await startLoad(t, 'family', [], {as: 'kt-churn'});
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.3', '-p', String(load.pid)]);
  const before = await usage(load);
  const mark = await kstop.sampleFromNow();
  const after = await usage(load, `churn ${2000 * LONGER}`);
  const end = await kstop.sampleFromNow();
  await kstop.stop();
  const rows = rowsOf(kstop, load.pid, mark + 1, end + 1);
  t.true(after.voluntary - before.voluntary > 500, 'hundreds of threads have ended');
  near(t, sumOf(rows, 'cpu_time_ms'), after.cpuMs - before.cpuMs, 1, 'CPU time in ms');
  near(t, sumOf(rows, 'voluntary_switches'), after.voluntary - before.voluntary, 5, 'voluntary switches');
  near(t, sumOf(rows, 'involuntary_switches'), after.involuntary - before.involuntary, 5, 'involuntary switches');
  near(t, sumOf(rows, 'minor_faults'), after.minor - before.minor, 20, 'minor faults');
  // One that has ended may not be gone yet.
  t.true(rows.every(({threads}) => threads! >= 1 && threads! <= 4));
});

testUnless(false, 'memory that a process takes, and a name that it takes later', async (t) => {
  const load = await startLoad(t, 'family', [], {as: 'kt-family'});
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.5', '-p', String(load.pid)]);
  const mark = await kstop.sampleFromNow();
  await usage(load, 'grow 64');
  await usage(load, 'rename kt-renamed');
  const end = await kstop.sampleFromNow();
  await kstop.stop();
  const [first, last] = [
    rowsOf(kstop, load.pid, 0, mark + 1).at(-1)!,
    rowsOf(kstop, load.pid, mark + 1, end + 1).at(-1)!,
  ];
  const resident = 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${load.pid}/status`))?.[1]);
  near(t, last.rss_bytes!, resident, 256 << 10, 'resident bytes');
  const grown = samplesOf(kstop.objects.slice(mark + 1, end + 1)).reduce((sum, {interval_ms, processes}) => {
    const row = processes?.find(({pid}) => pid === load.pid);
    return sum + ((row?.rss_growth_bytes_per_s ?? 0) * interval_ms) / 1000;
  }, 0);
  t.true(Math.abs(grown - (64 << 20)) < 0.02 * (64 << 20), `${grown} bytes of growth`);
  t.is(first.comm, 'kt-family');
  t.is(last.comm, 'kt-renamed');
});

testUnless(false, 'who waits uninterruptibly is shown while he waits', async (t) => {
  const load = await startLoad(t, 'family', [], {as: 'kt-parent'});
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.2', '-p', String(load.pid)]);
  const waited = usage(load, `vfork ${2000 * LONGER}`);
  const began = performance.now();
  const row = await until(
    () => rowsOf(kstop, load.pid).findLast(({waiting_ms: ms = 0, state}) => ms > 1000 && state === 'uninterruptible'),
    10_000 * SLOW,
    'a row of one that waits',
  );
  t.log(JSON.stringify(row));
  t.true(row.waiting_ms! <= performance.now() - began + 100);
  await waited;
  await kstop.sampleFromNow();
  await kstop.stop();
  t.is(rowsOf(kstop, load.pid).at(-1)!.waiting_ms, undefined, 'and no longer');
});

testUnless(
  lacks('taskset'),
  'who is moved to another CPU while he waits uninterruptibly has waited since then, not since the boot',
  async (t) => {
    const pin = ['taskset', '-c', String(cpu)];
    const hog = await startLoad(t, 'worker', [1, cpu], {as: 'kt-hog', through: pin});
    const load = await startLoad(t, 'family', [], {as: 'kt-parent'});
    const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.2', '-p', String(load.pid)]);
    const worst: number[] = [];
    for (let i = 0; i < 10; i++) {
      // It begins beside the hog, and may be anywhere after that.
      must(which('taskset')!, '-p', '-c', String(cpu), String(load.pid));
      must(which('taskset')!, '-p', '-c', `${cpu},${other}`, String(load.pid));
      const from = kstop.objects.length;
      const began = performance.now();
      hog.send(`spin ${500 * LONGER}`);
      await usage(load, `moved ${400 * LONGER}`);
      await hog.line();
      await kstop.sampleFromNow();
      const waits = rowsOf(kstop, load.pid, from).map(({waiting_ms: ms = 0}) => ms);
      worst.push(Math.max(...waits));
      t.true(worst.at(-1)! <= performance.now() - began, `${worst.at(-1)} ms`);
    }
    await kstop.stop();
    t.log(`${worst.join(', ')} ms`);
    t.true(Math.max(...worst) > 100, 'it waited');
  },
);

testUnless(
  lacks('chrt', 'taskset'),
  'who waits for a CPU is shown while he waits, before he has ever got it',
  async (t) => {
    const pin = ['taskset', '-c', String(cpu)];
    const victim = await startLoad(t, 'worker', [1, cpu], {as: 'kt-victim', through: pin});
    const hog = await startLoad(t, 'worker', [1, cpu], {as: 'kt-hog', through: ['chrt', '-f', '10', ...pin]});
    const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.2', '-p', String(victim.pid)]);
    must(which('taskset')!, '-ap', '-c', String(other), String(kstop.pid));
    hog.send(`spin ${3000 * LONGER}`);
    await sleep(100);
    victim.send('spin 5');
    const row = await until(
      // Real-time tasks leave the others 50 ms of each second, if not less.
      () => rowsOf(kstop, victim.pid).find(({waiting_ms: ms = 0}) => ms >= 200),
      10_000 * SLOW,
      'a row of one that waits',
    );
    t.log(JSON.stringify(row));
    t.is(row.state, 'running');
    t.true(row.waiting_ms! < 3500 * LONGER);
    await victim.line();
    await hog.line();
    await kstop.sampleFromNow();
    await kstop.stop();
    const waits = rowsOf(kstop, victim.pid);
    const {delayMs} = accounted(victim.pid);
    t.log(`waited ${delayMs.toFixed(1)} ms in all, the rows have ${sumOf(waits, 'run_delay_ms').toFixed(1)}`);
    t.true(delayMs >= 200);
    t.is(waits.at(-1)!.waiting_ms, undefined, 'and no longer');
  },
);

testUnless(false, 'a number that is given out again begins anew', async (t) => {
  const load = await startLoad(t, 'family', []);
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.2', '--top', '10000']);
  load.send(`reuse ${800 * LONGER}`);
  const [answer, pid, cpuNs] = (await load.line(60_000 * SLOW)).split(' ');
  if (answer !== 'reused') return t.log('others took the number each time');
  await kstop.sampleFromNow();
  await kstop.stop();
  const rows = rowsOf(kstop, Number(pid));
  const [first, second] = ['kt-first', 'kt-second'].map((name) => rows.filter(({comm}) => comm === name));
  t.true(first.length > 0 && second.length > 0);
  near(t, sumOf(second, 'cpu_time_ms'), Number(cpuNs) / 1e6, 2, 'CPU time of the second in ms');
  t.true(sumOf(first, 'cpu_time_ms') > 2 * sumOf(second, 'cpu_time_ms'));
});

testUnless(
  onMachine ? undefined : 'a machine, not a guest: twenty thousand threads',
  'two thousand processes and twenty thousand threads',
  async (t) => {
    const many = await startLoad(t, 'family', [], {as: 'kt-many'});
    await usage(many, 'threads 18000');
    const shell = new Process(t, [
      'sh',
      '-c',
      'i=0; while [ $i -lt 2000 ]; do sleep 60 & all="$all $!"; i=$((i+1)); done; echo ready; read x; kill $all',
    ]);
    t.is(await shell.line(60_000), 'ready');
    const kstop = await Kstop.start(t, ['--probes', 'tasks', '--top', '10000']);
    await kstop.sampleFromNow();
    await kstop.sampleFromNow();
    const {processes = [], interval_ms, self} = kstop.samples.at(-1)!;
    t.log(`${processes.length} rows in ${interval_ms.toFixed(0)} ms; kstop took ${self.cpu_pct} %`);
    t.true(processes.filter(({ppid}) => ppid === shell.pid).length === 2000);
    t.is(processes.find(({pid}) => pid === many.pid)?.threads, 18_001);
    t.is(new Set(processes.map(({pid}) => pid)).size, processes.length, 'each once');
    await kstop.stop();
    shell.send('');
    await shell.end();
  },
);

testUnless(!which('sh') && 'no sh', '--comm and --top choose rows', async (t) => {
  const one = await startLoad(t, 'family', [], {as: 'kt-one'});
  await startLoad(t, 'family', [], {as: 'kt-two'});
  const kstop = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.3', '--comm', 'kt-one']);
  await kstop.sampleFromNow();
  await kstop.stop();
  t.deepEqual([...new Set(kstop.samples.flatMap(({processes = []}) => processes.map(({pid}) => pid)))], [one.pid]);
  const few = await Kstop.start(t, ['--probes', 'tasks', '-i', '0.3', '--top', '3']);
  await few.sampleFromNow();
  await few.stop();
  t.true(few.samples.every(({processes = []}) => processes.length <= 3));
  t.true(few.samples.some(({processes = []}) => processes.length === 3));
});

testUnless(false, 'wake-ups are as many as the sleeps that they ended', async (t) => {
  const storm = await startLoad(t, 'storm', [cpu, 1], {as: 'kt-storm'});
  const kstop = await Kstop.start(t, ['--probes', 'tasks,wakeups', '-i', '0.5', '-p', String(storm.pid)]);
  await kstop.sampleFromNow();
  const mark = await kstop.sampleFromNow();
  storm.send(String(1500));
  t.is(await storm.line(), 'done');
  const end = await kstop.sampleFromNow();
  await kstop.stop();
  const rows = rowsOf(kstop, storm.pid, mark + 1, end + 1);
  const [wakeups, sleeps] = [sumOf(rows, 'wakeups'), sumOf(rows, 'voluntary_switches')];
  t.log(`${wakeups} wake-ups, ${sleeps} voluntary switches`);
  t.true(sleeps > 1000);
  // A sleeper that is woken before it has left its CPU is woken without a switch.
  t.true(wakeups >= 0.98 * sleeps && wakeups <= 1.3 * sleeps);
});
