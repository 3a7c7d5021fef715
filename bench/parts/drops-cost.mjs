/**
 * What the drops probe costs a freed packet: run time of its program by the kernel's statistics over its runs, while
 * datagrams come for a port where nobody listens. Limit: 100 ns, also where packets were dropped in many network
 * namespaces before. Beside it bpftrace, counting the same tracepoint.
 */
import {setTimeout as delay} from 'node:timers/promises';
import {growth, nsEach, Statistics} from '../lib/bpf.mjs';
import {built, fdNumbers, findCommand, KSTOP, output, start, stop, UNBOUND} from '../lib/process.mjs';
import {absent, figure, say} from '../lib/report.mjs';
import {alternate} from '../lib/stats.mjs';

const OURS = 'kstop, drops alone';
/** The same in the last of so many namespaces: those with places of their own are taken. */
const OTHERS = {[`${OURS}, in the 40th namespace`]: 40, [`${OURS}, in the 200th namespace`]: 200};
/** bpftrace finds tracepoints in tracefs, which not every machine has mounted: in a mount namespace of its own. */
const WITH_TRACEFS =
  'mount -t tracefs tracefs /sys/kernel/tracing; mount -t debugfs debugfs /sys/kernel/debug; exec "$@"';
const BPFTRACE = ['bpftrace', '-e', 'tracepoint:skb:kfree_skb { @[args->reason] = count(); }'];
const KSTOP_DROPS = [KSTOP, ...UNBOUND, '--json', '--probes', 'drops'];
const SUBJECTS = {
  [OURS]: KSTOP_DROPS,
  ...Object.fromEntries(Object.keys(OTHERS).map((name) => [name, KSTOP_DROPS])),
  'bpftrace, kfree_skb by reason': ['unshare', '--mount', 'sh', '-c', WITH_TRACEFS, 'sh', ...BPFTRACE],
};

/** Waits until a program holds BPF programs. */
async function loaded(child) {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) break;
    if (fdNumbers(child.pid, 'prog_id').length > 0) return;
    await delay(50);
  }
  throw new Error(`${child.spawnargs[0]} loaded nothing: ${child.said.trim().split('\n')[0]}`);
}

/** In a network namespace of its own, which is gone afterwards. */
const alone = (...command) => ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command];

async function flood(datagrams, apart) {
  const command = [built('udp-flood'), String(datagrams)];
  const [sent, ns] = (await output(apart ? alone(...command) : command)).trim().split(' ').map(Number);
  if (sent < datagrams / 2) throw new Error(`only ${sent} of ${datagrams} datagrams were sent`);
  return {sent, ns};
}

/** ns a freed packet while the subject watches; undefined when it can't attach here. */
async function perPacket(subject, datagrams) {
  const [command, ...args] = SUBJECTS[subject];
  const statistics = Statistics.start();
  const child = start([findCommand(command) ?? command, ...args]);
  try {
    await loaded(child);
    await delay(1500);
    const others = OTHERS[subject] ?? 0;
    for (let i = 1; i < others; i++) await flood(10, true);
    const before = await statistics.of(child.pid);
    await flood(datagrams, others > 0);
    const grown = growth(before, await statistics.of(child.pid));
    const runs = grown.reduce((sum, each) => sum + each.runs, 0);
    if (runs < datagrams / 2) throw new Error(`its programs ran ${runs} times for ${datagrams} datagrams`);
    return nsEach(grown, runs);
  } finally {
    await stop(child);
    await statistics.close();
  }
}

/** The part `drops-cost`. */
export async function dropsCost({quick}) {
  const why = new Map();
  const measure = async (subject) => {
    try {
      return await perPacket(subject, quick ? 200_000 : 500_000);
    } catch (error) {
      why.set(subject, error.message);
      return undefined;
    }
  };
  const subjects = Object.keys(SUBJECTS).filter((name) => name.startsWith(OURS) || findCommand('bpftrace'));
  const values = await alternate(quick ? 2 : 5, subjects, measure, (round) => say(`drops-cost: round ${round}`));
  return subjects.map((name) => {
    const what = `${name}: ns a freed packet, by BPF statistics`;
    const known = values.get(name).filter((value) => value !== undefined);
    if (known.length === 0) return absent(what, why.get(name));
    return figure(what, known, {unit: 'ns', digits: 0, ...(name.startsWith(OURS) && {most: 100})});
  });
}
