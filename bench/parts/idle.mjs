/**
 * What kstop costs while nothing happens: CPU and memory of the JSON stream and of the screen, once a second, measured
 * from the third second on. An idle machine is the reader's job: what others used meanwhile is shown.
 */
import {availableParallelism} from 'node:os';
import {setTimeout as delay} from 'node:timers/promises';
import {machineTicks} from '../lib/machine.mjs';
import {cpuNs, findCommand, KSTOP, rssMb, start, stop} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';
import {Terminal} from '../lib/terminal.mjs';

const WARM_UP_MS = 3000;
const [JSON_STREAM, SCREEN, HTOP] = ['kstop --json', 'kstop on a screen of 120×40', 'htop, the same'];
const STARTS = {
  [JSON_STREAM]: () => {
    const child = start([KSTOP, '--json'], {stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.resume();
    return {pid: child.pid, stop: () => stop(child)};
  },
  [SCREEN]: () => new Terminal([KSTOP]),
  [HTOP]: () => new Terminal([findCommand('htop'), '-d', '10']),
};

/** CPU in percent of one, the rest of the machine's in the same unit, and resident MB at the end. */
async function watch(subject, seconds) {
  const program = STARTS[subject]();
  try {
    await delay(WARM_UP_MS);
    const before = {cpu: cpuNs(program.pid), ticks: machineTicks(), at: performance.now()};
    await delay(seconds * 1000);
    const ms = performance.now() - before.at;
    const ticks = machineTicks();
    const busy = ((ticks.busy - before.ticks.busy) / (ticks.all - before.ticks.all)) * availableParallelism() * 100;
    const pct = (cpuNs(program.pid) - before.cpu) / ms / 1e4;
    return {pct, others: Math.max(0, busy - pct), mb: rssMb(program.pid)};
  } finally {
    await program.stop();
  }
}

/** The part `idle`. */
export async function idle({quick}) {
  const subjects = [JSON_STREAM, SCREEN, ...(findCommand('htop') ? [HTOP] : [])];
  const measure = (subject) => watch(subject, quick ? 5 : 25);
  const values = await alternate(quick ? 1 : 5, subjects, measure, (round) => say(`idle: round ${round}`));
  const limits = {[JSON_STREAM]: {cpu: {most: 0.5}}, [SCREEN]: {cpu: {most: 1}, mb: {most: 100}}};
  const rows = subjects.flatMap((name) => {
    const runs = values.get(name);
    return [
      figure(
        `${name}: CPU`,
        runs.map(({pct}) => pct),
        {unit: '% of one', digits: 2, ...limits[name]?.cpu},
      ),
      figure(
        `${name}: resident`,
        runs.map(({mb}) => mb),
        {unit: 'MB', ...limits[name]?.mb},
      ),
    ];
  });
  const others = [...values.values()].flat().map((run) => run.others);
  rows.push(figure('all else on the machine meanwhile: CPU', others, {unit: '% of one'}));
  if (subjects.length < 3) rows.push(absent(HTOP, 'htop is not installed'));
  return rows;
}
