import {existsSync, readdirSync} from 'node:fs';
import test from 'ava';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {must} from './util/disk.ts';
import {Kstop, total} from './util/kstop.ts';
import {startLoad, Unseen} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {LONGER, sleep} from './util/wait.ts';
import {compareWaits} from './util/waits.ts';
import {read, restingSchedstat, schedstat} from './util/witness.ts';

const cpus = twoCpus();
const noCpus = !cpus && 'one CPU only';

testUnless(noCpus, "a process's waits are the kernel's run delay, also when its threads move", async (t) => {
  const kstop = await compareWaits(t, cpus!);
  const [probe] = kstop.header.probes;
  t.like(probe, {id: 'sched', method: 'tp_btf'});
  // Exact all the same where waits can't be kept with their task: only dearer.
  if (probe.state !== 'attached') t.regex(probe.reason ?? '', /^no task storage: waits are kept in a hash/);
});

testUnless(noCpus, 'the sleep of a task that is moved meanwhile is no wait', async (t) => {
  const unseen = await Unseen.start(t);
  const hogs = await startLoad(t, 'worker', [4, cpus!.join()]);
  const dozer = await startLoad(t, 'worker', [6, cpus!.join()]);
  const kstop = await Kstop.start(t, ['-p', String(dozer.pid), '--probes', 'sched']);
  const before = await restingSchedstat(dozer.pid);
  hogs.send(`spin ${5000 * LONGER}`);
  dozer.send(`doze ${4000 * LONGER}`);
  await dozer.line();
  const after = await restingSchedstat(dozer.pid);
  await kstop.sampleFromNow();
  await kstop.stop();
  const seen = total(kstop.samples, 'sched');
  const kernelMs = (after.waitNs - before.waitNs) / 1e6;
  t.log(
    `${seen.count} waits, ${(seen.sumNs / 1e6).toFixed(0)} ms, the longest ${seen.maxUs} us; run_delay ${kernelMs} ms`,
  );
  t.true(seen.count >= 12);
  const {total: blind} = await unseen.read();
  const long = kstop.events('SCHED_LATENCY').filter(({latency_us}) => latency_us >= 900_000);
  if (process.env.KSTOP_VM) t.is(blind, 0, 'nothing is hidden from BPF in a guest');
  // A migration that no program saw can't be told from a wait; an emulated CPU may stand still for a second, once.
  // Where sleeps pass for waits, each of the dozens that were moved does.
  const allowed = Math.min(blind, 2) + (process.env.KSTOP_VM ? 1 : 0);
  t.true(long.length <= allowed, `as long as a sleep: ${long.map(({latency_us}) => latency_us)}`);
  t.true(seen.sumNs / 1e6 <= kernelMs);
});

testUnless(noCpus, 'the histogram adds up: cells to the count, CPUs to the cells', async (t) => {
  const worker = await startLoad(t, 'worker', [4, cpus!.join()]);
  const kstop = await Kstop.start(t, ['-i', '0.3', '--probes', 'sched']);
  // However late a busy machine lets kstop take its samples, several of them fall into the load.
  for (let round = 0; round < 4; round++) {
    worker.send(`mix ${400 * LONGER}`);
    await worker.line();
    await kstop.sampleFromNow();
  }
  await kstop.stop();
  const histograms = kstop.samples.flatMap((sample) => sample.histograms.filter(({name}) => name === 'sched'));
  t.true(histograms.length >= 4, `${histograms.length} of ${kstop.samples.length} samples`);
  for (const {bounds, counts, count, cpus: rows, sum, max} of histograms) {
    t.is(counts.length, bounds.length + 1);
    t.is(
      counts.reduce((a, b) => a + b, 0),
      count,
    );
    t.is(rows?.length, kstop.header.host.cpus);
    counts.forEach((cell, i) => {
      const over = rows!.reduce((a, row) => a + (row?.[i] ?? 0), 0);
      t.is(over, cell, `cell ${i}`);
    });
    const top = counts.findLastIndex((cell) => cell > 0);
    t.true(max > (bounds[top - 1] ?? 0) && max <= (bounds[top] ?? max), `${max} us, the highest cell is ${top}`);
    // A wait that ends while cells are read may be in the sum of one sample and in the cells of the next.
    t.true(sum > 0 && sum <= max * (count + kstop.header.host.cpus), `${sum} us in ${count} waits, the longest ${max}`);
  }
});

test('kstop leaves its own waits out, unless they are asked for', async (t) => {
  const args = ['--probes', 'sched', '--sched-warn', '1', '-i', '0.1'];
  const kstop = await Kstop.start(t, args);
  // Also another kstop is just a process.
  const other = await Kstop.start(t, [...args, '-p', String(kstop.pid)]);
  const before = schedstat(kstop.pid);
  await sleep(1500 * LONGER);
  const own = schedstat(kstop.pid).count - before.count;
  await other.stop();
  await kstop.stop();
  t.log(`${own} waits of its own; ${kstop.events('SCHED_LATENCY').length} events of others`);
  t.true(own > 10);
  t.true(kstop.events('SCHED_LATENCY').length > 0);
  t.false(kstop.events('SCHED_LATENCY').some(({pid}) => pid === kstop.pid));
  t.true(other.events('SCHED_LATENCY').some(({pid}) => pid === kstop.pid));
});

