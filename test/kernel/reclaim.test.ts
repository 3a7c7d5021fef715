import {statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {must, quickDisk} from './util/disk.ts';
import {Kstop, total} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {lacksReclaimTrace, ReclaimTrace} from './util/reclaims.ts';

const reason = lacksController('memory') || lacks('losetup', 'fallocate', 'mkfs.ext4', 'dd') || lacksReclaimTrace();
/** Version 2 counts the kernel's memory too: an emulated disk may take longer than the writer is given. */
const LIMIT = (process.env.KSTOP_VM ? 24 : 12) << 20;
const MIB = 40;
const BYTES_PER_S = 16 << 20;
const PAGE = Number(must('getconf', 'PAGESIZE'));
const EVENT_US = 10_000;
/** The two look at the clock one after the other; an emulated CPU may stand still between. Of all in sum a fiftieth is allowed. */
const [APART_US, APART] = process.env.KSTOP_VM ? [8000, 0.2] : [200, 0];
const isNear = (a: number, b: number): boolean => Math.abs(a - b) < APART_US + APART * b;

/** Lets the whole host write only so fast to a disk of the test's own. False where only cgroups can be held back (version 2). */
function throttle(t: ExecutionContext, folder: string): boolean {
  if (lacksController('blkio')) return false;
  const {dev} = statSync(folder);
  const disk = `${(dev >> 8) & 0xfff}:${dev & 0xff}`;
  const file = join(Cgroup.make(t, 'blkio').mount, 'blkio.throttle.write_bps_device');
  const set = (perS: number) => writeFileSync(file, `${disk} ${perS}`);
  set(BYTES_PER_S);
  t.teardown(() => set(0));
  return true;
}

/** A file that its writer's memory cgroup has no room for: what the probe says, and what the kernel's own trace does. */
async function compare(t: ExecutionContext, method: string, env: Record<string, string> = {}): Promise<void> {
  const group = Cgroup.make(t, 'memory');
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(LIMIT));
  // Where dirty pages wait for a starved disk the kernel would sooner kill than wait; version 2 holds the writer back.
  if (!group.v2) group.write('memory.oom_control', '1');
  const disk = quickDisk(t, 96, {whole: true});
  const slow = throttle(t, disk);
  const script = `read go; exec dd if=/dev/zero of="$1" bs=64k count=${MIB * 16}`;
  const writer = new Process(t, [...group.enter, 'sh', '-c', script, 'sh', join(disk, 'file')]);
  const kstop = await Kstop.start(t, ['--probes', 'reclaim', '-i', '0.5', '-p', String(writer.pid)], {env});
  t.like(
    kstop.header.probes.find(({id}) => id === 'reclaim'),
    {state: 'attached', method},
  );
  const trace = new ReclaimTrace(t, writer.pid);
  writer.send('go');
  t.is((await writer.end()).code, 0, writer.stderr);
  await kstop.sampleFromNow();
  await kstop.stop();

  const witnessed = trace.read();
  const sum = witnessed.reduce((all, {us}) => all + us, 0);
  const counted = total(kstop.samples, 'reclaim', {reclaim: 'memcg'});
  t.log(`${counted.count} reclaims, ${counted.sumNs / 1e6} ms in all, by the trace ${sum / 1000}; ${counted.maxUs} us`);
  t.true(witnessed.length >= 20, 'memory was short');
  t.is(counted.count, witnessed.length);
  t.is(total(kstop.samples, 'reclaim', {reclaim: 'direct'}).count, 0);
  t.true(Math.abs(counted.sumNs / 1000 - sum) < APART_US * 10 + Math.max(0.02, APART) * sum, 'the sum');
  t.true(isNear(counted.maxUs, Math.max(...witnessed.map(({us}) => us))), 'the longest');
  const pages = witnessed.reduce((all, each) => all + each.pages, 0);
  t.is(kstop.counter('reclaimed_bytes', {reclaim: 'memcg'}), pages * PAGE);
  // A charge that failed comes before each of them.
  if (!group.v2) t.true(counted.count <= Number(group.read('memory.failcnt')));
  else t.true(pages >= 0.9 * (group.figures('memory.stat').pgsteal_direct ?? 0), 'what the cgroup lost so');

  const events = kstop.events('RECLAIM_STALL');
  const told = events.map(({latency_us}) => latency_us).sort((a, b) => a - b);
  const longerThan = (least: number) =>
    witnessed
      .map(({us}) => us)
      .filter((us) => us >= least)
      .sort((a, b) => a - b);
  const long = longerThan(EVENT_US);
  t.log(`events: ${told.map((us) => Math.round(us / 1000)).join(' ')} ms`);
  // One that an emulated CPU stood still in, between the trace's look at the clock and the probe's, may be a long one for it alone.
  t.true(told.length >= longerThan(EVENT_US + APART_US).length - (process.env.KSTOP_VM ? 2 : 0), 'events');
  t.true(told.length <= longerThan(EVENT_US - APART_US).length, 'no others');
  if (told.length === long.length)
    t.true(
      told.every((us, i) => isNear(us, long[i])),
      'their latencies',
    );
  if (slow) t.true(events.length > 0, 'the disk was slow');
  for (const event of events) {
    t.like(event, {subsystem: 'memory', pid: writer.pid, tid: writer.pid, comm: 'dd', reclaim: 'memcg', order: 0});
    t.is(event.severity, event.latency_us >= 10 * EVENT_US ? 'critical' : 'warning');
    t.true(event.reclaimed_bytes % PAGE === 0);
  }
  t.is(kstop.counter('hits', {probe: 'reclaim'}), events.length);
  t.deepEqual(kstop.samples.at(-1)?.loss.reclaim, {held: 0, lost: 0, missed: 0});
}

testUnless(
  reason,
  'each time that a cgroup at its limit makes its tasks free memory, as the kernel’s own trace has it',
  (t) => compare(t, 'tp_btf'),
);

testUnless(reason, 'the same without BTF arguments', (t) => compare(t, 'raw_tp', {KSTOP_SKIP_METHODS: 'tp_btf'}));

testUnless(reason, 'without a limit writing as much waits for no memory', async (t) => {
  const disk = quickDisk(t, 96);
  const script = `read go; exec dd if=/dev/zero of="$1" bs=64k count=${MIB * 16}`;
  const writer = new Process(t, ['sh', '-c', script, 'sh', join(disk, 'file')]);
  const kstop = await Kstop.start(t, ['--probes', 'reclaim', '-i', '0.5', '-p', String(writer.pid)]);
  writer.send('go');
  t.is((await writer.end()).code, 0, writer.stderr);
  await kstop.sampleFromNow();
  await kstop.stop();
  t.is(total(kstop.samples, 'reclaim').count, 0);
  t.deepEqual(kstop.events('RECLAIM_STALL'), []);
});
