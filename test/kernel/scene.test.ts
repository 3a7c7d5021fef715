/**
 * One machine with a hog and its victim on one CPU and a cgroup at its cpu.max on the other: in the stream, on the screen and
 * in plain text a user sees within seconds who waits, because of whom, and who is only throttled.
 */
import {readdirSync} from 'node:fs';
import {getPriority} from 'node:os';
import type {ExecutionContext} from 'ava';
import type {ProcessRow} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {environment, Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {type Process, startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {LONGER, SLOW} from './util/wait.ts';
import {read, schedstat} from './util/witness.ts';

const cpus = twoCpus();
const reason = (!cpus && 'one CPU only') || lacksController('cpu');
/** Of each 50 ms the limited cgroup may run 10. */
const PERIOD_US = 50_000;
const QUOTA_US = 10_000;

interface Scene {
  hog: Process;
  victim: Process;
  limited: Process;
  /** Of all three: what a busy machine’s others do to each other is left out by it. */
  only: string[];
  /** The limited one’s, and its path as events have it. */
  group: Cgroup;
  path: string;
  all: Process[];
}

/** A cgroup of the controller cpu, and where that has a hierarchy of its own the same path among the unified ones. */
interface Place {
  cpu: Cgroup;
  unified: Cgroup;
  enter: string[];
}

/** As container runtimes do it: one path in all hierarchies. */
function place(t: ExecutionContext, name?: string, below?: Place): Place {
  const cpu = Cgroup.make(t, 'cpu', {name, below: below?.cpu});
  if (cpu.v2) return {cpu, unified: cpu, enter: cpu.enter};
  const unified = Cgroup.make(t, undefined, {name: name ?? cpu.path.slice(1), below: below?.unified});
  return {cpu, unified, enter: [...cpu.enter, ...unified.enter]};
}

/** The hog has three times the victim’s weight, and all of them that of twenty others. They spin until they are killed. */
async function scene(t: ExecutionContext): Promise<Scene> {
  const [cpu, other] = cpus!;
  const all = place(t);
  const {v2} = all.cpu;
  all.cpu.write(v2 ? 'cpu.weight' : 'cpu.shares', v2 ? '2000' : '20480');
  if (v2) all.cpu.write('cgroup.subtree_control', '+cpu');
  const [free, held] = [place(t, 'free', all), place(t, 'limited', all)];
  if (v2) held.cpu.write('cpu.max', `${QUOTA_US} ${PERIOD_US}`);
  else {
    held.cpu.write('cpu.cfs_period_us', String(PERIOD_US));
    held.cpu.write('cpu.cfs_quota_us', String(QUOTA_US));
  }
  const start = (as: string, on: number, {enter}: Place, nice = 0) =>
    startLoad(t, 'worker', [1, on], {as, through: [...enter, 'nice', '-n', String(nice - getPriority())]});
  const hog = await start('kt-hog', cpu, free);
  const victim = await start('kt-victim', cpu, free, 5);
  const limited = await start('kt-limited', other, held);
  const {path} = all.unified;
  return {
    hog,
    victim,
    limited,
    only: ['--cgroup', path],
    group: held.cpu,
    path: held.unified.path,
    all: [hog, victim, limited],
  };
}

function begin({all}: Scene): void {
  for (const each of all) each.send(`spin ${300_000 * SLOW}`);
}

/** How often and how long (milliseconds) the kernel has throttled a cgroup. */
function throttling(group: Cgroup): {times: number; ms: number} {
  const {nr_throttled, throttled_usec, throttled_time} = group.figures('cpu.stat');
  return {times: nr_throttled!, ms: group.v2 ? throttled_usec! / 1000 : throttled_time! / 1e6};
}

/** CPU time of a worker’s one thread that works, in milliseconds. */
function ranMs({pid}: Process): number {
  const tids = readdirSync(`/proc/${pid}/task`).filter((tid) => tid !== String(pid));
  return sum(tids, (tid) => Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(' ')[0]) / 1e6);
}

const sum = <Row>(rows: readonly Row[], figure: (row: Row) => number | undefined): number =>
  rows.reduce((all, row) => all + (figure(row) ?? 0), 0);

testUnless(reason, 'in the stream: who waits, because of whom, and who is throttled', async (t) => {
  const on = await scene(t);
  const {hog, victim, limited, group, path} = on;
  const kstop = await Kstop.start(t, ['--probes', 'sched,tasks', ...on.only]);
  const [waitedBefore, heldBefore] = [schedstat(victim.pid).waitNs, throttling(group)];
  const began = performance.now();
  begin(on);
  await kstop.event('SCHED_LATENCY', ({pid, culprits}) =>
    Boolean(pid === victim.pid && culprits?.some((culprit) => culprit.pid === hog.pid)),
  );
  await kstop.event('SCHED_LATENCY', ({pid, cause}) => pid === limited.pid && cause === 'throttled');
  t.log(`both were told after ${(performance.now() - began).toFixed(0)} ms`);
  for (const end = began + 4000 * LONGER; performance.now() < end; ) await kstop.sampleFromNow();
  const waitedMs = (schedstat(victim.pid).waitNs - waitedBefore) / 1e6;
  const hogMs = ranMs(hog);
  const held = throttling(group);
  await Promise.all(on.all.map((each) => each.kill()));
  await kstop.sampleFromNow();
  await kstop.stop();

  const events = kstop.events('SCHED_LATENCY');
  const culprits = events.filter(({pid}) => pid === victim.pid).flatMap((event) => event.culprits ?? []);
  const blamedMs = sum(culprits, ({pid, ran_us}) => (pid === hog.pid ? ran_us / 1000 : 0));
  t.log(
    `the victim waited ${waitedMs.toFixed(0)} ms by the kernel, while the hog ran ${hogMs.toFixed(0)}; ` +
      `${blamedMs.toFixed(0)} are blamed on it`,
  );
  t.true(waitedMs > 1000 * LONGER, 'the victim waited');
  // Waits under the threshold are told by nobody; the last one ends after the witnesses were read.
  const most = Math.min(hogMs, waitedMs);
  t.true(blamedMs >= 0.7 * most && blamedMs <= 1.02 * most + 200, 'because of the hog, as long as that ran');
  for (const {pid, comm} of culprits) if (pid === hog.pid) t.is(comm, 'kt-hog');

  const throttled = events.filter(({pid, cause}) => pid === limited.pid && cause === 'throttled');
  const [times, heldMs] = [held.times - heldBefore.times, held.ms - heldBefore.ms];
  const toldMs = sum(events, ({pid, throttled_us = 0}) => (pid === limited.pid ? throttled_us / 1000 : 0));
  t.log(`throttled ${times} times for ${heldMs.toFixed(0)} ms; told: ${throttled.length}, ${toldMs.toFixed(0)} ms`);
  // Where others want the CPU too, some waits are throttling for the lesser part.
  t.true(times >= 10 && throttled.length >= Math.min(10, 0.5 * times) && throttled.length <= times + 10);
  t.true(toldMs >= 0.7 * heldMs && toldMs <= 1.1 * heldMs + 200);
  for (const {cgroup, culprits: blamed, covered_pct} of throttled)
    t.deepEqual([cgroup, blamed, covered_pct], [path, undefined, undefined]);

  const pairs = kstop.samples
    .flatMap(({blame = []}) => blame)
    .filter(({victim: {pid}, culprit}) => pid === victim.pid && culprit.pid === hog.pid);
  t.true(Math.abs(sum(pairs, ({wait_ms}) => wait_ms) - blamedMs) < 1, 'the samples have the same blame');
  const rows = kstop.samples.flatMap(({processes = []}) => processes);
  const figure = (of: Process, name: 'cpu_time_ms' | 'run_delay_ms') =>
    sum(rows, (row: ProcessRow) => (row.pid === of.pid ? row[name] : 0));
  for (const each of on.all) t.true(figure(each, 'cpu_time_ms') > 0, each.command.join(' '));
  t.true(figure(hog, 'cpu_time_ms') > figure(victim, 'cpu_time_ms'));
  t.true(figure(victim, 'run_delay_ms') >= 0.7 * waitedMs, 'and the process table the wait');

  const {findings = [], blame = [], processes = []} = kstop.summary ?? {};
  t.log(findings.filter((each) => each.startsWith('sched:')).join('\n'));
  const pair = blame.find((row) => row.victim.pid === victim.pid && row.culprit.pid === hog.pid);
  t.true(Math.abs(pair!.wait_ms - blamedMs) < 1, 'the summary has the blame too');
  t.is(processes.find(({pid}) => pid === hog.pid)?.comm, 'kt-hog');
  const [says, holds] = [`pid ${victim.pid} kt-victim waited `, `${path} was held to its own limit (cpu.max): pid `];
  // Beside many others that run at the same time the hog has less than half of the blame, and the finding is of who has most.
  if (pair === blame[0] && blamedMs > 0.55 * waitedMs)
    t.regex(findings.find((each) => each.includes(says)) ?? '', new RegExp(`% of it behind pid ${hog.pid} kt-hog$`));
  t.regex(
    findings.find((each) => each.includes(holds)) ?? '',
    new RegExp(`${limited.pid} kt-limited was throttled for .* of the time`),
  );
  t.false(
    findings.some((each) => each.includes(`pid ${limited.pid} kt-limited waited`)),
    'that one is nobody’s victim',
  );
});

testUnless(reason, 'in plain text: the tables of the summary', async (t) => {
  const on = await scene(t);
  begin(on);
  const options = ['--plain', '-q', '--no-histogram', '-d', String(4 * LONGER), '--max-overhead', '100', ...on.only];
  const {code, stdout, stderr} = await runToEnd([...PROGRAM, ...options], environment(), 60_000 * SLOW);
  t.is(code, 0, stderr);
  t.log(stdout);
  const section = (title: string) => stdout.split('\n\n').find((each) => each.startsWith(title)) ?? '';
  const [processes, blame] = [section('PROCESSES'), section('WHO WAITED BECAUSE OF WHOM')];
  for (const [each, name] of [
    [on.hog, 'kt-hog'],
    [on.victim, 'kt-victim'],
    [on.limited, 'kt-limited'],
  ] as const)
    t.regex(processes, new RegExp(`^ *${each.pid}  ${name} +[\\d.]+m?s +[\\d.]+[mu]?s `, 'm'));
  t.regex(blame, new RegExp(`^kt-victim\\[${on.victim.pid}\\] +CPU +[\\d.]+m?s .* kt-hog\\[${on.hog.pid}\\]`, 'm'));
  t.regex(stdout, new RegExp(`${on.path} was held to its own limit \\(cpu\\.max\\): pid ${on.limited.pid} kt-limited`));
});

testUnless(
  reason || (process.env.KSTOP_VM && 'an emulated CPU is too slow for a screen'),
  'on the screen: views Sched and Processes',
  async (t) => {
    const on = await scene(t);
    const command = [...PROGRAM, '--max-overhead', '100', ...on.only];
    const pty = new Pty({columns: 160, rows: 50, command, env: environment() as Record<string, string>});
    t.teardown(() => pty.kill());
    const shows = (what: RegExp) => pty.until((text) => what.test(text), String(what), 15_000);
    await shows(/LIVE/);
    begin(on);
    const {hog, victim, limited} = on;
    pty.send('2');
    await shows(new RegExp(`${victim.pid} kt-victim +[\\d.]+m?s +[\\d.]+% +${hog.pid} kt-hog`));
    await shows(new RegExp(`${limited.pid} kt-limited .*its own limit \\(cpu`));
    t.log(pty.text);
    pty.send('6');
    for (const [pid, name] of [
      [hog.pid, 'kt-hog'],
      [victim.pid, 'kt-victim'],
      [limited.pid, 'kt-limited'],
    ])
      await shows(new RegExp(`RUNQ +WAITING[\\s\\S]*\\b${pid} .*${name}`));
    t.log(pty.text);
    pty.send('q');
    await pty.end(15_000);
    t.regex(pty.raw, /rc 0/);
  },
);
