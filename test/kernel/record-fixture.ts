/**
 * Makes test/fixtures/trouble.ndjson.gz anew: kstop's own recording of this machine while real trouble is provoked on
 * it, one after the other: CPU hogs, a slow disk, an OOM kill in a cgroup, a connection that loses packets. As root:
 *
 *     node_modules/.bin/node node_modules/.bin/ava test/kernel/record-fixture.ts
 */
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cgroup} from './util/cgroup.ts';
import {slowDisk} from './util/disk.ts';
import {PROGRAM, REPO} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {networkPair} from './util/net.ts';
import {sleep} from './util/wait.ts';

async function stalledQueue(t: ExecutionContext): Promise<void> {
  const hogs = await startLoad(t, 'worker', [5, '0,1'], {as: 'hog'});
  hogs.send('spin 6000');
  await hogs.line();
  await hogs.kill();
}

async function slowWrites(t: ExecutionContext): Promise<void> {
  const slow = slowDisk(t);
  const command = ['dd', 'status=none', 'if=/dev/zero', `of=${slow.device}`, 'bs=16k', 'count=30', 'oflag=direct'];
  await new Process(t, [...slow.through, ...command]).end(20_000);
}

async function outOfMemory(t: ExecutionContext): Promise<void> {
  const group = Cgroup.make(t, 'memory');
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(20 << 20));
  const eater = await startLoad(t, 'eater', [0], {as: 'eater', through: group.enter});
  eater.send('60');
  await eater.end(10_000);
}

async function lostPackets(t: ExecutionContext): Promise<void> {
  const net = networkPair(t);
  net.server.drop('numgen', 'random', 'mod', '40', '==', '0');
  const server = new Process(t, [...net.server.enter, 'iperf3', '-s', '-1', '-p', '5299', '--forceflush']);
  await sleep(500);
  const flags = ['-c', net.ipv4.server, '-p', '5299', '-t', '2', '-b', '10M', '-l', '16K'];
  await new Process(t, [...net.client.enter, 'iperf3', ...flags]).end(15_000);
  net.server.dropNothing();
  await server.kill();
}

test('record trouble', async (t) => {
  t.timeout(120_000);
  const file = join(REPO, 'test/fixtures/trouble.ndjson.gz');
  rmSync(file, {force: true});
  const kstop = new Process(t, [...PROGRAM, 'record', file, '--sched-warn', '10000']);
  await sleep(4000);
  for (const trouble of [stalledQueue, slowWrites, outOfMemory, lostPackets]) {
    await trouble(t);
    await sleep(2000);
  }
  kstop.child.kill('SIGTERM');
  await kstop.end(10_000);
  t.is(kstop.stderr, '');
});
