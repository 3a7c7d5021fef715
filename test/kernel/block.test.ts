import {mkdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {Sample} from '../../src/types/stream.ts';
import {diskstats, folder, grown, lacksSlowDisk, loop, must, restingDiskstats, slowDisk} from './util/disk.ts';
import {Kstop, total} from './util/kstop.ts';
import {Process, startLoad, Unseen} from './util/load.ts';
import {lacks, lacksModule, onMachine, testUnless, twoCpus} from './util/machine.ts';
import {SLOW} from './util/wait.ts';
import {agrees} from './util/witness.ts';

const tools = lacks('losetup', 'dd', 'blkdiscard');
const cpus = twoCpus() ?? [0];

function dd(...args: string[]): void {
  must('dd', 'status=none', ...args);
}

const ofDisk = (samples: readonly Sample[], device: string, op: string) => total(samples, 'block', {device, op});

testUnless(tools, "requests of each operation are the disk's own statistics", async (t) => {
  const device = loop(t, 64);
  const disk = basename(device);
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['--probes', 'block', '-i', '0.5']);
  const before = await restingDiskstats(disk);
  dd('if=/dev/zero', `of=${device}`, 'bs=4k', 'count=300', 'oflag=direct');
  dd(`if=${device}`, 'of=/dev/null', 'bs=8k', 'count=200', 'iflag=direct');
  // Through the page cache: merged on their way, and a flush at the end.
  dd('if=/dev/zero', `of=${device}`, 'bs=1M', 'count=16', 'seek=4', 'conv=fsync');
  for (let i = 0; i < 20; i++) dd('if=/dev/zero', `of=${device}`, 'bs=4k', 'count=1', 'oflag=direct', 'conv=fsync');
  // Write-through: data and flush in one request, as a journal's commit makes them.
  dd('if=/dev/zero', `of=${device}`, 'bs=4k', 'count=30', 'oflag=direct,dsync');
  for (let i = 0; i < 5; i++) must('blkdiscard', '-o', String(i << 20), '-l', String(1 << 20), device);
  const growth = grown(before, await restingDiskstats(disk));
  t.is((await kstop.stop()).code, 0);

  const {total: blind} = await unseen.read();
  t.log(`by /proc/diskstats: ${JSON.stringify(growth)}`);
  t.true(growth.read.requests >= 200 && growth.write.requests >= 320, 'the disk did work');
  t.true(growth.flush.requests >= 50 && growth.discard.requests >= 5, 'also flushes and discards');
  for (const op of ['read', 'write', 'flush', 'discard'] as const) {
    const seen = ofDisk(kstop.samples, disk, op);
    agrees(t, seen.count, growth[op].requests, blind, `${op} requests`);
    const ms = seen.sumNs / 1e6;
    t.log(`${op}: ${seen.count} requests, ${ms.toFixed(1)} ms (kernel ${growth[op].requests}, ${growth[op].ms} ms)`);
    // The kernel reads the clock later, after it has woken who waits; that one may run first.
    t.true(ms <= growth[op].ms * 1.2 + 5 && ms >= growth[op].ms * 0.4 - 5, `time of ${op}`);
  }
});

testUnless(tools, 'each slow request is an event with its owner, place and size', async (t) => {
  const device = loop(t, 64);
  const disk = basename(device);
  const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1']);
  const before = await restingDiskstats(disk);
  const writer = new Process(
    t,
    'dd status=none if=/dev/zero bs=8k count=50 seek=10 oflag=direct'.split(' ').concat(`of=${device}`),
  );
  await writer.end();
  const reader = new Process(
    t,
    'dd status=none of=/dev/null bs=16k count=40 iflag=direct'.split(' ').concat(`if=${device}`),
  );
  await reader.end();
  const growth = grown(before, await restingDiskstats(disk));
  await kstop.stop();

  const events = kstop.events('BIO_LATENCY').filter((event) => event.device === disk);
  const of = (op: string) => events.filter((event) => event.op === op);
  const bytes = (op: string) => of(op).reduce((sum, event) => sum + event.size_bytes, 0);
  t.log(`${of('write').length} writes, ${of('read').length} reads`);
  t.true(of('write').length >= 49 && of('read').length >= 39);
  t.true(bytes('write') <= growth.write.sectors * 512 && bytes('read') <= growth.read.sectors * 512);
  for (const event of events) {
    const mine = event.op === 'write' ? writer : reader;
    t.like(event, {pid: mine.pid, tid: mine.pid, comm: 'dd', uid: 0, owner: 'task', device: disk});
    t.is(event.size_bytes, event.op === 'write' ? 8192 : 16384);
    t.is(Number(event.sector) % (event.size_bytes / 512), 0);
    t.true(event.latency_us >= 1);
    if (event.queue_us !== undefined && event.device_us !== undefined)
      t.true(Math.abs(event.queue_us + event.device_us - event.latency_us) < 0.01, JSON.stringify(event));
  }
  const sectors = of('write').map((event) => Number(event.sector));
  t.true(Math.min(...sectors) >= 160 && Math.max(...sectors) < 160 + 50 * 16, 'where dd wrote');
});

