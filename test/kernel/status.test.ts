/** Each trouble turns its subsystem's status, no other one's, and the status clears when the trouble is over. */
import {existsSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {Sample, SubsystemName} from '../../src/types/stream.ts';
import {judged} from './util/beneath.ts';
import {lacksController} from './util/cgroup.ts';
import {lacksSlowDisk, lacksSlowFolder} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {lacks, once, testUnless, twoCpus} from './util/machine.ts';
import {lacksNetwork} from './util/net.ts';
import {
  crash,
  fullReceiveBuffer,
  HUNG,
  hogs,
  hungTask,
  lossyLink,
  outOfMemory,
  slowDevice,
  slowFile,
} from './util/troubles.ts';
import {sleep, until} from './util/wait.ts';

interface Trouble {
  subsystem: SubsystemName;
  probe: string;
  /** At least: how lossy a link turns out is chance. */
  level: 'WARNING' | 'CRITICAL';
  lacks?: string | false;
  provoke: (t: ExecutionContext) => Promise<void>;
}

const sickOf = (sample: Sample | undefined): SubsystemName[] =>
  (Object.entries(sample?.subsystems ?? {}) as [SubsystemName, {status: string}][])
    .filter(([, {status}]) => status === 'WARNING' || status === 'CRITICAL')
    .map(([name]) => name);

const TROUBLES: Trouble[] = [
  {subsystem: 'sched', probe: 'sched', level: 'WARNING', lacks: !twoCpus() && 'needs two CPUs', provoke: hogs},
  {subsystem: 'memory', probe: 'oom', level: 'CRITICAL', lacks: lacksController('memory'), provoke: outOfMemory},
  {subsystem: 'block', probe: 'block', level: 'WARNING', lacks: lacksSlowDisk(), provoke: slowDevice},
  {
    subsystem: 'network',
    probe: 'retransmit',
    level: 'WARNING',
    lacks: lacksNetwork() ?? lacks('iperf3'),
    provoke: lossyLink,
  },
  {subsystem: 'vfs', probe: 'vfs', level: 'WARNING', lacks: lacksSlowFolder(), provoke: slowFile},
  {subsystem: 'process', probe: 'process', level: 'WARNING', provoke: crash},
  {
    subsystem: 'lockup',
    probe: 'lockup',
    level: 'WARNING',
    lacks: lacks('mkfs.ext4', 'losetup', 'fsfreeze') ?? (!existsSync(HUNG) && 'this kernel looks for no hung tasks'),
    provoke: hungTask,
  },
];

/** The network's other trouble, when it has got over the first. */
const DROPS: Trouble = {subsystem: 'network', probe: 'drops', level: 'CRITICAL', provoke: fullReceiveBuffer};

/** Thresholds far above what the troubles of the others do to a machine of two CPUs. */
const OPTIONS = [
  '--sched-warn',
  '15000',
  '--bio-warn',
  '20000',
  '--bio-crit',
  '50000',
  '--vfs-warn',
  '50000',
  '--vfs-crit',
  '150000',
];

const isAtLeast = (status: string | undefined, level: Trouble['level']): boolean =>
  status === level || status === 'CRITICAL';

/** What nobody on this machine did is why these two turn as well. */
function othersTrouble(kstop: Kstop, name: SubsystemName): boolean {
  if (name !== 'block' && name !== 'vfs') return false;
  const ours = (path: string | undefined) => path?.endsWith('/slow') === true;
  return judged(kstop, name, process.hrtime.bigint(), ours).beneath.length > 0;
}

/** Provokes one trouble; its subsystem turns, and nobody else did. */
async function provoke(t: ExecutionContext, kstop: Kstop, {subsystem, level, provoke}: Trouble): Promise<void> {
  const isSick = () => sickOf(kstop.samples.at(-1)).includes(subsystem);
  if (isSick() && othersTrouble(kstop, subsystem)) {
    t.log(`${subsystem} had trouble that nobody provoked`);
    await until(() => !isSick(), 100_000, `${subsystem} to clear`);
  }
  const before = sickOf(kstop.samples.at(-1));
  t.false(before.includes(subsystem), `${subsystem} is sick before its trouble`);
  await provoke(t);
  const reached = (sample: Sample | undefined) => isAtLeast(sample?.subsystems[subsystem]?.status, level);
  await until(() => reached(kstop.samples.at(-1)), 30_000, `${subsystem} to be ${level}`);
  const after = sickOf(kstop.samples.at(-1));
  const turned = after.filter((name) => !before.includes(name) && (name === subsystem || !othersTrouble(kstop, name)));
  t.deepEqual(turned, [subsystem], `of the trouble of ${subsystem}`);
}

testUnless(once, 'each trouble turns its subsystem and no other, and clears', async (t) => {
  t.timeout(600_000);
  const kstop = await Kstop.start(t, OPTIONS);
  const attached = new Set(kstop.header.probes.filter(({state}) => /attached|degraded/.test(state)).map(({id}) => id));
  await sleep(3000);
  const possible = TROUBLES.filter(({probe, lacks}) => attached.has(probe) && !lacks);
  t.log(`provoked: ${possible.map(({subsystem, probe}) => `${subsystem} (${probe})`).join(', ')}`);
  t.true(possible.length >= 3);
  for (const trouble of possible) await provoke(t, kstop, trouble);
  const provoked = performance.now();
  await until(
    () => sickOf(kstop.samples.at(-1)).length === 0,
    200_000,
    () => `${sickOf(kstop.samples.at(-1))} to clear`,
  );
  t.log(`all clear ${Math.round((performance.now() - provoked) / 1000)} s after the last`);
  if (attached.has(DROPS.probe)) await provoke(t, kstop, DROPS);
  await kstop.stop();
  t.is(kstop.summary?.overall, 'CRITICAL');
  for (const {subsystem, level} of possible)
    t.true(isAtLeast(kstop.summary?.subsystems[subsystem]?.worst_status, level), subsystem);
});

testUnless(once ?? (!twoCpus() && 'needs two CPUs'), 'three tasks on two CPUs turn sched within 30 s', async (t) => {
  t.timeout(90_000);
  const load = await startLoad(t, 'worker', [3, twoCpus()?.join() ?? '0'], {as: 'hog'});
  // By the percentile: one long wait by itself would do, too, and sooner.
  const kstop = await Kstop.start(t, ['--probes', 'sched', '-p', String(load.pid), '--sched-crit', '10000000']);
  await kstop.sampleFromNow();
  t.is(kstop.samples.at(-1)?.subsystems.sched?.status, 'OK');
  load.send('spin 40000');
  const begun = performance.now();
  await until(() => kstop.samples.at(-1)?.subsystems.sched?.status === 'WARNING', 30_000, 'sched to be WARNING');
  t.log(`after ${Math.round((performance.now() - begun) / 1000)} s`);
  await load.kill();
});
