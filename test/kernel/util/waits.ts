import type {ExecutionContext} from 'ava';
import type {Sample} from '../../../src/types/stream.ts';
import {Kstop, type StartOptions, samplesOf, total} from './kstop.ts';
import {startLoad, Unseen} from './load.ts';
import {LONGER} from './wait.ts';
import {migrations, restingSchedstat} from './witness.ts';

/**
 * Waits that kstop left out on purpose: those whose start the kernel itself has lost (a sleeper that was migrated, from
 * 6.12 on), by the share that each sample gives.
 */
function leftOut(samples: readonly Sample[]): number {
  const of = ({accuracy, histograms}: Sample) =>
    ((accuracy?.sched?.cut_by_migration_pct ?? 0) / 100) * (histograms.find(({name}) => name === 'sched')?.count ?? 0);
  return samples.reduce((sum, sample) => sum + Math.round(of(sample)), 0);
}

/**
 * Four threads compete for two CPUs and are moved about; what kstop says of their waits is held against the kernel's
 * own sums. All threads sleep whenever either is read, so the figures must be equal, not near.
 */
export async function compareWaits(t: ExecutionContext, cpus: readonly number[], options: StartOptions = {}) {
  const unseen = await Unseen.start(t);
  const worker = await startLoad(t, 'worker', [4, cpus.join()]);
  await restingSchedstat(worker.pid);
  const kstop = await Kstop.start(t, ['-p', String(worker.pid), '-i', '0.5', '--probes', 'sched'], options);
  // Of a task's first wait since the probe is there, the part before a migration is unknown: have it behind us.
  worker.send('mix 100');
  t.is(await worker.line(), 'done');
  // Once more when the kernel itself lost the start of a wait: then there is nothing to compare with.
  let left = 1;
  for (let round = 0; round < 4 && left > 0; round++)
    left = await compareOnce(t, kstop, worker.pid, unseen, async () => {
      worker.send(`mix ${3000 * LONGER}`);
      t.is(await worker.line(), 'done');
    });
  t.is(left, 0);
  t.is((await kstop.stop()).code, 0);
  return kstop;
}

async function compareOnce(
  t: ExecutionContext,
  kstop: Kstop,
  pid: number,
  unseen: Unseen,
  work: () => Promise<void>,
): Promise<number> {
  const before = await restingSchedstat(pid);
  const {ofPid: blindBefore} = await unseen.read(pid);
  const moved = migrations(pid);
  const mark = await kstop.sampleFromNow();
  await work();
  const after = await restingSchedstat(pid);
  const blind = (await unseen.read(pid)).ofPid - blindBefore;
  const movedSince = (migrations(pid) ?? 0) - (moved ?? 0);
  const end = await kstop.sampleFromNow();

  const samples = samplesOf(kstop.objects.slice(mark + 1, end + 1));
  const seen = total(samples, 'sched');
  const left = leftOut(samples);
  const count = after.count - before.count;
  const waitNs = after.waitNs - before.waitNs;
  t.log(
    `waits ${seen.count} (kernel ${count}), ${seen.sumNs} ns (kernel ${waitNs}), ${movedSince} migrations; ` +
      `${left} left out, ${blind} switches that no program saw`,
  );
  t.is(after.threads, 5);
  t.true(count > 100 && waitNs > 1e9, 'the threads did wait');
  if (moved !== undefined) t.true(movedSince > 50, 'the threads did move');
  if (process.env.KSTOP_VM) t.is(blind, 0, 'nothing is hidden from BPF in a guest');
  t.is(seen.count + blind + left, count, 'each time that a thread got a CPU');
  if (left === 0) {
    t.true(Math.abs(seen.sumNs - waitNs) <= waitNs * 0.01, 'within 1 %');
    t.is(seen.sumNs, waitNs, 'to the nanosecond');
  }
  return left;
}
