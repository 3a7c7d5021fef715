import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, realpathSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {Cgroup, lacksController} from './cgroup.ts';
import {sleep} from './wait.ts';
import {read} from './witness.ts';

/** Runs a command that must succeed; its stdout. */
export function must(command: string, ...args: string[]): string {
  const {status, stdout, stderr, error} = spawnSync(command, args, {encoding: 'utf8', timeout: 60_000});
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

const OPS = ['read', 'write', 'discard', 'flush'] as const;
export type Op = (typeof OPS)[number];
export interface Figures {
  requests: number;
  sectors: number;
  ms: number;
}

/** A whole disk's line of /proc/diskstats. */
export function diskstats(disk: string): Record<Op, Figures> {
  const line = read('/proc/diskstats')
    .split('\n')
    .map((each) => each.trim().split(/\s+/))
    .find(([, , name]) => name === disk);
  if (!line) throw new Error(`no ${disk} in /proc/diskstats`);
  const n = line.slice(3).map(Number);
  const four = (at: number) => ({requests: n[at], sectors: n[at + 2], ms: n[at + 3]});
  return {
    read: four(0),
    write: four(4),
    discard: four(11),
    flush: {requests: n[15] ?? 0, sectors: 0, ms: n[16] ?? 0},
  };
}

export function grown(before: Record<Op, Figures>, after: Record<Op, Figures>): Record<Op, Figures> {
  const each = OPS.map((op) => {
    const [a, b] = [before[op], after[op]];
    return [op, {requests: b.requests - a.requests, sectors: b.sectors - a.sectors, ms: b.ms - a.ms}];
  });
  return Object.fromEntries(each);
}

/** The figures once no request is under way and they stay as they are. */
export async function restingDiskstats(disk: string): Promise<Record<Op, Figures>> {
  for (let tries = 0; tries < 100; tries++) {
    const before = diskstats(disk);
    await sleep(100);
    const idle = read(`/sys/block/${disk}/inflight`)
      .trim()
      .split(/\s+/)
      .every((n) => n === '0');
    const after = diskstats(disk);
    if (idle && JSON.stringify(before) === JSON.stringify(after)) return after;
  }
  throw new Error(`${disk} never rests`);
}

/** A folder of the test's own on a real file system, if there is one to be had, else in memory. */
export function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'kstop-disk-'));
  t.teardown(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

/** A folder of the test's own in memory. */
function memory(t: ExecutionContext): string {
  const made = mkdtempSync('/dev/shm/kstop-disk-');
  t.teardown(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

/**
 * A file system of the test's own on a disk that nobody else slows down: a loop device over memory. Its folder. From 5.14 on
 * a loop device's memory is charged to the writer's cgroup (version 2), where nothing can take it back: `whole` takes all of it now.
 */
export function quickDisk(t: ExecutionContext, megabytes: number, {whole = false} = {}): string {
  const place = memory(t);
  const [device, mount] = [loop(t, megabytes, {in: place}), folder(t)];
  if (whole) must('fallocate', '--length', `${megabytes}MiB`, join(place, 'image'));
  must('mkfs.ext4', '-q', ...(whole ? ['-E', 'nodiscard,lazy_itable_init=0'] : []), device);
  must('mount', device, mount);
  t.teardown(() => must('umount', mount));
  return mount;
}

/** A loop device over a file of its own. Its path. */
export function loop(t: ExecutionContext, megabytes: number, {directIo = false, in: place = folder(t)} = {}): string {
  const file = join(place, 'image');
  writeFileSync(file, '');
  truncateSync(file, megabytes << 20);
  const device = must('losetup', '--find', '--show', ...(directIo ? ['--direct-io=on'] : []), file).trim();
  t.teardown(() => must('losetup', '--detach', device));
  return device;
}

/** `major:minor` of the whole disk that a path lies on; undefined for file systems without one. */
function diskUnder(path: string): string | undefined {
  const {dev} = statSync(path);
  const name = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  if (!existsSync(`/sys/dev/block/${name}`)) return undefined;
  const device = realpathSync(`/sys/dev/block/${name}`);
  return read(join(existsSync(join(device, 'partition')) ? dirname(device) : device, 'dev')).trim();
}

export interface SlowDisk {
  device: string;
  /** Prefix of the commands for which it is slow. */
  through: string[];
  how: string;
  /** What the device itself takes at least for a request. */
  deviceUs?: number;
}

/** Why there is no folder whose writes could be held up before they reach a disk; undefined when there is one. */
export function lacksSlowFolder(): string | undefined {
  return diskUnder(tmpdir()) ? lacksController(throttler()) : `${tmpdir()} is on no disk that could be throttled`;
}

/** A folder into which commands that go `through` write 4 times a second: they wait before there is a request. */
export function slowFolder(t: ExecutionContext): {path: string; through: string[]} {
  return {path: folder(t), through: throttled(t, 4)};
}

/** A folder from whose disk commands that go `through` read 10 times a second, if they read past the page cache. */
export function slowToRead(t: ExecutionContext): {path: string; through: string[]} {
  return {path: folder(t), through: throttled(t, 10, 'read')};
}

/** Prefix of commands that may write (or read) only so many times a second to the disk of the folder for temporary files. */
function throttled(t: ExecutionContext, perSecond: number, what: 'read' | 'write' = 'write'): string[] {
  const disk = diskUnder(tmpdir());
  const group = Cgroup.make(t, throttler());
  if (group.v2) group.write('io.max', `${disk} ${what[0]}iops=${perSecond}`);
  else group.write(`blkio.throttle.${what}_iops_device`, `${disk} ${perSecond}`);
  return group.enter;
}

const throttler = (): string => (lacksController('blkio') ? 'io' : 'blkio');
const hasNullBlk = (): boolean =>
  !existsSync('/sys/module/null_blk') && spawnSync('modprobe', ['--dry-run', 'null_blk']).status === 0;

/** Why there is no slow disk; undefined when one can be had. */
export function lacksSlowDisk(): string | undefined {
  if (hasNullBlk()) return undefined;
  if (!diskUnder(tmpdir())) return `no null_blk, and ${tmpdir()} is on no disk that could be throttled`;
  return lacksController(throttler()) && 'neither null_blk nor a cgroup controller of disks';
}

/**
 * A disk whose writes take tens of milliseconds each, or as long as is asked for; `timerMs`: where the reads take as long.
 */
export function slowDisk(t: ExecutionContext, ms?: number, timerMs = ms): SlowDisk {
  return hasNullBlk() ? timerDisk(t, timerMs ?? 20) : throttledLoop(t, Math.ceil(1000 / (ms ?? 100)));
}

/** null_blk completes from a timer interrupt, on top of whatever task runs. */
function timerDisk(t: ExecutionContext, ms: number): SlowDisk {
  must(
    'modprobe',
    'null_blk',
    'nr_devices=1',
    'queue_mode=2',
    'irqmode=2',
    `completion_nsec=${ms * 1_000_000}`,
    'gb=1',
  );
  t.teardown(() => must('modprobe', '-r', 'null_blk'));
  return {device: '/dev/nullb0', through: [], how: `null_blk, ${ms} ms by a timer`, deviceUs: ms * 750};
}

/** A loop device whose file is on a disk that lets a cgroup write only so many times a second. */
function throttledLoop(t: ExecutionContext, perSecond: number): SlowDisk {
  const device = loop(t, 64, {directIo: true});
  const how = `a loop device over a file on ${diskUnder(tmpdir())}, ${perSecond} writes a second`;
  return {device, through: throttled(t, perSecond), how};
}
