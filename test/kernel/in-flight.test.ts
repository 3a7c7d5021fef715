/** Whose requests keep a disk busy for whom, and requests that still wait: held against what the kernel says of the disk. */
import {basename} from 'node:path';
import type {BioLatencyEvent} from '../../src/types/stream.ts';
import {lacksSlowDisk, loop, must, slowDisk} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const DEPTH = 8;

/** Requests that a disk had in flight, times milliseconds (Documentation/admin-guide/iostats.rst, field 11). */
function inFlightMs(disk: string): number {
  const line = read('/proc/diskstats')
    .split('\n')
    .map((each) => each.trim().split(/\s+/))
    .find(([, , name]) => name === disk);
  return Number(line?.[13]);
}

const inFlightNow = (disk: string): number =>
  read(`/sys/block/${disk}/inflight`)
    .trim()
    .split(/\s+/)
    .reduce((sum, n) => sum + Number(n), 0);

const partOf = (events: readonly BioLatencyEvent[], comm: string): number =>
  events
    .flatMap(({culprits = []}) => culprits)
    .filter((culprit) => culprit.comm === comm)
    .reduce((sum, {wait_us}) => sum + wait_us, 0);

testUnless(
  lacks('losetup', 'dd', 'fio') ?? lacksSlowDisk(),
  'who has most in flight on a disk has the blame for the waits of others',
  async (t) => {
    const slow = slowDisk(t, 50);
    const disk = basename(slow.device);
    const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1']);
    const job = `--name=hog --filename=${slow.device} --rw=randwrite --bs=64k --direct=1 --ioengine=libaio`;
    const runs = ['--minimal', '--thread', '--time_based', '--runtime=120', `--iodepth=${DEPTH}`, '--size=32m'];
    const hog = new Process(t, [...slow.through, 'fio', ...job.split(' '), ...runs]);
    await until(() => inFlightNow(disk) >= DEPTH, 20_000 * SLOW, 'the hog’s requests');
    const [before, began] = [inFlightMs(disk), performance.now()];
    const copy = ['status=none', 'if=/dev/zero', `of=${slow.device}`, 'bs=4k', 'count=6', 'oflag=direct'];
    const victim = new Process(t, [...slow.through, 'dd', ...copy]);
    await victim.end();
    const average = (inFlightMs(disk) - before) / (performance.now() - began);
    await hog.kill();
    await kstop.sampleFromNow();
    await kstop.stop();

    const events = kstop.events('BIO_LATENCY').filter((event) => event.device === disk && event.pid === victim.pid);
    const latency = events.reduce((sum, {latency_us}) => sum + latency_us, 0);
    const byHog = partOf(events, 'fio');
    t.log(
      `${slow.how}: ${events.length} requests of ${(latency / 1000).toFixed(1)} ms, ${((100 * byHog) / latency).toFixed(1)} % ` +
        `because of the hog; by the kernel ${average.toFixed(1)} in flight on average`,
    );
    t.true(events.length >= 6 && average > 2, 'the disk was shared');
    const share = 1 - 1 / average;
    t.true(Math.abs(byHog / latency - share) < 0.1, `by the kernel’s average ${(100 * share).toFixed(1)} %`);
    for (const {culprits = [], latency_us, covered_pct} of events) {
      const sum = culprits.reduce((us, {wait_us}) => us + wait_us, 0);
      t.true(sum <= latency_us + 0.01 && (covered_pct ?? 0) <= 100.01);
      t.like(culprits[0], {comm: 'fio', owner: 'task'});
    }
    const rows = kstop.samples.flatMap(({blame = []}) => blame).filter(({subsystem}) => subsystem === 'block');
    const mine = rows.filter(({victim: {pid}, culprit}) => pid === victim.pid && culprit.comm === 'fio');
    const inSamples = mine.reduce((ms, {wait_ms}) => ms + wait_ms, 0);
    t.true(Math.abs(inSamples * 1000 - byHog) <= 1 + kstop.samples.length, `${inSamples} ms in the samples’ rows`);
    // Half a second is worth a sentence.
    if (byHog > 500_000)
      t.regex(
        kstop.summary!.findings.find((text) => text.includes(`pid ${victim.pid} dd waited`)) ?? '',
        /^block: .* because of requests of pid \d+ fio$/,
      );
  },
);

