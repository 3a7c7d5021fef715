import type {ExecutionContext} from 'ava';
import type {Sample} from '../../../src/types/stream.ts';
import {Kstop, type StartOptions, samplesOf, total} from './kstop.ts';
import {startLoad, Unseen} from './load.ts';
import {SLOW} from './wait.ts';
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
  const before = await restingSchedstat(worker.pid);
  const {ofPid: blindBefore} = await unseen.read(worker.pid);
  const moved = migrations(worker.pid);
  const mark = await kstop.sampleFromNow();

  worker.send(`mix ${3000 * SLOW}`);
  t.is(await worker.line(), 'done');
  const after = await restingSchedstat(worker.pid);
  const blind = (await unseen.read(worker.pid)).ofPid - blindBefore;
  const movedSince = (migrations(worker.pid) ?? 0) - (moved ?? 0);
  await kstop.sampleFromNow();
  t.is((await kstop.stop()).code, 0);

  const samples = samplesOf(kstop.objects.slice(mark + 1));
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
  if (left === 0) t.is(seen.sumNs, waitNs, 'to the nanosecond');
  t.true(seen.sumNs <= waitNs && seen.sumNs >= waitNs * 0.99, 'within 1 % in any case');
  return kstop;
}
