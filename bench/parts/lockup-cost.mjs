/**
 * What the lockup probe costs a machine where nothing is stuck: the looks at each CPU a second, the run time of one, and
 * the timer interrupts that all CPUs took meanwhile, with the probe and without.
 */
import {readFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, Statistics} from '../lib/bpf.mjs';
import {attached, KSTOP, start, stop} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

const [WITH, WITHOUT] = ['with the probe', 'without it'];
/** kstop runs in both, so that its own wake-ups are in both. */
const PROBES = {[WITH]: 'oom,lockup', [WITHOUT]: 'oom'};

/** Local timer interrupts of all CPUs; undefined where the kernel has no such line. */
function timerInterrupts() {
  const line = /^ *LOC:((?: +\d+)+)/m.exec(readFileSync('/proc/interrupts', 'utf8'))?.[1];
  return line
    ?.trim()
    .split(/ +/)
    .reduce((sum, count) => sum + Number(count), 0);
}

async function watch(subject, seconds) {
  const statistics = Statistics.start();
  const child = start([KSTOP, '--json', '--probes', PROBES[subject]]);
  try {
    await attached(child);
    await delay(2000);
    const before = {programs: await statistics.of(child.pid), timers: timerInterrupts(), at: performance.now()};
    await delay(seconds * 1000);
    const looks = growth(before.programs, await statistics.of(child.pid)).find(({name}) => name === 'cpu_clock');
    const cpuSeconds = ((performance.now() - before.at) / 1000) * availableParallelism();
    return {
      ns: looks && looks.ns / looks.runs,
      rate: looks && looks.runs / cpuSeconds,
      timers: before.timers === undefined ? undefined : (timerInterrupts() - before.timers) / cpuSeconds,
    };
  } finally {
    await stop(child);
    await statistics.close();
  }
}

/** The part `lockup-cost`. */
export async function lockupCost({quick}) {
  const measure = (subject) => watch(subject, quick ? 5 : 20);
  const values = await alternate(quick ? 2 : 5, [WITH, WITHOUT], measure, (round) =>
    say(`lockup-cost: round ${round}`),
  );
  const looked = values.get(WITH).filter(({ns}) => ns !== undefined);
  if (looked.length === 0) return [absent('looks at each CPU', 'no perf event can be had here')];
  const rows = [
    figure(
      'looks at each CPU',
      looked.map(({rate}) => rate),
      {unit: 'a second', digits: 2, most: 1.1},
    ),
    figure(
      'one look, by BPF statistics',
      looked.map(({ns}) => ns),
      {unit: 'ns', digits: 0},
    ),
  ];
  for (const subject of [WITH, WITHOUT]) {
    const timers = values.get(subject).flatMap(({timers}) => timers ?? []);
    const what = `timer interrupts of a CPU, ${subject}`;
    rows.push(timers.length > 0 ? figure(what, timers, {unit: 'a second'}) : absent(what, 'not counted here'));
  }
  return rows;
}