testUnless(lacks('losetup', 'dd'), 'a disk that one has for itself blames nobody', async (t) => {
  const device = loop(t, 64);
  const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1']);
  must('dd', 'status=none', 'if=/dev/zero', `of=${device}`, 'bs=4k', 'count=50', 'oflag=direct');
  await kstop.sampleFromNow();
  await kstop.stop();
  const alone = kstop.events('BIO_LATENCY').filter((event) => event.device === basename(device) && event.comm === 'dd');
  t.true(alone.length >= 40);
  const none = alone.filter(({culprits}) => culprits === undefined);
  // Some tool of the machine may look at a new device.
  t.true(none.length >= alone.length * 0.9, `${none.length} of ${alone.length}`);
  for (const {covered_pct} of none) t.is(covered_pct, 0);
});

testUnless(lacks('losetup', 'dd') ?? lacksSlowDisk(), 'a request that waits is shown while it waits', async (t) => {
  const slow = slowDisk(t, 2000);
  const disk = basename(slow.device);
  const kstop = await Kstop.start(t, ['--probes', 'block', '-i', '0.2']);
  const writer = new Process(t, [
    ...slow.through,
    ...'dd status=none if=/dev/zero bs=16k count=3 oflag=direct'.split(' '),
    `of=${slow.device}`,
  ]);
  const waiting = () =>
    kstop.samples.flatMap(({in_flight = [], mono_ns}) =>
      in_flight.filter(({device}) => device === disk).map((row) => ({...row, at: Number(mono_ns) / 1e6})),
    );
  await until(() => waiting().find(({waiting_ms}) => waiting_ms > 500), 15_000 * SLOW, 'a request in flight');
  t.is(inFlightNow(disk), 1, 'by the kernel too');
  t.is(kstop.events('BIO_LATENCY').filter(({device, latency_us}) => device === disk && latency_us > 500_000).length, 0);
  await writer.end();
  await kstop.sampleFromNow();
  await kstop.stop();
  const rows = waiting();
  const longest = Math.max(...rows.map(({waiting_ms}) => waiting_ms));
  const events = kstop.events('BIO_LATENCY').filter(({device}) => device === disk);
  const slowest = Math.max(...events.map(({latency_us}) => latency_us)) / 1000;
  t.log(`${slow.how}: ${rows.length} rows, the longest of ${longest} ms; the slowest request took ${slowest} ms`);
  t.true(rows.length >= 3);
  t.true(longest <= slowest + 50 && longest >= slowest - 1500 * SLOW, 'as long as the request then took');
  for (const row of rows) {
    t.like(row, {op: 'write', size_bytes: 16384, owner: 'task', comm: 'dd'});
    t.true(row.waiting_ms >= 10 && (row.device_ms ?? 0) <= row.waiting_ms);
  }
  // One request is the same one from sample to sample: it began when it began.
  const starts = new Set(rows.map(({at, waiting_ms}) => Math.round((at - waiting_ms) / 100)));
  t.true(starts.size <= 2 * 3, `${[...starts].join()}`);
  t.false(kstop.samples.at(-1)!.in_flight?.some(({device}) => device === disk) ?? false, 'none is left');
});

testUnless(lacks('losetup', 'dd'), 'a request that merged into another one is none in flight', async (t) => {
  const device = loop(t, 64);
  const disk = basename(device);
  try {
    must('sh', '-c', `echo mq-deadline > /sys/block/${disk}/queue/scheduler`);
  } catch {
    t.log('no mq-deadline: requests merge in the plug alone');
  }
  const kstop = await Kstop.start(t, ['--probes', 'block', '--bio-warn', '1', '-i', '0.2']);
  for (let i = 0; i < 3; i++)
    must('dd', 'status=none', 'if=/dev/zero', `of=${device}`, 'bs=1M', 'count=48', 'conv=fsync');
  await sleep(300);
  await kstop.sampleFromNow();
  await kstop.sampleFromNow();
  await kstop.stop();
  t.is(inFlightNow(disk), 0);
  const merged = read(`/sys/block/${disk}/stat`).trim().split(/\s+/).map(Number)[5];
  t.log(`${merged} merged`);
  t.deepEqual(kstop.samples.at(-1)!.in_flight?.filter(({device: name}) => name === disk) ?? [], []);
});
