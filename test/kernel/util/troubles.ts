/** Real troubles of a kernel, each bounded in time and gone when its function returns. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {Cgroup} from './cgroup.ts';
import {folder, loop, must, slowDisk, slowFolder} from './disk.ts';
import {load, Process, startLoad} from './load.ts';
import {twoCpus} from './machine.ts';
import {networkPair} from './net.ts';
import {sleep} from './wait.ts';

export const HUNG = '/proc/sys/kernel/hung_task_timeout_secs';

/** More tasks than CPUs; as it is, for two windows and what it takes until they begin. */
export async function hogs(t: ExecutionContext, tasks = 24, ms = 22_000): Promise<void> {
  const hogs = await startLoad(t, 'worker', [tasks, twoCpus()?.join() ?? '0'], {as: 'hog'});
  hogs.send(`spin ${ms}`);
  await hogs.line(ms + 10_000);
  await hogs.kill();
}

export async function outOfMemory(t: ExecutionContext): Promise<void> {
  const group = Cgroup.make(t, 'memory');
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(20 << 20));
  const eater = await startLoad(t, 'eater', [0], {as: 'eater', through: group.enter});
  eater.send('60');
  await eater.end(10_000);
}

/** A program that dies of its own fault, and dumps no core here. */
export async function crash(t: ExecutionContext): Promise<void> {
  const {signal} = await new Process(t, ['/bin/sh', '-c', 'ulimit -c 0; kill -SEGV $$']).end(10_000);
  t.is(signal, 'SIGSEGV');
}

/** Requests that no call on a file waits for. */
export async function slowDevice(t: ExecutionContext): Promise<void> {
  const slow = slowDisk(t);
  const submitter = new Process(t, [...slow.through, load('submitter'), slow.device, '25']);
  t.is((await submitter.end(30_000)).code, 0, submitter.stderr);
}

export async function lossyLink(t: ExecutionContext): Promise<void> {
  const net = networkPair(t);
  net.server.drop('numgen', 'random', 'mod', '10', '==', '0');
  const server = new Process(t, [...net.server.enter, 'iperf3', '-s', '-1', '-p', '5299', '--forceflush']);
  await sleep(500);
  const flags = ['-c', net.ipv4.server, '-p', '5299', '-t', '3', '-b', '10M', '-l', '16K'];
  await new Process(t, [...net.client.enter, 'iperf3', ...flags]).end(15_000);
  net.server.dropNothing();
  await server.kill();
}

/** Writes that wait before they become requests: only the calls are slow. */
export async function slowFile(t: ExecutionContext): Promise<void> {
  const {path, through} = slowFolder(t);
  const command = [
    'dd',
    'status=none',
    'if=/dev/zero',
    `of=${join(path, 'slow')}`,
    'bs=16k',
    'count=12',
    'oflag=direct',
  ];
  t.is((await new Process(t, [...through, ...command]).end(30_000)).code, 0);
}

/** A datagram socket that nobody reads. */
export async function fullReceiveBuffer(t: ExecutionContext): Promise<void> {
  const load = await startLoad(t, 'datagrams', []);
  load.send('listen 127.0.0.1 4096');
  const port = await load.line();
  load.send(`send 127.0.0.1 ${port} 600 200`);
  t.is(await load.line(), '600');
  await load.kill();
}

/** A task that waits for a file system to thaw, in a call that no other probe looks at. */
export async function hungTask(t: ExecutionContext): Promise<void> {
  const [device, mount] = [loop(t, 32), folder(t)];
  must('mkfs.ext4', '-q', device);
  must('mount', device, mount);
  t.teardown(() => must('umount', mount));
  const before = readFileSync(HUNG, 'latin1');
  writeFileSync(HUNG, '2');
  t.teardown(() => writeFileSync(HUNG, before));
  must('fsfreeze', '-f', mount);
  const waiting = new Process(t, ['mkdir', join(mount, 'new')]);
  await sleep(7000);
  must('fsfreeze', '-u', mount);
  t.is((await waiting.end(10_000)).code, 0, waiting.stderr);
}
