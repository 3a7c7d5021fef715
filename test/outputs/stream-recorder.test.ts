import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {StreamRecorder} from '../../src/outputs/stream-recorder.ts';
import {openRecording} from '../../src/sources/recording.ts';
import {runFrames} from '../sources/stream.ts';
import {frame, header, sampleFrame, stamp, wait} from '../util/synthetic.ts';

const folder = mkdtempSync(join(tmpdir(), 'kstop-recorder-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

test('begun amid a run, it holds what came from then on and replays by itself', async (t) => {
  const model = new Model();
  const frames = runFrames(10);
  const half = frames.findIndex(({sample}) => sample?.mono_ns === stamp(5000).mono_ns) + 1;
  for (const each of frames.slice(0, half)) model.apply(each);
  model.apply(frame({probes: [{kind: 'probe', ...stamp(5050), id: 'oom', state: 'off'}]}));
  const recorder = await StreamRecorder.start(folder, model.state);
  t.is(recorder?.path, join(folder, 'kstop-synthetic-20260301T120005Z.ndjson.gz'));
  for (const each of frames.slice(half)) {
    model.apply(each);
    await recorder?.frame(each);
  }
  t.true(await recorder?.stop(model.finish(stamp(10_010))));
  t.true((recorder?.bytes ?? 0) > 500);
  const lines = gunzipSync(readFileSync(recorder?.path ?? ''))
    .toString()
    .trimEnd()
    .split('\n');
  const objects = lines.map((line) => JSON.parse(line));
  t.deepEqual(
    objects.filter(({kind}) => kind === 'sample').map(({interval_ms}) => interval_ms),
    [0, 1000, 1000, 1000, 1000, 1000],
  );
  t.is(objects[0].probes.find(({id}: {id: string}) => id === 'oom').state, 'off');
  t.is(objects.at(-1).kind, 'summary');
  const recording = await openRecording({file: recorder?.path ?? '', pace: 'fast'});
  const again = new Model();
  for await (const each of recording.frames()) again.apply(each);
  t.is(recording.fault, undefined);
  t.is(again.state.total[0]?.count, 15);
  t.is(again.state.events.length, 15);
});

test('before the header there is nothing to record, and no file', async (t) => {
  t.is(await StreamRecorder.start(folder, new Model().state), undefined);
});

const asRoot = process.geteuid?.() === 0 ? test : test.skip;

asRoot('a disk that is full ends it with a word; what was written stays and frames go on (root)', async (t) => {
  const at = join(folder, 'full');
  mkdirSync(at);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', at]).status !== 0) {
    t.log('mounting is forbidden here');
    t.pass();
    return;
  }
  try {
    const model = new Model();
    model.apply(frame({header: header()}));
    const recorder = await StreamRecorder.start(at, model.state);
    const failures: unknown[] = [];
    if (recorder) recorder.onFailure = (error) => failures.push(error);
    for (let i = 1; i < 300; i++) {
      const events = Array.from({length: 50}, (_, n) =>
        wait(i * 1000 + n, 1000 + i * n * 7919, {comm: `${i * n * 31}`}),
      );
      await recorder?.frame(frame({events}));
      await recorder?.frame(sampleFrame(i * 1000 + 999));
    }
    for (let tries = 0; failures.length === 0 && tries < 500; tries++) await delay(20);
    t.is(failures.length, 1);
    t.regex(String(failures[0]), /the disk is full/);
    t.false(await recorder?.stop(model.finish(stamp(0))));
    t.true(existsSync(recorder?.path ?? ''));
  } finally {
    execFileSync('umount', [at]);
  }
});
