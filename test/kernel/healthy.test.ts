/**
 * A healthy host is shown as one, all along: an idle one, and one that compiles, serves and copies with CPU to spare.
 * KSTOP_HEALTHY_MINUTES is how long each of the two is watched (10 is what counts). Nothing else may run on the machine
 * meanwhile, so they run only when asked for.
 */
import {spawnSync} from 'node:child_process';
import {openSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Sample, Status, SubsystemName} from '../../src/types/stream.ts';
import {type Judged, judged} from './util/beneath.ts';
import {building, serving} from './util/busy.ts';
import {folder, quickDisk} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {lacks, testUnless} from './util/machine.ts';
import {sleep} from './util/wait.ts';

const MINUTES = Number(process.env.KSTOP_HEALTHY_MINUTES ?? 0);
/** Programs are read from the disk the first time. */
const SETTLE_MS = 20_000;
/** With less than this left on average, a host isn't plainly healthy and the test says nothing. */
const MOST_BUSY_PCT = 90;

/** Of the samples, how many may tell of what the machine beneath this one did: an event of its own is told for 90 s. */
const MOST_BENEATH = 0.5;
/** A disk that others use as well may be slow all along. */
const OF_THE_DISK: SubsystemName[] = ['block', 'vfs'];

const unasked =
  (process.env.KSTOP_VM && 'an emulated guest is never idle') ||
  (MINUTES <= 0 && 'not asked for: KSTOP_HEALTHY_MINUTES=10 and a machine with nothing else to do');

interface Trouble {
  name: SubsystemName;
  told: string;
  /** Nobody on this machine did it. */
  isBeneath: boolean;
}

/** What isn't as it should be in one sample. */
function troubles(kstop: Kstop, {subsystems, time, mono_ns}: Sample, disk?: string): Trouble[] {
  const all = Object.entries(subsystems) as [SubsystemName, {status: Status; p99_us?: number; max_us?: number}][];
  return all
    .filter(([, {status}]) => status === 'WARNING' || status === 'CRITICAL')
    .map(([name, {status, p99_us, max_us}]) => {
      const isOurs = (path: string | undefined) => disk !== undefined && path?.startsWith(disk) === true;
      const {ours, beneath} = judged(kstop, name, BigInt(mono_ns), isOurs);
      return {
        name,
        told: `${time} ${name} ${status} p99=${p99_us ?? '-'} max=${max_us ?? '-'} ${ours.map(shortly).join('; ')}`,
        isBeneath: ours.length === 0 && beneath.length > 0,
      };
    });
}

const shortly = ({type, comm, pid, latency_us, ...rest}: Judged): string =>
  `${type} ${comm}[${pid}] ${latency_us} us${'prev_comm' in rest ? ` behind ${rest.prev_comm}[${rest.prev_pid}]` : ''}`;

/**
 * The stream goes to a file meanwhile, read at the end, and this process stands still: a reader's own threads would wait
 * for a CPU, too (one collection by several of them on two CPUs: 13 ms).
 */
async function staysHealthy(t: ExecutionContext, disk?: string): Promise<Kstop> {
  const file = join(folder(t), 'stream');
  await sleep(SETTLE_MS);
  const kstop = await Kstop.start(t, [], {stdout: openSync(file, 'w')});
  spawnSync('sleep', [String(MINUTES * 60)]);
  t.is((await kstop.stop()).code, 0);
  kstop.readFrom(file);
  const {samples, summary} = kstop;
  const all = samples.flatMap((sample) => troubles(kstop, sample, disk));
  const [bad, beneath] = [all.filter((each) => !each.isBeneath), all.filter((each) => each.isBeneath)];
  const cpu = samples.reduce((sum, {host}) => sum + (host.cpu_pct ?? 0), 0) / samples.length;
  const shown = Object.entries(summary?.subsystems ?? {}).map(
    ([name, {p99_us, max_us}]) => `${name} p99 ${p99_us ?? '-'} worst ${max_us ?? '-'} us`,
  );
  const runner = kstop.events('SCHED_LATENCY').filter(({pid}) => pid === process.pid || pid === process.ppid);
  t.log(`${runner.length} waits of the test's own runner, pids ${process.pid} and ${process.ppid}`);
  t.log(`${samples.length} samples, CPU ${cpu.toFixed(0)} % on average; ${shown.join(', ')}`);
  const findings = summary?.findings.join('\n');
  if (beneath.length === 0) t.is(summary?.overall, 'HEALTHY');
  for (const [name, those] of Map.groupBy(beneath, (each) => each.name)) {
    t.log(`${name}: trouble from beneath in ${those.length} samples, first ${those[0]!.told}`);
    if (!OF_THE_DISK.includes(name)) t.true(those.length < samples.length * MOST_BENEATH, `${name} can be judged`);
  }
  t.deepEqual(
    bad.map(({told}) => told),
    [],
    findings,
  );
  t.true(cpu < MOST_BUSY_PCT, `the machine had other things to do: CPU ${cpu} %`);
  t.true(samples.length >= MINUTES * 60 - 5);
  return kstop;
}

testUnless(unasked, 'an idle host is healthy all along', async (t) => {
  t.timeout(MINUTES * 60_000 + 90_000);
  await staysHealthy(t);
});

testUnless(
  unasked || lacks('cc', 'cp', 'losetup', 'mkfs.ext4'),
  'a host that compiles, serves and copies is healthy all along',
  async (t) => {
    t.timeout(MINUTES * 60_000 + 90_000);
    // The machine's own disk may be shared with others, and truly slow.
    const disk = quickDisk(t, 256);
    const loads = [building(t, disk), await serving(t)];
    const kstop = await staysHealthy(t, disk);
    for (const load of loads) t.is(load.ended, undefined, `${load.command[0]} ended: ${load.stderr}`);
    const served = Number(loads[1].stdout.trim().split('\n').at(-1));
    t.true(served > MINUTES * 60 * 40, `${served} requests were served`);
    const used = kstop.samples.reduce((sum, {host}) => sum + (host.cpu_pct ?? 0), 0) / kstop.samples.length;
    t.true(used > 10, `it was busy: ${used} %`);
  },
);
