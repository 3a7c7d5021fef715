import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {openRecording} from '../../src/sources/recording.ts';
import {withPty} from './with-pty.ts';

const folder = mkdtempSync(join(tmpdir(), 'kstop-keeper-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));
const made = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};

interface Line {
  kind: string;
  interval_ms?: number;
  summary?: unknown;
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const named = (at: string, end: string) => {
  const [name = ''] = readdirSync(at).filter((each) => each.endsWith(end));
  return join(at, name);
};

test.serial('e exports what is shown, also while the view is frozen', async (t) => {
  const exportDir = made('export');
  await withPty({options: {intervalMs: 200, exportDir}}, async (pty) => {
    await pty.shows('OOM_KILL');
    pty.send(' ');
    await pty.shows(/PAUSED, \d+ new/);
    const shown = Number(/Events ([\d,]+)/.exec(pty.text)?.[1]?.replaceAll(',', ''));
    await pty.shows(/PAUSED, \d\d new/);
    pty.send('e');
    await pty.shows(/exported \/.*/);
    const json = named(exportDir, '.json');
    t.regex(json, /\/kstop-synthetic-20260102T0304\d\dZ\.json$/);
    t.regex(readFileSync(named(exportDir, '.txt'), 'utf8'), /MONITORING SUMMARY/);
    const lines = linesOf(readFileSync(json, 'utf8'));
    t.is(lines.filter(({kind}) => kind === 'event').length, shown);
    t.deepEqual([lines[0]?.kind, lines.at(-1)?.kind], ['header', 'summary']);
    pty.send('q');
    await pty.end();
  });
  await withPty({options: {recording: named(exportDir, '.json'), exportDir}}, async (pty) => {
    await pty.shows('OOM_KILL');
    await pty.shows('REPLAY');
    pty.send('r');
    await pty.shows('r: unavailable in a replay');
    pty.send('e');
    await pty.shows('exported');
    pty.send('q');
    await pty.end();
    t.is(readdirSync(exportDir).filter((each) => each.endsWith('.json')).length, 2);
  });
});

test.serial('r begins a recording and ends it; one that runs is closed when kstop ends', async (t) => {
  const exportDir = made('record');
  await withPty({columns: 120, options: {intervalMs: 200, rate: 50, exportDir}}, async (pty) => {
    await pty.shows('OOM_KILL');
    pty.send('r');
    await pty.shows(/REC [\d.]+(B|KiB)/);
    await pty.shows('recording into');
    await pty.shows(/REC [2-9][\d.]*KiB/);
    pty.send('r');
    await pty.shows('recorded');
    await pty.until((text) => !text.includes('REC '), 'the mark to go');
    const path = named(exportDir, '.ndjson.gz');
    const recording = await openRecording({file: path, pace: 'fast'});
    const model = new Model();
    for await (const frame of recording.frames()) model.apply(frame);
    t.is(recording.fault, undefined);
    t.true(model.state.events.length > 10);
    rmSync(path);
    pty.send('r');
    await pty.shows('recording into');
    await pty.shows(/REC [2-9][\d.]*KiB/);
    pty.send('q');
    await pty.end();
    t.regex(pty.text.replaceAll('\n', ''), /kstop: recorded .*\.ndjson\.gz, [\d.]+(B|KiB)/);
    const lines = linesOf(gunzipSync(readFileSync(named(exportDir, '.ndjson.gz'))).toString());
    t.is(lines.at(-1)?.kind, 'summary');
    t.is(lines.find(({kind}) => kind === 'sample')?.interval_ms, 0);
  });
});

test.serial('a folder that is missing is told on screen, and all goes on', async (t) => {
  await withPty({columns: 120, options: {intervalMs: 200, exportDir: join(folder, 'missing')}}, async (pty) => {
    await pty.shows('OOM_KILL');
    pty.send('e');
    await pty.shows('not exported: there is no such folder (create it first');
    pty.send('r');
    await pty.shows('not recording: there is no such folder');
    t.false(pty.text.includes('REC '));
    pty.send('q');
    await pty.end();
    t.true(pty.text.includes('ended {"kind":"quit"}'));
  });
});

const asRoot = process.geteuid?.() === 0 ? test.serial : test.serial.skip;

asRoot('a full disk is told on screen, ends the recording and leaves no half snapshot (root)', async (t) => {
  const exportDir = made('full');
  const {status} = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', exportDir]);
  if (status !== 0) {
    t.log('mounting is forbidden here');
    t.pass();
    return;
  }
  try {
    await withPty({columns: 120, options: {intervalMs: 200, rate: 2000, exportDir}}, async (pty) => {
      await pty.shows('OOM_KILL');
      pty.send('r');
      await pty.shows('recording ended: the disk is full (free some space');
      await pty.until((text) => !text.includes('REC '), 'the mark to go');
      pty.send('e');
      await pty.shows('not exported: the disk is full');
      t.deepEqual(
        readdirSync(exportDir).filter((name) => !name.endsWith('.ndjson.gz')),
        [],
      );
      pty.send('q');
      await pty.end();
    });
  } finally {
    spawnSync('umount', ['-l', exportDir]);
  }
});