testUnless(
  lacks('losetup', 'dd') ?? lacksSlowDisk(),
  "a slow disk's requests belong to who made them, not to whom the interrupt hit",
  async (t) => {
    const slow = slowDisk(t);
    const disk = basename(slow.device);
    const hogs = await startLoad(t, 'worker', [cpus.length, cpus.join()], {as: 'kt-hog'});
    const pinned = await Promise.all(cpus.map((cpu) => startLoad(t, 'worker', [1, cpu], {as: `kt-hog${cpu}`})));
    const kstop = await Kstop.start(t, ['--probes', 'block']);
    const before = diskstats(disk);
    for (const hog of [hogs, ...pinned]) hog.send(`spin ${3000 * SLOW}`);
    const command = 'dd status=none if=/dev/zero bs=16k count=20 oflag=direct'.split(' ').concat(`of=${slow.device}`);
    const victim = new Process(t, [...slow.through, ...command]);
    await victim.end();
    const growth = grown(before, await restingDiskstats(disk));
    await kstop.stop();

    const events = kstop.events('BIO_LATENCY').filter((event) => event.device === disk);
    const worst = Math.max(...events.map((event) => event.latency_us));
    t.log(`${slow.how}: ${events.length} events of ${growth.write.requests} writes, the longest ${worst} us`);
    t.true(growth.write.requests >= 20);
    t.true(events.length >= 5, 'many of the writes were slow');
    for (const event of events) {
      t.like(event, {pid: victim.pid, comm: 'dd', owner: 'task', op: 'write', size_bytes: 16384});
      t.is(event.severity, event.latency_us >= 100_000 ? 'critical' : 'warning');
      t.true(event.latency_us >= 10_000);
      // Where the kernel's worker issues the requests, the hogs delay it too.
      const least = slow.deviceUs ?? event.latency_us * 0.5;
      t.true(event.device_us === undefined || event.device_us >= least, 'the device was slow, not the queue alone');
    }
  },
);

testUnless(
  lacks('losetup', 'dd', 'mkfs.ext4', 'sync'),
  'what the kernel writes back is nobody’s request',
  async (t) => {
    const device = loop(t, 64);
    const disk = basename(device);
    must('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', device);
    const mount = join(folder(t), 'mount');
    mkdirSync(mount);
    must('mount', device, mount);
    t.teardown(() => must('umount', mount));
    must('sync', '-f', mount);
    const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1']);
    dd('if=/dev/zero', `of=${join(mount, 'file')}`, 'bs=1M', 'count=8');
    must('sync', '-f', mount);
    await restingDiskstats(disk);
    await kstop.stop();

    const events = kstop.events('BIO_LATENCY').filter((event) => event.device === disk && event.op === 'write');
    // Where requests can't be owned when they are made, what a kernel worker issues has no owner at all.
    const exact = kstop.header.probes.find(({id}) => id === 'block')?.state === 'attached';
    const written = events.filter(({owner}) => owner === 'writeback' || (!exact && owner === undefined));
    const bytes = written.reduce((sum, event) => sum + event.size_bytes, 0);
    const unknown = events.filter(({owner}) => owner === undefined);
    if (exact) t.deepEqual(unknown, []);
    const others = new Set(events.filter(({owner}) => owner === 'task').map(({comm}) => comm));
    t.log(
      `${written.length} requests of ${bytes >> 20} MiB written back; others by ${[...others].join(', ') || 'nobody'}`,
    );
    t.true(bytes >= 8 << 20);
    for (const event of written) t.is(event.pid, undefined);
    t.false(others.has('dd'), 'dd only filled the page cache');
  },
);

