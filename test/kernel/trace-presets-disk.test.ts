import {basename} from 'node:path';
import {grown, lacksSlowDisk, loop, restingDiskstats, slowDisk} from './util/disk.ts';
import {Process, Unseen} from './util/load.ts';
import {lacks, once, testUnless} from './util/machine.ts';
import {counted, rowsOf, sum, traced} from './util/presets.ts';
import {noTraces} from './util/traces.ts';
import {agrees} from './util/witness.ts';

const reason = once ?? noTraces ?? lacks('losetup', 'dd');
const dd = (...args: string[]) => ['dd', 'status=none', ...args];

testUnless(reason, "disk-latency: requests by device and operation are the disk's own statistics", async (t) => {
  const device = loop(t, 64);
  const disk = basename(device);
  const unseen = await Unseen.start(t);
  const before = await restingDiskstats(disk);
  let writer: Process | undefined;
  const result = await traced(t, 'disk-latency', {slow_ms: 0.001}, async () => {
    writer = new Process(t, dd('if=/dev/zero', `of=${device}`, 'bs=8k', 'count=50', 'oflag=direct'));
    await writer.end();
    await new Process(t, dd(`if=${device}`, 'of=/dev/null', 'bs=16k', 'count=40', 'iflag=direct')).end();
    await restingDiskstats(disk);
  });
  const growth = grown(before, await restingDiskstats(disk));
  const {total: blind} = await unseen.read();
  const of = (op: string) => counted(result, 'time of requests', {device: disk, op});
  t.log(`reads ${of('read')} of ${growth.read.requests}, writes ${of('write')} of ${growth.write.requests}`);
  agrees(t, of('read'), growth.read.requests, blind, 'reads');
  agrees(t, of('write'), growth.write.requests, blind, 'writes');
  const writes = result.events.filter(({raw_args}) => raw_args.device === disk && raw_args.op === 'write');
  t.log(writes[0]?.message);
  t.true(writes.length >= 45);
  for (const event of writes) t.like(event, {pid: writer?.pid, process_name: 'dd'});
  for (const {raw_args} of writes) t.like(raw_args, {bytes: '8192', error: 'ok'});
});

testUnless(reason ?? lacksSlowDisk(), 'disk-latency: slow requests are told, the others are not', async (t) => {
  const slow = slowDisk(t);
  const disk = basename(slow.device);
  const result = await traced(t, 'disk-latency', {}, async () => {
    await new Process(t, [
      ...slow.through,
      ...dd('if=/dev/zero', `of=${slow.device}`, 'bs=16k', 'count=20', 'oflag=direct'),
    ]).end();
    await restingDiskstats(disk);
  });
  const mine = result.events.filter(({raw_args}) => raw_args.device === disk);
  t.log(`${slow.how}: ${mine.length} events; ${mine[0]?.message}`);
  t.true(mine.length >= 5);
  for (const {raw_args} of mine) t.true(Number(raw_args.latency_us) >= 10_000);
});

testUnless(reason, 'block-io: bytes and requests by process and device', async (t) => {
  const device = loop(t, 64);
  const disk = basename(device);
  const before = await restingDiskstats(disk);
  let writer: Process | undefined;
  const result = await traced(t, 'block-io', {}, async () => {
    writer = new Process(t, dd('if=/dev/zero', `of=${device}`, 'bs=8k', 'count=50', 'oflag=direct'));
    await writer.end();
  });
  const growth = grown(before, await restingDiskstats(disk));
  const key = {device: disk, op: 'write', pid: String(writer?.pid), process_name: 'dd'};
  const bytes = sum(rowsOf(result, 'bytes by process', key));
  t.log(`${bytes} bytes in ${rowsOf(result, 'requests by process', key)} requests`);
  t.is(bytes, growth.write.sectors * 512);
  t.deepEqual(rowsOf(result, 'requests by process', key), [growth.write.requests]);
});
