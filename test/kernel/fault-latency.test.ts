import {existsSync, readdirSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {loop, must} from './util/disk.ts';
import {faultCounts, faultEvents, faultsOf} from './util/faults.ts';
import {Kstop, total} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {hasKernelFunction, lacks, testUnless, which} from './util/machine.ts';
import {SLOW} from './util/wait.ts';
import {read} from './util/witness.ts';

const PROBES = ['--probes', 'faults,fault-latency', '-i', '0.5'];
const stateOf = (kstop: Kstop) => kstop.header.probes.find(({id}) => id === 'fault-latency');
const guests = !process.env.KSTOP_VM && 'in guests: here nothing can be hooked at handle_mm_fault';

/** Every fault of a process, minor and major, as the kernel counts them, and an event for each major one. */
async function compare(t: ExecutionContext, method: string, env: Record<string, string> = {}): Promise<void> {
  const load = await startLoad(t, 'faulter', [loop(t, 16)]);
  const kstop = await Kstop.start(t, [...PROBES, '-p', String(load.pid)], {env});
  t.log(JSON.stringify(stateOf(kstop)));
  t.is(stateOf(kstop)?.method, method);
  const before = faultCounts(load);
  const start = performance.now();
  for (const what of ['touch 300', 'write 100', 'fresh 3000']) await faultsOf(load, what);
  const tookUs = (performance.now() - start) * 1000;
  const after = faultCounts(load);
  await kstop.sampleFromNow();
  await kstop.stop();

  const major = total(kstop.samples, 'fault', {kind: 'major'});
  const minor = total(kstop.samples, 'fault', {kind: 'minor'});
  t.log(`${major.count} major, ${minor.count} minor; longest ${major.maxUs} and ${minor.maxUs} us`);
  t.is(major.count, after.major - before.major);
  t.is(minor.count, after.minor - before.minor);
  t.true(major.count >= 380 && minor.count >= 3000);
  t.true((major.sumNs + minor.sumNs) / 1000 < tookUs, 'all together no longer than the work that they were part of');

  const events = faultEvents(kstop, load);
  t.is(events.length, major.count, 'once each, though both probes are on');
  const sumUs = events.reduce((sum, event) => sum + (event.latency_us ?? Number.NaN), 0);
  t.is(Math.round(sumUs * 1000), major.sumNs, 'the events are what the distribution counts');
  t.is(Math.max(...events.map((event) => event.latency_us ?? 0)), major.maxUs);
  t.is(kstop.counter('hits', {probe: 'fault-latency'}), events.length);
  t.is(kstop.counter('delivered', {probe: 'fault-latency'}), events.length);
  t.is(kstop.counter('delivered', {probe: 'faults'}), 0);
}

testUnless(guests || lacks('losetup'), 'the latency of each fault, counted as the kernel counts', (t) =>
  compare(t, 'fexit'),
);

testUnless(guests || lacks('losetup'), 'the same by kprobes', (t) =>
  compare(t, 'kprobe', {KSTOP_SKIP_METHODS: 'fentry,fexit'}),
);

const DISK = '/dev/vda';
const noDelay = guests || (!existsSync(DISK) && `no ${DISK}`) || lacks('dmsetup', 'modprobe');
const DELAY_MS = 30;

testUnless(noDelay, 'a page from a slow disk takes as long as the disk does', async (t) => {
  must('modprobe', 'dm-delay');
  const name = `kt-slow-${process.pid}`;
  must(which('dmsetup')!, 'create', '--noudevsync', name, '--table', `0 32768 delay ${DISK} 0 ${DELAY_MS}`);
  t.teardown(() => must(which('dmsetup')!, 'remove', '--noudevsync', '--retry', name));
  // Without udev nothing is made below /dev/mapper.
  const device = readdirSync('/sys/block').find((disk) => {
    const file = `/sys/block/${disk}/dm/name`;
    return existsSync(file) && read(file).trim() === name;
  });
  const load = await startLoad(t, 'faulter', [`/dev/${device}`]);
  const kstop = await Kstop.start(t, [...PROBES, '-p', String(load.pid)]);
  await faultsOf(load, 'touch 10');
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = faultEvents(kstop, load);
  t.log(events.map(({latency_us}) => Math.round(latency_us! / 1000)).join(' '), 'ms');
  t.true(events.length >= 9);
  for (const {latency_us} of events)
    t.true(latency_us! >= DELAY_MS * 1000 && latency_us! < (DELAY_MS + 250 * SLOW) * 1000, String(latency_us));
  await load.kill();
});

const hooked = hasKernelFunction('handle_mm_fault') && process.env.KSTOP_VM && 'it can be hooked here';
testUnless(hooked, 'where it cannot be hooked it says why, and major faults go on', async (t) => {
  const load = await startLoad(t, 'faulter', [loop(t, 16)]);
  const kstop = await Kstop.start(t, [...PROBES, '-p', String(load.pid)]);
  const state = stateOf(kstop);
  t.log(JSON.stringify(state));
  const {major} = await faultsOf(load, 'touch 50');
  await kstop.sampleFromNow();
  await kstop.stop();
  if (state?.state === 'unavailable') t.regex(state.reason ?? '', /fexit: E[A-Z]+; kprobe: E[A-Z]+/);
  t.is(faultEvents(kstop, load).length, major);
});
