import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {LiveSource} from '../../src/sources/live.ts';
import type {Focus} from '../../src/types/stream.ts';
import {loop} from './util/disk.ts';
import {load as built, Process, startLoad, Unseen} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';
import {agrees, restingSchedstat} from './util/witness.ts';

/** A live source in this process, and the `focus` of its samples. */
async function opened(t: ExecutionContext, probes: readonly string[] = ['oom']) {
  const source = await LiveSource.open({version: 'test', intervalMs: 200, probes, thresholds: {}});
  const seen: Focus[] = [];
  const reading = (async () => {
    for await (const {sample} of source.frames()) if (sample?.focus) seen.push(sample.focus);
  })();
  t.teardown(async () => {
    source.stop();
    await reading;
    await source.close();
  });
  const end = async () => {
    source.stop();
    await reading;
  };
  return {source, seen, end};
}

const sumOf = (
  seen: readonly Focus[],
  key: 'timeslices' | 'run_delay_ms' | 'minor_faults' | 'read_calls' | 'read_bytes',
) => seen.reduce((sum, each) => sum + (each[key] ?? 0), 0);

test.serial("a process's waits are what its threads' schedstat adds up", async (t) => {
  const load: Process = await startLoad(t, 'worker', [4, 0]);
  const {source, seen, end} = await opened(t);
  const before = await restingSchedstat(load.pid);
  t.is(source.controls.focus(load.pid), undefined);
  load.send('spin 600');
  await load.line();
  const after = await restingSchedstat(load.pid);
  await end();
  t.log(
    `${seen.length} samples; schedstat grew by ${after.count - before.count} and ${after.waitNs - before.waitNs} ns`,
  );
  t.true(seen.length >= 3);
  t.true(after.waitNs > before.waitNs);
  t.is(sumOf(seen, 'timeslices'), after.count - before.count);
  t.is(Math.round(sumOf(seen, 'run_delay_ms') * 1e6), after.waitNs - before.waitNs);
  t.like(seen.at(-1), {pid: load.pid, threads: 5, comm: 'worker'});
});

test.serial("a process's reads and faults are those of its io and stat", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-focus-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const file = join(folder, 'file');
  writeFileSync(file, Buffer.alloc(1 << 16));
  const load = await startLoad(t, 'filer', [file]);
  const counts = () => {
    const io = readFileSync(`/proc/${load.pid}/io`, 'latin1');
    const [calls, bytes] = ['syscr', 'rchar'].map((name) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1]));
    const stat = readFileSync(`/proc/${load.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return {calls, bytes, minor: Number(stat[7])};
  };
  const {source, seen, end} = await opened(t);
  const before = counts();
  source.controls.focus(load.pid);
  load.send('read 400');
  await load.line();
  await sleep(300);
  const after = counts();
  await end();
  t.true((after.calls as number) - (before.calls as number) >= 400);
  t.is(sumOf(seen, 'read_calls'), (after.calls as number) - (before.calls as number));
  t.is(sumOf(seen, 'read_bytes'), (after.bytes as number) - (before.bytes as number));
  t.is(sumOf(seen, 'minor_faults'), after.minor - before.minor);
});

test.serial('a process that ends is said to have ended, and nothing comes once nobody looks', async (t) => {
  const load = await startLoad(t, 'worker', [1, 0]);
  const {source, seen} = await opened(t);
  source.controls.focus(load.pid);
  await sleep(500);
  await load.kill();
  await sleep(500);
  t.is(seen[0]?.ended, undefined);
  t.like(seen.at(-1), {pid: load.pid, comm: 'worker', ended: true});
  source.controls.focus(undefined);
  const count = seen.length;
  await sleep(500);
  t.true(seen.length <= count + 1);
  t.is(source.controls.focus(load.pid), `there is no process ${load.pid}`);
});

/** Its own distributions over all samples: how many, and their sum in nanoseconds. */
function ownOf(seen: readonly Focus[], name: string, op?: string) {
  const own = seen
    .flatMap(({histograms = []}) => histograms)
    .filter((each) => each.name === name && each.labels.op === op);
  return {
    count: own.reduce((sum, {count}) => sum + count, 0),
    ns: own.reduce((sum, each) => sum + Math.round(each.sum * 1000), 0),
  };
}

/** Two samples: the first one only begins. */
const begun = (seen: readonly Focus[], from = seen.length) =>
  until(() => seen.length >= from + 2, 10_000 * SLOW, 'two samples');

test.serial('its own histogram of waits is its schedstat, another process has none in it', async (t) => {
  const load = await startLoad(t, 'worker', [4, 0]);
  const other = await startLoad(t, 'worker', [2, 0]);
  const {source, seen, end} = await opened(t, ['sched']);
  const unseen = await Unseen.start(t);
  source.controls.focus(load.pid);
  await begun(seen);
  const before = await restingSchedstat(load.pid);
  const from = seen.length;
  other.send('spin 800');
  load.send('spin 600');
  await load.line();
  await other.line();
  const after = await restingSchedstat(load.pid);
  const {ofPid} = await unseen.read(load.pid);
  await end();
  const own = ownOf(seen.slice(from - 1), 'sched');
  t.log(
    `${own.count} waits of ${own.ns} ns; schedstat ${after.count - before.count}, ${after.waitNs - before.waitNs} ns`,
  );
  agrees(t, own.count, after.count - before.count, ofPid, 'waits');
  if (ofPid === 0) t.is(own.ns, after.waitNs - before.waitNs);
  else t.true(own.ns <= after.waitNs - before.waitNs);
});

test.serial('its own calls on files are counted by operation; looking elsewhere begins anew', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-focus-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const [load, other] = [
    await startLoad(t, 'filer', [join(folder, 'a')]),
    await startLoad(t, 'filer', [join(folder, 'b')]),
  ];
  const {source, seen, end} = await opened(t, ['vfs']);
  const unseen = await Unseen.start(t);
  const order = async (filer: Process, line: string) => {
    filer.send(line);
    await filer.line();
  };
  source.controls.focus(load.pid);
  await begun(seen);
  await order(other, 'read 300');
  await order(load, 'read 500');
  await order(load, 'write 200');
  await begun(seen);
  source.controls.focus(other.pid);
  await begun(seen);
  await order(load, 'write 70');
  await order(other, 'write 90');
  const {ofPid} = await unseen.read(load.pid);
  await end();
  const of = (pid: number, op: string) =>
    ownOf(
      seen.filter((each) => each.pid === pid),
      'vfs',
      op,
    ).count;
  agrees(t, of(load.pid, 'read'), 500, ofPid, 'reads');
  agrees(t, of(load.pid, 'write'), 200, ofPid, 'writes');
  t.is(of(other.pid, 'read'), 0);
  agrees(t, of(other.pid, 'write'), 90, ofPid, 'writes of the other');
});

testUnless(lacks('losetup'), 'its own requests are counted by operation, also those before its end', async (t) => {
  const device = loop(t, 16);
  const {source, seen, end} = await opened(t, ['block']);
  const unseen = await Unseen.start(t);
  const load = new Process(t, ['/bin/sh', '-c', 'read x; exec "$0" "$1" 300', built('submitter'), device]);
  await sleep(100);
  t.is(source.controls.focus(load.pid), undefined);
  await begun(seen);
  load.send('go');
  await load.end();
  await until(() => seen.at(-1)?.ended, 5000 * SLOW, 'its end');
  const {total} = await unseen.read();
  await end();
  agrees(t, ownOf(seen, 'block', 'write').count, 300, total, 'writes');
  t.true(ownOf(seen, 'block', 'write').ns > 300 * 1000);
});
