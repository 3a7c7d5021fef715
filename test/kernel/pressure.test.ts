import {existsSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import type {Header, ProbeInfo} from '../../src/types/stream.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {loop} from './util/disk.ts';
import {Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {type Process, startLoad} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, sleep} from './util/wait.ts';
import {read} from './util/witness.ts';

const FILE = '/proc/pressure/memory';
const reason =
  (!existsSync(FILE) && 'the kernel keeps no pressure figures') || lacksController('memory') || lacks('losetup');

interface Reading {
  atMs: number;
  /** Time in which some task, or all that could run, were stalled since the system started. */
  stalledMs: number;
  fullMs: number;
  avg10: number;
}

const nowMs = () => Number(process.hrtime.bigint() / 1_000_000n);

function reading(): Reading {
  const [, avg10, some, full] = /^some avg10=([\d.]+) .* total=(\d+)\nfull .* total=(\d+)$/m.exec(read(FILE)) ?? [];
  return {atMs: nowMs(), stalledMs: Number(some) / 1000, fullMs: Number(full) / 1000, avg10: Number(avg10)};
}

/** The file, ten times a second. */
async function watch(forMs: number): Promise<Reading[]> {
  const all = [reading()];
  while (nowMs() < all[0].atMs + forMs) {
    await sleep(100);
    all.push(reading());
  }
  return all;
}

/**
 * Something that is stalled for memory for many seconds once it is told `line`: more than its cgroup is to have, where
 * the kernel slows that down; else a file that it reads over and over, and that its cgroup has no room for.
 */
async function starving(t: ExecutionContext): Promise<{load: Process; line: string}> {
  const group = Cgroup.make(t, 'memory');
  if (group.v2) {
    group.write('memory.high', String(12 << 20));
    return {load: await startLoad(t, 'eater', [0], {through: group.enter}), line: '40'};
  }
  group.write('memory.limit_in_bytes', String(12 << 20));
  return {load: await startLoad(t, 'thrasher', [loop(t, 20), 4], {through: group.enter}), line: '12000'};
}

/** Events of the host's pressure; cgroups that are near their limit have their own. */
const ofHost = (kstop: Kstop) => kstop.events('MEMORY_PRESSURE').filter(({scope}) => scope === 'host');

const pressureOf = ({probes}: Header): ProbeInfo | undefined => probes.find(({id}) => id === 'pressure');

testUnless(reason, 'an event when the kernel notices, and by file in the interval after', async (t) => {
  const args = ['--probes', 'pressure'];
  const env = {KSTOP_SKIP_METHODS: 'psi'};
  const triggered = await Kstop.start(t, [...args, '-i', '60']);
  const looking = await Kstop.start(t, [...args, '-i', '0.5'], {env});
  const filtered = await Kstop.start(t, [...args, '-i', '0.5', '-p', String(process.pid)]);
  const byTrigger = pressureOf(triggered.header);
  t.log(JSON.stringify([triggered, looking, filtered].map(({header}) => pressureOf(header))));
  t.like(pressureOf(looking.header), {state: 'degraded', method: 'file'});
  t.regex(pressureOf(looking.header)?.reason ?? '', /up to one interval later.*psi: skipped/);
  t.like(pressureOf(filtered.header), {state: 'degraded', method: 'file'});

  const {load, line} = await starving(t);
  load.send(line);
  const readings = await watch(12_000 * Math.sqrt(SLOW));
  await load.kill();
  const [first] = readings;
  const crossed = readings.find(({stalledMs}) => stalledMs - first.stalledMs >= 1000);
  const passed = readings.find(({avg10}) => avg10 >= 10);
  t.log(
    `stalled ${readings.at(-1)!.stalledMs - first.stalledMs} ms, highest avg10 ${Math.max(...readings.map(({avg10}) => avg10))}`,
  );
  t.truthy(crossed && passed, 'memory was short');
  await sleep(1500);
  for (const each of [triggered, looking, filtered]) await each.stop();

  const at = (event: {mono_ns: string}) => Number(BigInt(event.mono_ns) / 1_000_000n);
  for (const [kstop, dueMs] of [
    [triggered, crossed!.atMs],
    [looking, passed!.atMs],
  ] as const) {
    const events = ofHost(kstop);
    t.log(JSON.stringify(events));
    if (kstop === triggered && byTrigger?.method !== 'psi') continue;
    const event = events.find(({severity}) => severity === 'warning')!;
    t.like(event, {scope: 'host', subsystem: 'memory', pid: undefined, cpu: undefined});
    t.log(`${at(event) - dueMs} ms after the file had it`);
    t.true(Math.abs(at(event) - dueMs) < 5000 * SLOW, `${at(event) - dueMs} ms after the file had it`);
    const nearest = readings.reduce((a, b) => (Math.abs(b.atMs - at(event)) < Math.abs(a.atMs - at(event)) ? b : a));
    // The kernel makes new averages every 2 s.
    t.true(Math.abs(event.some_avg10_pct! - nearest.avg10) < 20, `${event.some_avg10_pct} and ${nearest.avg10}`);
    t.is(kstop.counter('hits', {probe: 'pressure'}), kstop.events('MEMORY_PRESSURE').length);
    t.deepEqual(kstop.samples.at(-1)?.loss.pressure, {held: 0, lost: 0, missed: 0});
  }
  for (const event of ofHost(triggered)) {
    const key = event.severity === 'critical' ? 'fullMs' : 'stalledMs';
    const before = readings.findLast(({atMs}) => atMs <= at(event) - 13_000) ?? first;
    const until = readings.find(({atMs}) => atMs >= at(event)) ?? readings.at(-1)!;
    t.true(until[key] - before[key] >= 1000, `${event.severity}: ${until[key] - before[key]} ms`);
  }
  t.true(ofHost(looking).every(({some_avg10_pct}) => some_avg10_pct! >= 10));
  t.deepEqual(filtered.events('MEMORY_PRESSURE'), [], "under a filter the host's pressure is no event");
});

testUnless(reason, 'reading as much without a limit is no pressure', async (t) => {
  const load = await startLoad(t, 'thrasher', [loop(t, 20), 2]);
  const kstop = await Kstop.start(t, ['--probes', 'pressure', '-i', '0.5']);
  load.send('2000');
  await load.line();
  await kstop.stop();
  t.deepEqual(ofHost(kstop), []);
});

/** The probe as kstop gives it where a mount hides or protects the kernel's files. */
async function behind(mount: string): Promise<ProbeInfo | undefined> {
  const script = `${mount} && exec "$@"`;
  const command = [...PROGRAM, '--json', '--probes', 'pressure,sched', '-d', '0.5'];
  const {stdout, stderr, code} = await runToEnd(['unshare', '--mount', 'sh', '-c', script, 'sh', ...command]);
  if (code !== 0) throw new Error(stderr);
  return pressureOf(JSON.parse(stdout.split('\n')[0]));
}

const hiding = (!existsSync(FILE) && 'the kernel keeps no pressure figures') || lacks('unshare', 'mount');

testUnless(hiding, 'without the kernel’s figures, or the right to set a trigger, it says so', async (t) => {
  const hidden = await behind('mount -t tmpfs none /proc/pressure');
  const guarded = await behind('mount --bind /proc/pressure /proc/pressure && mount -o remount,bind,ro /proc/pressure');
  t.log(JSON.stringify([hidden, guarded]));
  t.like(hidden, {state: 'degraded', method: 'file'});
  t.regex(hidden?.reason ?? '', /^only cgroups near their limit are told: .*psi=1/);
  t.like(guarded, {state: 'degraded', method: 'file'});
  t.regex(guarded?.reason ?? '', /one interval later \(psi: EROFS\)/);
});

test.serial('it can be switched off, and nothing else is needed for it', async (t) => {
  const kstop = await Kstop.start(t, ['--probes', 'sched']);
  await kstop.stop();
  t.is(pressureOf(kstop.header)?.state, 'off');
  t.is(kstop.samples.at(-1)?.loss.pressure, undefined);
  if (existsSync(FILE)) t.truthy(kstop.samples.at(-1)?.pressure?.memory, 'the sample has the figures all the same');
  t.timeout(10_000 * SLOW);
});
