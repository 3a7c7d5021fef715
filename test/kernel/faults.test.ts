import {existsSync, writeFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {Cgroup, lacksController, unified} from './util/cgroup.ts';
import {loop, must} from './util/disk.ts';
import {type Faults, faultCounts, faultEvents, faultsOf, vmstat} from './util/faults.ts';
import {counterIn, Kstop} from './util/kstop.ts';
import {type LoadOptions, type Process, startLoad} from './util/load.ts';
import {lacks, testUnless, which} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';

const tools = lacks('losetup');
const MEGABYTES = 16;

/** A process that faults in the pages of a disk of its own. */
const faulter = (t: ExecutionContext, options: LoadOptions = {}): Promise<Process> =>
  startLoad(t, 'faulter', [loop(t, MEGABYTES)], options);

/** An event for each fault that getrusage counted, in the memory that was touched. */
function matches(t: ExecutionContext, kstop: Kstop, load: Process, faults: Faults, pages: number): void {
  const events = faultEvents(kstop, load);
  t.log(`${events.length} events; ru_majflt ${faults.major}, ru_minflt ${faults.minor}, ${pages} pages`);
  t.log(JSON.stringify(events[0]));
  t.true(faults.major >= pages * 0.9, 'the pages were not in memory');
  t.is(events.length, faults.major);
  for (const event of events) {
    t.like(event, {tid: load.pid, uid: 0, subsystem: 'memory', severity: 'info', latency_us: undefined});
    t.regex(event.address, /^0x[0-9a-f]+$/);
    t.true(BigInt(event.address) >= faults.start && BigInt(event.address) < faults.end, event.address);
  }
  t.is(new Set(events.map(({address}) => BigInt(address) >> 12n)).size, faults.major, 'each page once');
}

testUnless(tools, "major faults are getrusage's, each with its address and owner", async (t) => {
  const group = unified() ? Cgroup.make(t) : undefined;
  const load = await faulter(t, {as: 'kt-faulter', through: group?.enter});
  const kstop = await Kstop.start(t, ['--probes', 'faults', '-i', '0.5']);
  t.like(
    kstop.header.probes.find(({id}) => id === 'faults'),
    {state: 'attached', method: 'perf_event'},
  );
  await kstop.sampleFromNow();
  const before = {major: vmstat('pgmajfault'), sample: kstop.samples.at(-1)};
  const faults = await faultsOf(load, 'touch 1000');
  const host = vmstat('pgmajfault') - before.major;
  await kstop.sampleFromNow();
  await kstop.stop();

  matches(t, kstop, load, faults, 1000);
  for (const event of faultEvents(kstop, load)) t.like(event, {comm: 'kt-faulter', cgroup: group?.path});
  t.is(kstop.counter('hits', {probe: 'faults'}), kstop.events('PAGE_FAULT').length);
  const counted =
    kstop.counter('page_faults', {kind: 'major'})! - counterIn(before.sample, 'page_faults', {kind: 'major'})!;
  t.log(`pgmajfault grew by ${host}, the counter by ${counted}`);
  t.true(host >= faults.major && counted >= host, 'the host has them all, and a little from before and after');
});

testUnless(tools, 'faults of the kernel on behalf of a process are its own', async (t) => {
  const load = await faulter(t);
  const kstop = await Kstop.start(t, ['--probes', 'faults', '-p', String(load.pid)]);
  const faults = await faultsOf(load, 'write 300');
  await kstop.sampleFromNow();
  await kstop.stop();
  matches(t, kstop, load, faults, 300);
});

testUnless(tools, 'minor faults are counted, and no event', async (t) => {
  const load = await faulter(t, {as: 'kt-minor'});
  const kstop = await Kstop.start(t, ['--probes', 'faults,tasks', '-i', '0.5']);
  await kstop.sampleFromNow();
  const before = counterIn(kstop.samples.at(-1), 'page_faults', {kind: 'minor'})!;
  const kept = faultCounts(load);
  const {major, minor} = await faultsOf(load, 'fresh 20000');
  await kstop.sampleFromNow();
  const grown = faultCounts(load).minor - kept.minor;
  await kstop.stop();
  const counted = kstop.counter('page_faults', {kind: 'minor'})! - before;
  t.log(`ru_minflt ${minor}, the host's counter grew by ${counted}`);
  t.is(major, 0);
  t.true(minor >= 20_000 && counted >= minor);
  t.deepEqual(faultEvents(kstop, load), []);
  const rows = kstop.samples.flatMap(({processes}) => processes ?? []).filter(({pid}) => pid === load.pid);
  t.log(`/proc/PID/stat grew by ${grown}, its rows have ${JSON.stringify(rows)}`);
  t.is(
    rows.reduce((sum, row) => sum + (row.minor_faults ?? 0), 0),
    grown,
  );
  t.true(rows.every((row) => row.major_faults === 0 && row.comm === 'kt-minor'));
});

testUnless(tools, '--comm and --cgroup: major faults of those alone', async (t) => {
  const group = unified() ? Cgroup.make(t) : undefined;
  const wanted = await faulter(t, {as: 'kt-fault', through: group?.enter});
  const other = await faulter(t, {as: 'kt-fault2'});
  const filters = [['--comm', 'kt-fault'], ...(group ? [['--cgroup', group.path]] : [])];
  for (const filter of filters) {
    const kstop = await Kstop.start(t, ['--probes', 'faults', ...filter]);
    await faultsOf(other, 'touch 100');
    const {major} = await faultsOf(wanted, 'touch 100');
    await kstop.sampleFromNow();
    await kstop.stop();
    t.is(faultEvents(kstop, wanted).length, major, filter[0]);
    t.is(kstop.events('PAGE_FAULT').length, major, filter[0]);
    t.is(kstop.counter('hits', {probe: 'faults'}), major, filter[0]);
    t.is(kstop.counter('page_faults', {kind: 'major'}), undefined, "the host's count isn't the filter's");
  }
});

const DISK = '/dev/vda';
const noSwap =
  (!process.env.KSTOP_VM && 'in guests only: it switches swap on') ||
  (!existsSync(DISK) && `no ${DISK}`) ||
  lacks('losetup', 'mkswap', 'swapon') ||
  lacksController('memory');

testUnless(noSwap, 'pages that come back from swap are major faults', async (t) => {
  must(which('mkswap')!, DISK);
  must(which('swapon')!, DISK);
  t.teardown(() => must(which('swapoff')!, DISK));
  const group = Cgroup.make(t, 'memory');
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(24 << 20));
  const load = await faulter(t, {through: group.enter});
  const kstop = await Kstop.start(t, ['--probes', 'faults', '-i', '0.5', '-p', String(load.pid)]);
  const before = {swapped: vmstat('pswpin'), major: faultCounts(load).major};
  await faultsOf(load, 'keep 10000');
  const again = await faultsOf(load, 'again');
  // It waits for its next line; its own code may have been swapped in too.
  const major = faultCounts(load).major - before.major;
  const swapped = vmstat('pswpin') - before.swapped;
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = faultEvents(kstop, load);
  t.log(
    `${events.length} events; ${major} by the kernel, ${again.major} on what was kept; ${swapped} pages swapped in`,
  );
  t.true(again.major > 100 && swapped >= again.major);
  t.is(events.length, major);
});

