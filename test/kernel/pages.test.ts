import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import type {ExecutionContext} from 'ava';
import {LiveSource} from '../../src/sources/live.ts';
import type {Focus, FocusPages, PageStack, ProbeChange, StreamObject} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {folder} from './util/disk.ts';
import {faultsOf} from './util/faults.ts';
import {heldBy} from './util/held.ts';
import {environment, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {testUnless} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const PAGE = 4096;

/** A live source in this process, and the `focus` of its samples. */
async function opened(t: ExecutionContext, probes: readonly string[] = ['oom'], maxOverheadPct?: number) {
  const source = await LiveSource.open({version: 'test', intervalMs: 200, probes, thresholds: {}, maxOverheadPct});
  const seen: Focus[] = [];
  const changes: ProbeChange[] = [];
  const reading = (async () => {
    for await (const frame of source.frames()) {
      if (frame.sample?.focus) seen.push(frame.sample.focus);
      changes.push(...frame.probes);
    }
  })();
  t.teardown(async () => {
    source.stop();
    await reading;
    await source.close();
  });
  return {source, seen, changes};
}

/** Waits for the last word on a count of pages. */
const counted = (seen: readonly Focus[]): Promise<FocusPages> =>
  until(() => seen.find(({pages}) => pages?.ended)?.pages, 30_000 * SLOW, 'the end of the count');

/** Waits for a count that was read after now. */
async function soFar(seen: readonly Focus[]): Promise<FocusPages> {
  const from = seen.length;
  return until(() => seen.slice(from + 1).find(({pages}) => pages)?.pages, 10_000 * SLOW, 'a count');
}

const bytesBy = ({stacks}: FocusPages, fits: (stack: PageStack) => boolean): number =>
  stacks.filter(fits).reduce((sum, {bytes}) => sum + bytes, 0);

const isFault = ({kernel = []}: PageStack) => kernel.some((frame) => /anonymous|anon_|fault/.test(frame));
const isWrite = ({kernel = []}: PageStack) => kernel.some((frame) => /^(vfs|ksys)_write\+/.test(frame));

const links = (): number => heldBy(process.pid).filter((each) => each.startsWith('link')).length;
const programs = (): number => heldBy(process.pid).filter((each) => each.startsWith('prog')).length;
const resident = (pid: number): number => Number(read(`/proc/${pid}/statm`).split(' ')[1]) * PAGE;

/** How far two amounts are apart, percent of the second. */
const apart = (a: number, b: number): number => (Math.abs(a - b) / b) * 100;

const log = (t: ExecutionContext, {stacks, ...sums}: FocusPages): void => {
  t.log(JSON.stringify(sums));
  for (const {bytes, allocations, kernel, user} of stacks.slice(0, 4))
    t.log(`${bytes} in ${allocations}: ${kernel?.slice(0, 6).join(' ')} | ${user?.slice(0, 3).join(' ')}`);
};

testUnless(false, 'memory that a process touches comes from its faults, and ten seconds are enough', async (t) => {
  const load = await startLoad(t, 'faulter', ['/dev/null']);
  const neighbour = await startLoad(t, 'faulter', ['/dev/null']);
  const {source, seen, changes} = await opened(t);
  const before = {links: links(), programs: programs()};
  t.is(source.controls.focus(load.pid), undefined);
  t.is(programs(), before.programs, 'nothing is loaded until it is asked for');
  t.is(source.controls.pages(), undefined);
  t.is(links(), before.links + 1);

  const rss = resident(load.pid);
  const others = faultsOf(neighbour, 'keep 3000');
  const {minor} = await faultsOf(load, 'keep 6000');
  await others;
  const grown = resident(load.pid) - rss;
  const pages = await counted(seen);
  log(t, pages);
  t.true(minor >= 6000);
  const faulted = bytesBy(pages, isFault);
  t.log(`${faulted} bytes by faults; ${minor} faults, ${grown} bytes more resident`);
  // Beside the pages that are touched: page tables.
  t.true(apart(faulted, minor * PAGE) < 3, 'as many as it had faults');
  t.true(apart(faulted, grown) < 5, 'as much as it grew');
  t.is(pages.lost_allocations, 0);
  t.is(
    pages.stacks.reduce((sum, {bytes}) => sum + bytes, 0),
    pages.bytes,
  );
  t.true(bytesBy(pages, ({user}) => user?.[0]?.startsWith('faulter+0x') ?? false) >= 6000 * PAGE, 'its own code');

  t.true(pages.duration_ms >= 9990 && pages.duration_ms < 10_000 + 2000 * SLOW, `${pages.duration_ms} ms`);
  t.is(pages.reason, undefined);
  t.is(links(), before.links, 'nothing of it stays attached');
  t.deepEqual(
    changes.filter(({id}) => id === 'pages').map(({state}) => state),
    ['attached', 'off'],
  );
});

testUnless(false, 'a file that a process writes, and its end, which ends the count', async (t) => {
  const file = join(folder(t), 'file');
  const load = new Process(t, ['/bin/sh', '-c', 'read x; exec dd if=/dev/zero of="$0" bs=1M count=24', file]);
  const {source, seen} = await opened(t);
  const before = links();
  source.controls.focus(load.pid);
  t.is(source.controls.pages(), undefined);
  await soFar(seen);
  load.send('go');
  await load.end();
  const pages = await counted(seen);
  log(t, pages);
  t.is(seen.at(-1)?.ended, true);
  const {size} = statSync(file);
  t.is(size, 24 << 20);
  const written = bytesBy(pages, isWrite);
  t.log(`${written} bytes by writes`);
  t.true(apart(written, size) < 10);
  t.is(links(), before);
});

testUnless(false, 'the key, another process and the end of the look end it; each count begins anew', async (t) => {
  const [load, other] = [await startLoad(t, 'faulter', ['/dev/null']), await startLoad(t, 'faulter', ['/dev/null'])];
  const {source, seen} = await opened(t);
  const before = links();
  source.controls.focus(load.pid);
  source.controls.pages();
  await faultsOf(load, 'fresh 2000');
  const first = await soFar(seen);
  t.true(bytesBy(first, isFault) >= 2000 * PAGE);
  t.is(first.ended, undefined);
  source.controls.focus(other.pid);
  t.is(links(), before, 'another process');

  source.controls.pages();
  await faultsOf(other, 'fresh 500');
  await faultsOf(load, 'fresh 2000');
  const second = await soFar(seen);
  const faulted = bytesBy(second, isFault);
  t.true(faulted >= 500 * PAGE && faulted < 600 * PAGE, `${faulted} bytes`);
  source.controls.pages();
  t.is(links(), before, 'the key');
  await counted(seen);

  source.controls.pages();
  await soFar(seen);
  source.controls.focus(undefined);
  t.is(links(), before, 'nobody looks');
});

testUnless(false, 'a probe that is on counts whoever is looked into', async (t) => {
  const load = await startLoad(t, 'faulter', ['/dev/null']);
  const {source, seen} = await opened(t, ['pages']);
  const before = links();
  source.controls.focus(load.pid);
  await soFar(seen);
  await faultsOf(load, 'fresh 1000');
  const pages = await soFar(seen);
  t.true(bytesBy(pages, isFault) >= 1000 * PAGE);
  source.controls.focus(undefined);
  t.is(links(), before, 'it stays attached');
});

testUnless(false, 'what costs too much ends early, with the reason, and keeps what it has', async (t) => {
  const load = await startLoad(t, 'faulter', ['/dev/null']);
  const {source, seen, changes} = await opened(t, ['oom'], 0.1);
  const before = links();
  source.controls.focus(load.pid);
  source.controls.pages();
  const working = (async () => {
    while (!seen.some(({pages}) => pages?.ended)) await faultsOf(load, 'fresh 20000');
  })();
  const pages = await counted(seen);
  await working;
  log(t, pages);
  t.regex(pages.reason ?? '', /^paused by the overhead governor: .* budget 0\.1%/);
  t.true(pages.duration_ms < 10_000);
  t.true(bytesBy(pages, isFault) > 0);
  t.is(links(), before);
  await until(() => changes.at(-1)?.state === 'off', 5000 * SLOW, 'the last change');
  t.deepEqual(
    changes.filter(({id}) => id === 'pages').map(({state}) => state),
    ['attached', 'paused', 'off'],
  );
});

testUnless(
  process.env.KSTOP_VM && 'an emulated CPU is too slow for a screen',
  'on the screen by a key, and in a recording',
  async (t) => {
    const load = await startLoad(t, 'faulter', ['/dev/null']);
    const exports = folder(t);
    const pty = new Pty({
      columns: 140,
      rows: 45,
      command: [...PROGRAM, '--probes', 'oom', '-i', '0.5', '--max-overhead', '100', '--export-dir', exports],
      env: environment() as Record<string, string>,
    });
    t.teardown(() => pty.kill());
    const shows = (what: RegExp) => pty.until((text) => what.test(text), String(what));
    await shows(/LIVE/);
    pty.send(`d${load.pid}\r`);
    await shows(/p counts for 10 s where its pages come from/);
    pty.send('r');
    await shows(/REC/);
    pty.send('p');
    await shows(/counting, p ends it/);
    await faultsOf(load, 'fresh 3000');
    await shows(/11\.[78]MiB .* 3k .*fault.* faulter\+0x/);
    pty.send('p');
    await shows(/allocations, .*; ended/);
    pty.send('r');
    await until(() => !pty.text.includes('REC'), 15_000, 'the end of the recording');
    pty.send('q');
    await pty.end();
    const [file] = readdirSync(exports);
    const lines = gunzipSync(readFileSync(join(exports, file!)))
      .toString()
      .trim()
      .split('\n');
    const objects = lines.map((line) => JSON.parse(line) as StreamObject);
    const pages = objects.flatMap((object) => (object.kind === 'sample' && object.focus?.pages) || []);
    t.true(bytesBy(pages.at(-1)!, isFault) >= 3000 * PAGE);
    t.is(pages.at(-1)?.ended, true);
  },
);