testUnless(
  onMachine ?? lacks('dmsetup', 'blockdev') ?? lacksModule('dm_delay'),
  'a slow device without requests (dm) is given no figures, and its disk none of its slowness',
  async (t) => {
    const under = '/dev/vda';
    const sectors = must('blockdev', '--getsz', under).trim();
    // Reads at once, writes 300 ms later.
    const delay = (ms: number) => `${under} 0 ${ms}`;
    must('modprobe', 'dm_delay');
    must('dmsetup', 'create', 'kt-delay', '--noudevsync', '--table', `0 ${sectors} delay ${delay(0)} ${delay(300)}`);
    t.teardown(() => must('dmsetup', 'remove', '--noudevsync', '--retry', 'kt-delay'));
    must('dmsetup', 'mknodes', '--noudevsync');
    const mapped = basename(must('dmsetup', 'info', '-c', '--noheadings', '-o', 'blkdevname', 'kt-delay').trim());
    const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1']);
    const before = {disk: await restingDiskstats('vda'), mapped: diskstats(mapped)};
    const since = performance.now();
    dd('if=/dev/zero', 'of=/dev/mapper/kt-delay', 'bs=4k', 'count=4', 'oflag=direct');
    const took = performance.now() - since;
    const growth = grown(before.disk, await restingDiskstats('vda'));
    await kstop.stop();

    const above = grown(before.mapped, diskstats(mapped)).write;
    const seen = ofDisk(kstop.samples, 'vda', 'write');
    t.log(`4 writes in ${took.toFixed(0)} ms; ${mapped} ${JSON.stringify(above)}, vda ${JSON.stringify(growth.write)}`);
    t.true(took > 1000 && above.ms > 1000, 'it was slow');
    t.is(kstop.events('BIO_LATENCY').filter(({device}) => device === mapped).length, 0);
    t.is(ofDisk(kstop.samples, mapped, 'write').count, 0);
    t.is(seen.count, growth.write.requests);
    t.true(seen.count >= 4 && seen.maxUs < 250_000, `the disk's longest: ${seen.maxUs} us`);
  },
);

testUnless(
  onMachine ?? lacks('dd') ?? lacksModule('null_blk'),
  'a disk that vanishes while it is measured keeps its name and figures, and the others go on',
  async (t) => {
    const other = loop(t, 16);
    const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1', '-i', '0.5']);
    let writes = 0;
    for (let round = 0; round < 3; round++) {
      must('modprobe', 'null_blk', 'nr_devices=1', 'queue_mode=2', 'gb=1');
      dd('if=/dev/zero', 'of=/dev/nullb0', 'bs=4k', 'count=50', 'oflag=direct');
      writes += (await restingDiskstats('nullb0')).write.requests;
      must('modprobe', '-r', 'null_blk');
      await kstop.sampleFromNow();
    }
    const before = await restingDiskstats(basename(other));
    dd('if=/dev/zero', `of=${other}`, 'bs=4k', 'count=20', 'oflag=direct');
    const growth = grown(before, await restingDiskstats(basename(other)));
    await kstop.sampleFromNow();
    t.is((await kstop.stop()).code, 0);
    t.is(kstop.stderr, '');
    const seen = ofDisk(kstop.samples, 'nullb0', 'write');
    const events = kstop.events('BIO_LATENCY').filter(({device, op}) => device === 'nullb0' && op === 'write');
    t.log(`${seen.count} writes of ${writes}, ${events.length} events`);
    t.true(writes >= 150);
    t.is(seen.count, writes);
    t.is(
      events.length,
      seen.cells.slice(seen.bounds.indexOf(1) + 1).reduce((a, b) => a + b, 0),
    );
    t.is(ofDisk(kstop.samples, basename(other), 'write').count, growth.write.requests);
  },
);
