import {mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {LiveSource} from '../../src/sources/live.ts';
import type {Frame} from '../../src/types/frame.ts';
import type {Sample, VfsOp, VfsSlowEvent} from '../../src/types/stream.ts';
import {Cgroup, unified} from './util/cgroup.ts';
import {folder, lacksSlowDisk, must, slowDisk} from './util/disk.ts';
import {Kstop, runToEnd, total} from './util/kstop.ts';
import {lacks32Bit, Process, startLoad, Unseen} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';
import {agrees} from './util/witness.ts';

const OPS = ['read', 'write', 'fsync', 'open'] as const;
const PROBE = ['--probes', 'vfs'];

/** Calls of each operation, by the histograms. */
function calls(samples: readonly Sample[], name = 'vfs'): Record<VfsOp, number> {
  const each = OPS.map((op) => [op, total(samples, name, {op}).count]);
  return Object.fromEntries(each);
}

/** Makes the load do something; the calls that it made and the time that they took by its own clock. */
async function tell(filer: Process, order: string): Promise<{count: number; ns: number}> {
  filer.send(order);
  const [count, ns] = (await filer.line()).split(' ').map(Number);
  return {count: count!, ns: ns!};
}

function file(t: ExecutionContext, name = 'file'): string {
  return join(folder(t), name);
}

const filer = (t: ExecutionContext, path: string) => startLoad(t, 'filer', [path]);
const isOpen = (event: VfsSlowEvent) => event.op === 'open';

testUnless(false, 'each call counts once, by its operation, nested or not, by whichever system call', async (t) => {
  const load = await filer(t, file(t));
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...PROBE]);
  const made: Record<string, number> = {};
  for (const order of ['read 1000', 'write 1000', 'sync 20', 'open 40', 'osync 5', 'direct 5', 'thread 5', 'spawn 2']) {
    const {count} = await tell(load, order);
    made[order] = count;
  }
  // A failed open has no file; the rest waits by design, or asks the kernel.
  await tell(load, 'missing 10');
  await tell(load, 'wait 20');
  await kstop.sampleFromNow();
  await kstop.stop();
  t.deepEqual(Object.values(made), [1000, 1000, 20, 40, 6, 6, 5, 2]);
  const seen = calls(kstop.samples);
  const {ofPid} = await unseen.read(load.pid);
  t.log(
    JSON.stringify(seen),
    kstop.header.probes.find(({id}) => id === 'vfs'),
  );
  agrees(t, seen.read, 1000 + 5 + 5 + 2, ofPid, 'reads');
  agrees(t, seen.write, 1000 + 5, ofPid, 'writes');
  agrees(t, seen.fsync, 20, ofPid, 'syncs');
  agrees(t, seen.open, 40 + 2, ofPid, 'opens');
  t.deepEqual(calls(kstop.samples, 'vfs_waits'), {read: 0, write: 0, fsync: 0, open: 0});
});

testUnless(false, "the time of calls is what the caller's own clock says", async (t) => {
  const load = await filer(t, file(t));
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...PROBE, '--include-waits']);
  const sync = await tell(load, 'sync 30');
  const read = await tell(load, `read ${5000 / SLOW}`);
  const wait = await tell(load, 'wait 200');
  await kstop.sampleFromNow();
  await kstop.stop();
  const [syncs, reads] = [total(kstop.samples, 'vfs', {op: 'fsync'}), total(kstop.samples, 'vfs', {op: 'read'})];
  const waits = OPS.map((op) => total(kstop.samples, 'vfs_waits', {op}));
  const waitedNs = waits.map(({sumNs}) => sumNs).reduce((a, b) => a + b);
  t.log(
    `sync: ${syncs.sumNs} ns of ${sync.ns}; read: ${reads.sumNs} ns of ${read.ns}; wait: ${waitedNs} of ${wait.ns}`,
  );
  t.true(sync.ns > 3000 && read.ns > 1e5);
  // Its clock runs from before the system call's entry until after its end: with software for a CPU that is most of a
  // call, milliseconds of the first ones, and there a file system in memory has nothing else to do.
  t.true(
    syncs.sumNs <= sync.ns && syncs.sumNs >= Math.max(30 * 100, process.env.KSTOP_VM ? 0 : sync.ns * 0.9 - 30 * 5000),
  );
  // What others ran between two reads is in the caller's time alone; copying a page takes 100 ns anywhere.
  t.true(reads.sumNs <= read.ns && reads.sumNs > (5000 / SLOW) * 100);
  t.true(syncs.maxUs * 1000 <= syncs.sumNs);
  // Three of its reads sleep; its writes that end them add to what is counted, but not to its own sum.
  t.true(waitedNs >= 3 * 190e6 && waitedNs >= wait.ns * 0.95);
});

/** A file on the disk, by a file system of its own; the disk itself where it keeps nothing that is written. */
function fileOn(t: ExecutionContext, device: string): string {
  if (basename(device).startsWith('null')) return device;
  must('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', device);
  const mount = join(folder(t), 'mount');
  mkdirSync(mount);
  must('mount', device, mount);
  t.teardown(() => must('umount', mount));
  const path = join(mount, 'slow file');
  writeFileSync(path, Buffer.alloc(1 << 18));
  must('sync', '-f', mount);
  return path;
}

