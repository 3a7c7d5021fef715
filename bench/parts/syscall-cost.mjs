/**
 * What the syscall probe costs every system call: a loop of getppid without and with kstop, beside empty programs at the same
 * hooks, vfs and both at once, and other tools. No statistics: the calls' own time tells.
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
/** Whatever keeps exact times costs as much. */
const CLOCK = 'programs that only read the clock there';
const OURS = 'kstop, syscall alone';
const VFS = 'kstop, vfs alone';
const BOTH = 'kstop, syscall and vfs';
const BPFTRACE = `tracepoint:raw_syscalls:sys_enter { @began[tid] = nsecs; }
  tracepoint:raw_syscalls:sys_exit /@began[tid]/ { @ns[args->id] = hist(nsecs - @began[tid]); delete(@began[tid]); }`;
const SUBJECTS = {
  [NOTHING]: undefined,
  'empty programs at sys_enter and sys_exit': [built('pair'), built('pair.bpf.o')],
  [CLOCK]: [built('pair'), built('clock.bpf.o')],
  [OURS]: [KSTOP, ...UNBOUND, '--json', '--probes', 'syscall'],
  [VFS]: [KSTOP, ...UNBOUND, '--json', '--probes', 'vfs'],
  [BOTH]: [KSTOP, ...UNBOUND, '--json', '--probes', 'syscall,vfs'],
  'syscount -L': SYSCOUNT,
  bpftrace: ['bpftrace', '-e', BPFTRACE],
};
const KINDS = ['pread of a file', 'pread of /dev/zero', 'getppid'];
const GETPPID = 2;

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

/** Of each round in which both are known: what `name` adds to `base`. */
function added(values, kind, name, base) {
  const pairs = values.get(name).map((each, round) => [each, values.get(base)[round]]);
  return pairs.filter(([a, b]) => a && b).map(([a, b]) => a[kind] - b[kind]);
}

/** What kstop (or `whose`) adds to a getppid, in percent of what another tool adds in the same round. */
function shareOf(values, other, whose = OURS) {
  const [ours, theirs] = [whose, other].map((name) => values.get(name));
  const nothing = values.get(NOTHING);
  const known = ours.map((_, i) => i).filter((i) => ours[i] && theirs[i] && nothing[i]);
  return known.map(
    (i) => (100 * (ours[i][GETPPID] - nothing[i][GETPPID])) / (theirs[i][GETPPID] - nothing[i][GETPPID]),
  );
}

/** The part `syscall-cost`. */
export async function syscallCost({quick}) {
  const file = built('syscall-cost.data');
  writeFileSync(file, 'x'.repeat(4096));
  const subjects = Object.keys(SUBJECTS).filter(
    (name) => !SUBJECTS[name] || findCommand(SUBJECTS[name][0]) || SUBJECTS[name][0].startsWith('/'),
  );
  try {
    const why = new Map();
    const values = await alternate(
      quick ? 3 : 9,
      subjects,
      (name) => perCall(name, file, quick ? 300 : 1000, why),
      (round) => say(`syscall-cost: round ${round}`),
    );
    const all = (kind) => values.get(NOTHING).map((each) => each[kind]);
    const rows = [figure(`getppid, ${NOTHING}`, all(GETPPID), {unit: 'ns', digits: 0})];
    for (const name of subjects.slice(1)) {
      const kinds = name === OURS ? KINDS : [KINDS[GETPPID]];
      for (const kind of kinds) {
        const ns = added(values, KINDS.indexOf(kind), name, NOTHING);
        if (ns.length === 0) rows.push(absent(name, why.get(name)));
        else rows.push(figure(`${kind}, ${name}: more than nothing`, ns, {unit: 'ns', digits: 0}));
      }
    }
    const second = added(values, GETPPID, BOTH, OURS);
    if (second.length > 0)
      rows.push(figure('getppid, vfs beside syscall: more than syscall alone', second, {unit: 'ns', digits: 0}));
    for (const other of ['syscount -L', 'bpftrace'].filter((name) => values.has(name))) {
      const share = shareOf(values, other);
      if (share.length > 0)
        rows.push(figure(`getppid, kstop: of what ${other} adds`, share, {unit: '%', digits: 0, most: 50}));
      const least = shareOf(values, other, CLOCK);
      if (least.length > 0)
        rows.push(figure(`getppid, ${CLOCK}: of what ${other} adds`, least, {unit: '%', digits: 0}));
    }
    return rows;
  } finally {
    rmSync(file, {force: true});
  }
}
