/**
 * What the scheduler probe costs: nanoseconds a switch by the kernel's own statistics, and how much slower two processes
 * on one CPU hand a byte to and fro while each tool watches them.
 */
import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, nsEach, Statistics} from '../lib/bpf.mjs';
import {splitCpus} from '../lib/machine.mjs';
import {attached, built, findCommand, KSTOP, output, start, stop, UNBOUND} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

/** After this a tool has attached everything, and kstop has ended the measurement of itself that it begins with. */
const SETTLE_MS = 1500;
/** All default ones but vfs, which has a price of its own on every call (vfs-cost). */
const MOST = 'sched,block,oom,faults,pressure,retransmit,drops,traffic,lockup';
const SUBJECTS = {
  nothing: undefined,
  'kstop, sched alone': [KSTOP, ...UNBOUND, '--json', '--probes', 'sched'],
  'kstop, all but vfs': [KSTOP, ...UNBOUND, '--json', '--probes', MOST],
  runqlat: ['runqlat'],
  runqslower: ['runqslower'],
};
const NOTHING = 'nothing';
const [SCHED, ALL] = ['kstop, sched alone', 'kstop, all but vfs'];

/** Subjects that this machine has. */
function available() {
  return Object.keys(SUBJECTS).filter((name) => {
    const command = SUBJECTS[name]?.[0];
    return !command || command.startsWith('/') || findCommand(command);
  });
}

/** Runs `measure(pid)` while a subject is attached. */
async function beside(subject, measure) {
  if (subject === NOTHING) {
    await delay(SETTLE_MS);
    return await measure();
  }
  const [command, ...args] = SUBJECTS[subject];
  const child = start([findCommand(command) ?? command, ...args], {cpus: splitCpus().tools});
  try {
    await attached(child);
    await delay(SETTLE_MS);
    return await measure(child.pid);
  } finally {
    await stop(child);
  }
}

/** Nanoseconds a round trip: the best of some runs, for whatever interrupts one only ever adds. */
async function roundTrip(rounds, runs) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const text = await output([built('pingpong'), String(rounds), String(splitCpus().load)]);
    best = Math.min(best, Number(text));
  }
  return best;
}

/** ns a switch of a subject's programs: {all: with what it does at wake-ups and migrations, one: of the program at switches alone}. */
async function perSwitch(subject, rounds) {
  const statistics = Statistics.start();
  try {
    return await beside(subject, async (pid) => {
      const before = await statistics.of(pid);
      await roundTrip(rounds, 1);
      const programs = growth(before, await statistics.of(pid));
      const switches = programs.find(({name}) => name.includes('switch'));
      if (!switches?.runs) throw new Error(`${subject} has no program at sched_switch that ran`);
      const sched = programs.filter(({name}) => name.includes('sched'));
      return {all: nsEach(sched, switches.runs), one: nsEach([switches], switches.runs)};
    });
  } finally {
    await statistics.close();
  }
}

async function byStatistics(quick) {
  const subjects = available().filter((name) => name !== NOTHING && name !== ALL);
  const values = await alternate(
    quick ? 2 : 5,
    subjects,
    (name) => perSwitch(name, quick ? 30_000 : 200_000),
    progress,
  );
  return subjects.flatMap((name) => {
    const limit = name === SCHED ? {most: 100} : {};
    const one = values.get(name).map((value) => value.one);
    const all = values.get(name).map((value) => value.all);
    const rows = [figure(`${name}: ns a switch, by BPF statistics`, one, {unit: 'ns', digits: 0, ...limit})];
    rows.push(figure(`${name}: the same with wake-ups and migrations`, all, {unit: 'ns', digits: 0}));
    return rows;
  });
}

function progress(round) {
  say(`sched-cost: round ${round}`);
}

function percentSlower(values, name) {
  return values.get(name).map((ns, round) => (ns / values.get(NOTHING)[round] - 1) * 100);
}

/** Ours to runqlat's, round by round; a slowdown that noise made negative is none. */
function ratios(ours, theirs) {
  return ours.map((percent, round) => Math.max(0, percent) / Math.max(0.1, theirs[round]));
}

async function bySlowdown(quick) {
  if (readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8').trim() !== '0')
    throw new Error('kernel.bpf_stats_enabled is on, which slows every tool (switch it off first)');
  const subjects = available();
  const [rounds, runs] = quick ? [30_000, 2] : [100_000, 5];
  const measure = (name) => beside(name, () => roundTrip(rounds, runs));
  const values = await alternate(quick ? 3 : 11, subjects, measure, progress);
  const trips = subjects.map((name) =>
    figure(
      `ping-pong, ${name === NOTHING ? 'nothing attached' : name}: a round trip`,
      values.get(name).map((ns) => ns / 1000),
      {unit: 'µs', digits: 2},
    ),
  );
  const slower = subjects
    .filter((name) => name !== NOTHING)
    .map((name) =>
      figure(`ping-pong, ${name}: slower than nothing in the same round`, percentSlower(values, name), {
        unit: '%',
        ...(name === ALL && {most: 5}),
      }),
    );
  return [...trips, ...slower, ...against(values, 'runqlat', 0.25), ...against(values, 'runqslower')];
}

function against(values, peer, most) {
  const what = `ping-pong: slowdown by the sched probe / by ${peer}`;
  if (!values.has(peer)) return [absent(what, `${peer} is not installed`)];
  const all = ratios(percentSlower(values, SCHED), percentSlower(values, peer));
  return [figure(what, all, {digits: 2, most})];
}

/** The part `sched-cost`. */
export async function schedCost({quick}) {
  return [...(await byStatistics(quick)), ...(await bySlowdown(quick))];
}
