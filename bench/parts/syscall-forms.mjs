/**
 * Two forms of a probe of slow calls beside each other, and a tool of the first kind: programs at every call's begin and
 * end, or one at the task switch that sees the calls that block. In a loop of calls that never block and in a ping-pong
 * where each one does.
 */
import {rmSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {growth, Statistics} from '../lib/bpf.mjs';
import {splitCpus} from '../lib/machine.mjs';
import {built, findCommand, KSTOP, loaded, output, SYSCOUNT, start, stop, UNBOUND} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

/** After this kstop has ended the measurement of itself that it begins with. */
const SETTLE_MS = 1500;
const NOTHING = 'nothing attached';
const SUBJECTS = {
  [NOTHING]: undefined,
  'at begin and end (kstop, syscall alone)': [KSTOP, ...UNBOUND, '--json', '--probes', 'syscall'],
  'at the task switch (blocked calls)': [built('pair'), built('blocked.bpf.o')],
  'syscount -L': SYSCOUNT,
};
const GETPPID = 2;
/** Many short ones, of which the best counts: whatever interrupts one only ever adds. */
const ROUND_TRIPS = 1000;

const pingpong = (trips) => output([built('pingpong'), String(trips), String(splitCpus().load)]);

/** Nanoseconds of its programs a run, by the kernel's statistics, while a ping-pong makes calls that block. */
async function runNs(pid) {
  const statistics = Statistics.start();
  try {
    const before = await statistics.of(pid);
    await pingpong(20 * ROUND_TRIPS);
    const ran = growth(before, await statistics.of(pid)).filter(({runs}) => runs > ROUND_TRIPS);
    return ran.reduce((sum, {ns, runs}) => sum + ns / runs, 0);
  } finally {
    await statistics.close();
  }
}

async function measure(file, quick, pid) {
  await delay(SETTLE_MS);
  const calls = await output([built('calls'), file, String(splitCpus().load), quick ? '200' : '500']);
  let trip = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (quick ? 15 : 40); i++) trip = Math.min(trip, Number(await pingpong(ROUND_TRIPS)));
  return {getppid: Number(calls.trim().split(' ')[GETPPID]), trip, run: pid && (await runNs(pid))};
}

/** The figures while the subject watches; undefined when it can't attach here. */
async function beside(subject, file, quick, why) {
  if (!SUBJECTS[subject]) return await measure(file, quick);
  const [command, ...args] = SUBJECTS[subject];
  const child = start([findCommand(command) ?? command, ...args], {cpus: splitCpus().tools});
  try {
    await loaded(child);
    return await measure(file, quick, child.pid);
  } catch (error) {
    why.set(subject, error.message);
    return undefined;
  } finally {
    await stop(child);
  }
}

const KINDS = {getppid: 'getppid, which never blocks', trip: 'a round trip of ping-pong, in which two reads block'};

function rowsOf(values, why) {
  const rows = [];
  for (const [kind, what] of Object.entries(KINDS)) {
    const nothing = values.get(NOTHING).map((each) => each[kind]);
    rows.push(figure(`${what}: ${NOTHING}`, nothing, {unit: 'ns', digits: 0}));
    for (const name of [...values.keys()].slice(1)) {
      const more = values.get(name).flatMap((each, round) => (each ? [each[kind] - nothing[round]] : []));
      if (more.length === 0) rows.push(absent(name, why.get(name)));
      else rows.push(figure(`${what}: ${name}, more than nothing`, more, {unit: 'ns', digits: 0}));
    }
  }
  for (const [name, each] of [...values].slice(1)) {
    const runs = each.flatMap((known) => (known ? [known.run] : []));
    if (runs.length > 0)
      rows.push(figure(`${name}: its programs together, by BPF statistics`, runs, {unit: 'ns', digits: 0}));
  }
  return rows;
}

/** The part `syscall-forms`. */
export async function syscallForms({quick}) {
  const file = built('syscall-forms.data');
  writeFileSync(file, 'x'.repeat(4096));
  const why = new Map();
  try {
    const values = await alternate(
      quick ? 3 : 9,
      Object.keys(SUBJECTS),
      (name) => beside(name, file, quick, why),
      (round) => say(`syscall-forms: round ${round}`),
    );
    return rowsOf(values, why);
  } finally {
    rmSync(file, {force: true});
  }
}
