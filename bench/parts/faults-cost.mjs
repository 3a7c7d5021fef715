/**
 * What the faults probe costs: nothing a minor fault, which must show in a loop of them with and without it, and its
 * program's run time a major one.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, nsEach, Statistics} from '../lib/bpf.mjs';
import {splitCpus} from '../lib/machine.mjs';
import {attached, built, KSTOP, output, start, stop, UNBOUND} from '../lib/process.mjs';
import {figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

/** After this kstop has ended the measurement of itself that it begins with. */
const SETTLE_MS = 1500;
const FILE_MIB = 8;
const PAGES_A_MIB = 256;
const [NOTHING, FAULTS] = ['nothing attached', 'kstop, faults alone'];

/** Runs `measure(pid)` beside kstop, or beside nothing. */
async function beside(subject, measure) {
  if (subject === NOTHING) return await measure();
  const child = start([KSTOP, ...UNBOUND, '--json', '--probes', 'faults'], {cpus: splitCpus().tools});
  try {
    await attached(child);
    await delay(SETTLE_MS);
    return await measure(child.pid);
  } finally {
    await stop(child);
  }
}

/** {faults, ns} of a loop of faults: how many, and ns each in the best stretch. */
async function loop(kind, count, ...file) {
  const text = await output([built('faults'), kind, String(count), String(splitCpus().load), ...file]);
  const [faults, ns] = text.trim().split(' ').map(Number);
  return {faults, ns};
}

/** Nanoseconds a minor fault: the best of some runs. */
async function minor(runs) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) best = Math.min(best, (await loop('minor', 50_000)).ns);
  return best;
}

/** Run time of the program over the major faults that the kernel counted. */
async function major(file) {
  const statistics = Statistics.start();
  try {
    return await beside(FAULTS, async (pid) => {
      const before = await statistics.of(pid);
      const {faults} = await loop('major', FILE_MIB * PAGES_A_MIB, file);
      const programs = growth(before, await statistics.of(pid)).filter(({name}) => name === 'major_fault');
      if (faults < 100) throw new Error(`only ${faults} of the pages were not in memory`);
      return nsEach(programs, faults);
    });
  } finally {
    await statistics.close();
  }
}

/** The part `faults-cost`. */
export async function faultsCost({quick}) {
  const folder = mkdtempSync(built('faults-'));
  const file = join(folder, 'file');
  try {
    await output(['dd', 'if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${FILE_MIB}`, 'conv=fsync', 'status=none']);
    const progress = (round) => say(`faults-cost: round ${round}`);
    const majors = await alternate(quick ? 1 : 5, [FAULTS], () => major(file), progress);
    const measure = (subject) => beside(subject, () => minor(quick ? 5 : 10));
    const values = await alternate(quick ? 3 : 11, [NOTHING, FAULTS], measure, progress);
    const slower = values.get(FAULTS).map((ns, round) => (ns / values.get(NOTHING)[round] - 1) * 100);
    return [
      figure(`${FAULTS}: ns a major fault, by BPF statistics`, majors.get(FAULTS), {unit: 'ns', digits: 0}),
      figure(`a minor fault, ${NOTHING}`, values.get(NOTHING), {unit: 'ns', digits: 0}),
      figure(`a minor fault, ${FAULTS}`, values.get(FAULTS), {unit: 'ns', digits: 0}),
      figure('the same: slower than nothing in the same round', slower, {unit: '%', digits: 1}),
    ];
  } finally {
    rmSync(folder, {recursive: true});
  }
}