testUnless(noCpus, 'a long wait names who waited, and who had the CPU before', async (t) => {
  const [cpu] = cpus!;
  // Above the others on a busy machine, and of one weight.
  const through = ['nice', '-n', '-15'];
  const hog = await startLoad(t, 'worker', [1, cpu], {as: 'kt-hog', through});
  const victim = await startLoad(t, 'worker', [1, cpu], {as: 'kt-victim', through});
  const kstop = await Kstop.start(t, [
    ...['-p', String(victim.pid), '--probes', 'sched', '--sched-warn', '1024', '--sched-crit', '4096'],
  ]);
  for (const each of [hog, victim]) each.send(`spin ${2000 * LONGER}`);
  for (const each of [hog, victim]) await each.line();
  const threads = readdirSync(`/proc/${victim.pid}/task`).map(Number);
  t.is((await kstop.stop()).code, 0);

  const events = kstop.events('SCHED_LATENCY');
  const after = events.filter(({prev_pid}) => prev_pid === hog.pid);
  t.log(`${events.length} long waits, ${after.length} of them right behind the hog`);
  t.true(events.length >= 20, 'the victim waited');
  for (const event of events) {
    t.like(event, {pid: victim.pid, comm: 'kt-victim', uid: 0, cpu, cause: 'queue', prio: 105});
    t.true(threads.includes(event.tid!));
    t.true(event.latency_us >= 1024);
    t.is(event.severity, event.latency_us >= 4096 ? 'critical' : 'warning');
  }
  // On a busy machine somebody short often comes between the two.
  t.true(after.length >= 5 && after.length >= events.length / 10, 'often right behind the hog');
  for (const event of after) t.is(event.prev_comm, 'kt-hog');
  const seen = total(kstop.samples, 'sched');
  const long = seen.cells.slice(seen.bounds.indexOf(1024) + 1).reduce((a, b) => a + b, 0);
  t.is(events.length, long, 'an event for each wait in the cells above the threshold');
  t.is(seen.maxUs, Math.max(...events.map(({latency_us}) => latency_us)));
  t.is(kstop.header.filter?.pid, victim.pid);
});

testUnless(noCpus || lacksController('cpu'), 'a wait for CPU bandwidth (cpu.max) is nobody’s fault', async (t) => {
  const group = Cgroup.make(t, 'cpu');
  if (group.v2) group.write('cpu.max', '10000 50000');
  else {
    group.write('cpu.cfs_period_us', '50000');
    group.write('cpu.cfs_quota_us', '10000');
  }
  const limited = await startLoad(t, 'worker', [1, cpus![0]], {through: group.enter});
  const kstop = await Kstop.start(t, ['-p', String(limited.pid), '--probes', 'sched']);
  const before = group.figures('cpu.stat');
  limited.send(`spin ${2500 * LONGER}`);
  await limited.line();
  const after = group.figures('cpu.stat');
  await kstop.stop();

  const times = after.nr_throttled - before.nr_throttled;
  const throttledMs = group.v2
    ? (after.throttled_usec - before.throttled_usec) / 1e3
    : (after.throttled_time - before.throttled_time) / 1e6;
  const events = kstop.events('SCHED_LATENCY').filter(({cause}) => cause === 'throttled');
  const others = kstop.events('SCHED_LATENCY').filter(({cause}) => cause !== 'throttled');
  const seenMs = kstop.events('SCHED_LATENCY').reduce((sum, event) => sum + (event.throttled_us ?? 0), 0) / 1e3;
  t.log(
    `throttled ${times} times for ${throttledMs.toFixed(0)} ms by cpu.stat; ${events.length} such waits with ` +
      `${seenMs.toFixed(0)} ms, ${others.length} other long waits`,
  );
  t.true(times >= 20, 'it was throttled');
  // An emulated CPU that stood still meanwhile is throttled again before it has run: two periods, one wait.
  t.true(events.length >= (process.env.KSTOP_VM ? 10 : times * 0.8) && events.length <= times + 2);
  t.true(seenMs >= throttledMs * 0.8 && seenMs <= throttledMs * 1.1);
  for (const event of events) {
    t.is(event.pid, limited.pid);
    t.true(event.throttled_us! <= event.latency_us && event.throttled_us! * 2 >= event.latency_us);
  }
});

// Only where the kernel keeps statistics of each CPU.
const perCpu = existsSync('/proc/schedstat') ? undefined : 'no /proc/schedstat';
testUnless(perCpu, 'each CPU’s row is what the kernel counted on it', async (t) => {
  const arrivals = () => {
    const rows = [...read('/proc/schedstat').matchAll(/^cpu(\d+) (.*)$/gm)];
    return new Map(rows.map(([, cpu, row]) => [Number(cpu), Number(row.split(' ')[8])]));
  };
  const outer = arrivals();
  const kstop = await Kstop.start(t, ['--probes', 'sched', '-i', '0.5']);
  // Its own waits are left out: they shall all be on one CPU.
  const [home] = cpus ?? [0];
  must('taskset', '-acp', String(home), String(kstop.pid));
  const ownBefore = schedstat(kstop.pid).count;
  const inner = arrivals();
  await sleep(2000 * LONGER);
  const innerEnd = arrivals();
  const own = schedstat(kstop.pid).count - ownBefore;
  await kstop.stop();
  const outerEnd = arrivals();
  for (const [cpu, first] of inner) {
    const count = kstop.samples
      .flatMap(({histograms}) => histograms.flatMap((histogram) => histogram.cpus?.[cpu] ?? []))
      .reduce((a, b) => a + b, 0);
    const kernel = innerEnd.get(cpu)! - first;
    const least = kernel - (cpu === home ? own : 0);
    const most = outerEnd.get(cpu)! - outer.get(cpu)!;
    t.log(`CPU ${cpu}: ${count} waits, the kernel counted ${least} to ${most}, without ${own} of kstop on CPU ${home}`);
    t.true(kernel > 0);
    t.true(count >= least && count <= most);
  }
});
