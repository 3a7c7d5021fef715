/**
 * What the vfs probe costs a read of a cached file, and every other system call: loops of calls without and with kstop,
 * beside empty programs at the same hooks and other tools. No statistics: the calls' own time tells.
 */
import {rmSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {splitCpus} from '../lib/machine.mjs';
import {built, findCommand, KSTOP, loaded, output, SYSCOUNT, start, stop, UNBOUND} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

/** After this kstop has ended the measurement of itself that it begins with. */
const SETTLE_MS = 1500;
const NOTHING = 'nothing attached';
const EMPTY = 'empty programs at sys_enter and sys_exit';
const OURS = 'kstop, vfs alone';
/** Latency of pread by bpftrace, at that call's own tracepoints: no other call runs its programs. */
const BPFTRACE = `tracepoint:syscalls:sys_enter_pread64 { @began[tid] = nsecs; }
  tracepoint:syscalls:sys_exit_pread64 /@began[tid]/ { @ns = hist(nsecs - @began[tid]); delete(@began[tid]); }`;
const SUBJECTS = {
  [NOTHING]: undefined,
  [EMPTY]: [built('pair'), built('pair.bpf.o')],
  [OURS]: [KSTOP, ...UNBOUND, '--json', '--probes', 'vfs'],
  'bpftrace, pread alone': ['bpftrace', '-e', BPFTRACE],
  'syscount -L': SYSCOUNT,
};
const KINDS = ['pread of a file', 'pread of /dev/zero', 'getppid'];

/** Nanoseconds of one call of each kind while the subject watches; undefined when it can't attach here. */
async function perCall(subject, file, runs, why) {
  const measure = async () => {
    await delay(SETTLE_MS);
    const text = await output([built('calls'), file, String(splitCpus().load), String(runs)]);
    return text.trim().split(' ').map(Number);
  };
  if (!SUBJECTS[subject]) return await measure();
  const [command, ...args] = SUBJECTS[subject];
  const child = start([findCommand(command) ?? command, ...args], {cpus: splitCpus().tools});
  try {
    await loaded(child);
    return await measure();
  } catch (error) {
    why.set(subject, error.message);
    return undefined;
  } finally {
    await stop(child);
  }
}

/** By which method kstop's probe is attached here. */
async function method() {
  const [header] = (await output([KSTOP, '--json', '--probes', 'vfs', '-d', '0.3'])).split('\n');
  return JSON.parse(header).probes.find(({id}) => id === 'vfs').method;
}

/** Of each round in which both are known: what `name` adds to `base`. */
function added(values, kind, name, base) {
  const pairs = values.get(name).map((each, round) => [each, values.get(base)[round]]);
  return pairs.filter(([a, b]) => a && b).map(([a, b]) => a[kind] - b[kind]);
}

/** The part `vfs-cost`. */
export async function vfsCost({quick}) {
  const file = built('vfs-cost.data');
  writeFileSync(file, 'x'.repeat(4096));
  const subjects = Object.keys(SUBJECTS).filter(
    (name) => !SUBJECTS[name] || findCommand(SUBJECTS[name][0]) || SUBJECTS[name][0].startsWith('/'),
  );
  try {
    const why = new Map();
    const by = await method();
    // At the system calls what it adds to the empty pair is its own; by fexit it is all.
    const base = by === 'tp_btf' ? EMPTY : NOTHING;
    const values = await alternate(
      quick ? 3 : 9,
      subjects,
      (name) => perCall(name, file, quick ? 300 : 1000, why),
      (round) => say(`vfs-cost: round ${round}`),
    );
    const rows = KINDS.map((kind, i) =>
      figure(
        `${kind}, ${NOTHING}`,
        values.get(NOTHING).map((each) => each[i]),
        {unit: 'ns', digits: 0},
      ),
    );
    for (const name of subjects.slice(1)) {
      for (const [i, kind] of KINDS.entries()) {
        const ns = added(values, i, name, NOTHING);
        if (ns.length === 0 && i === 0) rows.push(absent(name, why.get(name)));
        if (ns.length > 0) rows.push(figure(`${kind}, ${name}: more than nothing`, ns, {unit: 'ns', digits: 0}));
      }
    }
    for (const [i, kind] of KINDS.entries()) {
      const limit = i === 0 ? {most: 150} : {};
      rows.push(
        figure(`${kind}, kstop by ${by}: more than ${base}`, added(values, i, OURS, base), {
          unit: 'ns',
          digits: 0,
          ...limit,
        }),
      );
    }
    return rows;
  } finally {
    rmSync(file, {force: true});
  }
}