const CPU1 = '/sys/devices/system/cpu/cpu1/online';
const noHotplug =
  (!process.env.KSTOP_VM && 'in guests only: it takes a CPU away') ||
  (!existsSync(CPU1) && 'no CPU can be taken away') ||
  lacks('losetup', 'taskset');

testUnless(noHotplug, 'a CPU that went away and came back is watched again', async (t) => {
  writeFileSync(CPU1, '0');
  t.teardown(() => writeFileSync(CPU1, '1'));
  const load = await faulter(t, {through: ['taskset', '-c', '0']});
  const kstop = await Kstop.start(t, ['--probes', 'faults', '-i', '0.5', '-p', String(load.pid)]);
  const on = async (cpu: number, pages: number) => {
    must('taskset', '-cp', String(cpu), String(load.pid));
    await kstop.sampleFromNow();
    const {major} = await faultsOf(load, `touch ${pages}`);
    const seen = () => faultEvents(kstop, load).filter((event) => event.cpu === cpu).length;
    // Events may come after the sample of their time while kstop runs.
    await until(
      () => seen() >= major,
      10_000 * SLOW,
      () => `${major} faults on CPU ${cpu}; ${seen()} came`,
    );
    t.is(seen(), major, `on CPU ${cpu}`);
    return major;
  };
  let sum = await on(0, 100);
  writeFileSync(CPU1, '1');
  await kstop.sampleFromNow();
  sum += await on(1, 100);
  must('taskset', '-cp', '0', String(load.pid));
  writeFileSync(CPU1, '0');
  await kstop.sampleFromNow();
  writeFileSync(CPU1, '1');
  await kstop.sampleFromNow();
  must('taskset', '-cp', '1', String(load.pid));
  const {major} = await faultsOf(load, 'touch 100');
  await kstop.sampleFromNow();
  await kstop.stop();
  t.true(major >= 90);
  t.is(faultEvents(kstop, load).length, sum + major);
});

testUnless(noHotplug, 'a CPU that was away for less than an interval is watched again', async (t) => {
  t.teardown(() => writeFileSync(CPU1, '1'));
  const load = await faulter(t, {through: ['taskset', '-c', '0']});
  const kstop = await Kstop.start(t, ['--probes', 'faults', '-i', '5', '-p', String(load.pid)]);
  await kstop.sampleFromNow();
  writeFileSync(CPU1, '0');
  writeFileSync(CPU1, '1');
  await kstop.sampleFromNow();
  must('taskset', '-cp', '1', String(load.pid));
  const {major} = await faultsOf(load, 'touch 100');
  await kstop.stop();
  t.true(major >= 90);
  t.is(faultEvents(kstop, load).length, major);
});