testUnless(
  lacks('mkfs.ext4', 'dd') ?? lacksSlowDisk(),
  'a slow file is told with its path, inode, file system, size and caller',
  async (t) => {
    const slow = slowDisk(t);
    const path = fileOn(t, slow.device);
    const {ino} = statSync(path);
    const kstop = await Kstop.start(t, [...PROBE, '--vfs-warn', '10000', '--vfs-crit', '10000000']);
    const command = ['dd', 'status=none', 'if=/dev/zero', 'bs=8k', 'count=10', 'conv=notrunc', 'oflag=direct'];
    const writer = new Process(t, [...slow.through, ...command, `of=${path}`]);
    await writer.end();
    await kstop.sampleFromNow();
    await kstop.stop();
    const events = kstop.events('VFS_SLOW').filter(({pid}) => pid === writer.pid);
    const writes = events.filter(({op}) => op === 'write');
    t.log(`${slow.how}: ${writes.map(({latency_us}) => Math.round(latency_us / 1000)).join(' ')} ms`);
    t.true(writes.length >= 3, 'many of the writes were slow');
    const kind = path === slow.device ? {fs: 'devtmpfs', file_type: 'block'} : {fs: 'ext4', file_type: 'regular'};
    for (const event of writes) {
      t.like(event, {comm: 'dd', uid: 0, tid: writer.pid, path, name: basename(path), inode: String(ino), ...kind});
      t.like(event, {size_bytes: 8192, severity: 'warning'});
      t.true(event.latency_us >= 10_000);
    }
  },
);

testUnless(false, 'what sleeps by design is no slow file, until it is asked for', async (t) => {
  const load = await filer(t, file(t));
  const waits = await Kstop.start(t, ['-p', String(load.pid), ...PROBE, '--include-waits']);
  const all = await Kstop.start(t, [...PROBE]);
  t.is((await runToEnd(['sh', '-c', '(sleep 0.3; echo hi) | cat'])).stdout, 'hi\n');
  await tell(load, `wait ${200}`);
  for (const kstop of [waits, all]) {
    await kstop.sampleFromNow();
    await kstop.stop();
  }
  const slept = all
    .events('VFS_SLOW')
    .filter(({comm, latency_us}) => /^(cat|sh|filer)$/.test(comm ?? '') && latency_us > 150_000);
  t.deepEqual(slept, []);
  const told = waits.events('VFS_SLOW').filter(({op, latency_us}) => op === 'read' && latency_us > 150_000);
  const types = told.map(({file_type}) => file_type);
  for (const type of ['pipe', 'socket', 'char'] as const) t.true(types.includes(type), type);
  for (const event of told) t.like(event, {severity: 'info', pid: load.pid});
  t.is(waits.summary?.subsystems.vfs?.worst_status, 'OK');
  // pipe, socket, terminal, eventfd and /proc/self/status, and a write to each of the first three.
  const seen = calls(waits.samples, 'vfs_waits');
  t.true(seen.read >= 5 && seen.write >= 3 && seen.open >= 2, JSON.stringify(seen));
});

/** Every call is slow. */
const EACH = [...PROBE, '--vfs-warn', '1'];

/** The paths that the load's opens are told with. */
async function pathsOf(t: ExecutionContext, load: Process, n = 8): Promise<VfsSlowEvent[]> {
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...EACH]);
  await tell(load, `open ${n}`);
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = kstop.events('VFS_SLOW').filter(isOpen);
  t.true(events.length >= n / 2, `${events.length} events of ${n} opens`);
  return events.filter(({name}) => !name?.endsWith('.new'));
}

testUnless(false, 'paths: long ones keep their end, names may be anything, mounts are crossed', async (t) => {
  const base = folder(t);
  const long = join(base, 'a'.repeat(100), 'b'.repeat(200), 'c'.repeat(60));
  mkdirSync(long, {recursive: true});
  for (const event of await pathsOf(t, await filer(t, join(long, 'file')))) {
    t.is(event.path, `…/${'c'.repeat(60)}/file`);
    t.is(event.name, 'file');
  }
  const strange = join(base, ' \x1b[31m\n"\\é');
  mkdirSync(strange);
  for (const {path} of await pathsOf(t, await filer(t, join(strange, 'x\ty')))) t.is(path, join(strange, 'x\ty'));
  const mount = join(base, 'mount');
  mkdirSync(mount);
  must('mount', '-t', 'tmpfs', 'none', mount);
  t.teardown(() => must('umount', mount));
  mkdirSync(join(mount, 'inner'));
  const path = join(mount, 'inner', 'file');
  for (const event of await pathsOf(t, await filer(t, path)))
    t.like(event, {path, fs: 'tmpfs', inode: String(statSync(path).ino), file_type: 'regular'});
});

