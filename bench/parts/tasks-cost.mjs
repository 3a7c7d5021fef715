/**
 * What a pass of the process table costs with 10,000 threads asleep: the iterator's program by the kernel's BPF
 * statistics, and all of kstop's CPU time an interval, more than with nobody there.
 */
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, Statistics} from '../lib/bpf.mjs';
import {attached, built, cpuNs, KSTOP, start, stop, UNBOUND} from '../lib/process.mjs';
import {figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

const THREADS = 10_000;
/** After this kstop has ended the measurement of itself that it begins with. */
const SETTLE_MS = 2500;
const NOBODY = 'nobody more';
const CROWDS = {[NOBODY]: undefined, 'as 1,000 processes': [1000, 10], 'as 10,000 processes': [10_000, 1]};

/** Runs `measure` with a crowd asleep. */
async function among(crowd, measure) {
  if (!crowd) return await measure();
  const child = start([built('sleepers'), ...crowd.map(String)], {stdio: ['pipe', 'pipe', 'pipe']});
  try {
    const {done} = await createInterface({input: child.stdout})[Symbol.asyncIterator]().next();
    if (done) throw new Error('sleepers ended before all were there');
    return await measure();
  } finally {
    child.stdin.end('\n');
    await child.ended;
  }
}

/** {ns: of the program a thread, ms: of CPU time an interval}. */
async function pass(seconds) {
  const child = start([KSTOP, ...UNBOUND, '--json', '--probes', 'tasks'], {stdio: ['ignore', 'pipe', 'pipe']});
  child.stdout.resume();
  try {
    await attached(child);
    await delay(SETTLE_MS);
    const before = cpuNs(child.pid);
    await delay(seconds * 1000);
    const ms = (cpuNs(child.pid) - before) / 1e6 / seconds;
    const statistics = Statistics.start();
    const first = await statistics.of(child.pid);
    await delay(3000);
    const programs = growth(first, await statistics.of(child.pid)).filter(({name}) => name === 'list_tasks');
    await statistics.close();
    const runs = programs.reduce((sum, program) => sum + program.runs, 0);
    return {ms, ns: programs.reduce((sum, program) => sum + program.ns, 0) / runs};
  } finally {
    await stop(child);
  }
}

/** The part `tasks-cost`. */
export async function tasksCost({quick}) {
  const measure = (name) => among(CROWDS[name], () => pass(quick ? 4 : 10));
  const progress = (round) => say(`tasks-cost: round ${round}`);
  const values = await alternate(quick ? 1 : 5, Object.keys(CROWDS), measure, progress);
  const base = values.get(NOBODY);
  return Object.keys(CROWDS)
    .filter((name) => name !== NOBODY)
    .flatMap((name) => {
      const runs = values.get(name);
      const more = runs.map(({ms}, round) => ms - base[round].ms);
      return [
        figure(
          `${THREADS} threads ${name}: the iterator's program, a thread`,
          runs.map(({ns}) => ns),
          {unit: 'ns', digits: 0, most: 600},
        ),
        figure(`the same: all of kstop's CPU time more, an interval`, more, {unit: 'ms', digits: 1, most: 15}),
      ];
    });
}