testUnless(lacks('chroot'), 'paths: as the caller would write them', async (t) => {
  const root = join(folder(t), 'root');
  mkdirSync(root);
  must('mount', '--rbind', '/', root);
  t.teardown(() => must('umount', '--recursive', '--lazy', root));
  // So that what is unmounted here stays there.
  must('mount', '--make-rslave', root);
  const path = '/var/tmp/kstop-test-chroot';
  t.teardown(() => {
    for (const each of [path, `${path}.new`]) rmSync(each, {force: true});
  });
  const load = await startLoad(t, 'filer', [path], {through: ['chroot', root]});
  for (const event of await pathsOf(t, load)) t.is(event.path, path);
});

testUnless(false, 'paths: renamed and deleted files', async (t) => {
  const path = file(t, 'old');
  const load = await filer(t, path);
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...EACH]);
  await tell(load, 'sync 3');
  renameSync(path, `${path}-new`);
  await tell(load, 'sync 3');
  rmSync(`${path}-new`);
  await tell(load, 'sync 3');
  await kstop.sampleFromNow();
  await kstop.stop();
  const paths = kstop.events('VFS_SLOW').map((event) => event.path);
  t.deepEqual([...new Set(paths)], [path, `${path}-new`, `${path}-new (deleted)`]);
});

testUnless(false, 'vectored calls: the size of few pieces is their sum, of many unknown', async (t) => {
  const load = await filer(t, file(t));
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...EACH]);
  await tell(load, 'pieces 5');
  await tell(load, 'pieces 100');
  await kstop.sampleFromNow();
  await kstop.stop();
  const sizes = kstop.events('VFS_SLOW').map(({size_bytes}) => size_bytes);
  t.deepEqual(sizes, [1000, undefined]);
});

const no32 = lacks32Bit();

testUnless(no32, 'vectored calls of 32-bit programs: of unknown size, or not seen', async (t) => {
  const load = await filer(t, file(t));
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...EACH]);
  await tell(load, 'pieces32 5');
  await kstop.sampleFromNow();
  await kstop.stop();
  const {method} = kstop.header.probes.find(({id}) => id === 'vfs')!;
  const sizes = kstop.events('VFS_SLOW').map(({size_bytes}) => size_bytes);
  t.deepEqual(sizes, method === 'tp_btf' ? [] : [undefined]);
});

testUnless(!unified() && 'no unified cgroup hierarchy', '--comm and --cgroup: only those', async (t) => {
  const group = Cgroup.make(t);
  const [inside, beside] = await Promise.all([
    startLoad(t, 'filer', [file(t)], {through: group.enter, as: 'kt-files'}),
    startLoad(t, 'filer', [file(t)]),
  ]);
  for (const filter of [
    ['--comm', 'kt-files'],
    ['--cgroup', group.path],
  ]) {
    const kstop = await Kstop.start(t, [...filter, ...EACH]);
    const unseen = await Unseen.start(t);
    await tell(beside!, 'read 500');
    await tell(inside!, 'read 200');
    await kstop.sampleFromNow();
    await kstop.stop();
    const {ofPid} = await unseen.read(inside!.pid);
    agrees(t, calls(kstop.samples).read, 200, ofPid, filter[0]!);
    for (const event of kstop.events('VFS_SLOW')) t.is(event.pid, inside!.pid);
  }
});

testUnless(false, 'a threshold that is changed while it runs holds from then on; so does a pause', async (t) => {
  const load = await filer(t, file(t));
  const thresholds = {vfs_warn_us: 1, vfs_crit_us: 10};
  const source = await LiveSource.open({
    version: 'test',
    intervalMs: 200,
    probes: ['vfs'],
    thresholds,
    filter: {pid: load.pid},
  });
  t.teardown(() => source.close());
  const frames: Frame[] = [];
  const reading = (async () => {
    for await (const frame of source.frames()) frames.push(frame);
  })();
  const events = () => frames.flatMap((frame) => frame.events).length;
  const counted = () => calls(frames.flatMap(({sample}) => (sample ? [sample] : []))).write;
  // A thousand pieces take more than a microsecond in memory too.
  const writes = async () => {
    for (let i = 0; i < 5; i++) await tell(load, 'pieces 1000');
  };
  await writes();
  const figures = () => `five events: ${events()} of ${counted()} calls`;
  await until(() => events() === 5 && counted() === 5, 5000 * SLOW, figures);
  t.is(source.controls.threshold('vfs', 10_000_000), undefined);
  await writes();
  await until(() => counted() === 10, 5000 * SLOW, 'the others to be counted');
  t.is(events(), 5, 'none of them is slow any more');
  t.is(source.controls.toggle('vfs'), undefined);
  await writes();
  t.is(source.controls.toggle('vfs'), undefined);
  await writes();
  await until(() => counted() >= 15, 5000 * SLOW, 'what came after the pause');
  source.stop();
  await reading;
  t.is(counted(), 15);
  t.is(events(), 5);
  const longest = frames.flatMap(({sample}) => sample?.histograms ?? []).map(({max}) => max);
  t.true(Math.max(...longest) < 5_000_000 * SLOW, 'no call spans the pause');
});
