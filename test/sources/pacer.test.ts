import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {PacerClock} from '../../src/sources/pacer.ts';
import {openRecording, type Recording} from '../../src/sources/recording.ts';
import type {Frame} from '../../src/types/frame.ts';
import {chunks, runGzip, runText} from './stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'kstop-pacer-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

/** A clock that jumps to the end of each sleep, and notes when. Paused (endless) sleeps wait for a wake. */
class JumpingClock implements PacerClock {
  ms = 0;
  now(): number {
    return this.ms;
  }
  async sleep(ms: number, wake: Promise<void>): Promise<void> {
    if (ms >= 60_000) return await wake;
    this.ms += ms;
  }
}

async function opened(
  t: {title: string},
  seconds = 5,
  gzip = false,
): Promise<{recording: Recording; clock: JumpingClock}> {
  const file = join(folder, t.title.replaceAll(/\W/g, '-'));
  writeFileSync(file, gzip ? runGzip(seconds) : runText(seconds));
  const clock = new JumpingClock();
  return {recording: await openRecording({file, pace: 'paced', clock}), clock};
}

/** Reads until `samples` samples have come. */
async function until(frames: AsyncIterator<Frame>, samples: number): Promise<Frame> {
  for (;;) {
    const {value, done} = await frames.next();
    if (done) throw new Error('ended');
    if (value.sample && --samples === 0) return value;
  }
}

test('frames come at the recording’s own pace', async (t) => {
  const {recording, clock} = await opened(t);
  t.is(recording.playback?.state().duration_ms, 5010);
  const frames = recording.frames()[Symbol.asyncIterator]();
  await until(frames, 2);
  t.is(Math.round(clock.ms), 2000);
  t.is(recording.playback?.state().position_ms, 2000);
  await until(frames, 1);
  t.is(Math.round(clock.ms), 3000);
  await recording.close();
});

test('speed divides the waits from where it is', async (t) => {
  const {recording, clock} = await opened(t);
  const frames = recording.frames()[Symbol.asyncIterator]();
  await until(frames, 2);
  recording.playback?.speed(4);
  await until(frames, 2);
  t.is(Math.round(clock.ms), 2500);
  await recording.close();
});

test('paused, it steps by samples, forwards and backwards', async (t) => {
  const {recording, clock} = await opened(t);
  const {playback} = recording;
  const model = new Model();
  const iterator = recording.frames();
  const seen = (async function* () {
    for await (const each of iterator) {
      model.apply(each);
      yield each;
    }
  })();
  await until(seen, 2);
  playback?.playPause();
  playback?.step(1);
  const third = await until(seen, 1);
  t.is(third.sample?.mono_ns, '5003000000000');
  t.is(Math.round(clock.ms), 2000, 'no time passed');
  t.false(playback?.state().playing);
  playback?.step(-2);
  // It is read again from its header; the first sample is where it stops.
  t.truthy((await seen.next()).value?.header);
  const first = await until(seen, 1);
  t.is(first.sample?.mono_ns, '5001000000000');
  t.is(model.state.total[0]?.count, 3);
  t.is(playback?.state().position_ms, 1000);
  playback?.playPause();
  await until(seen, 1);
  t.is(Math.round(clock.ms), 3000);
  await recording.close();
});

test('at its end a file waits, and plays again', async (t) => {
  const {recording} = await opened(t, 3, true);
  const frames = recording.frames()[Symbol.asyncIterator]();
  await until(frames, 3);
  const next = (async () => {
    for (let each = await frames.next(); ; each = await frames.next()) if (each.done || each.value.header) return each;
  })();
  while (!recording.playback?.state().ended) await new Promise(setImmediate);
  t.is(recording.playback?.state().duration_ms, 3010);
  t.false(recording.playback?.state().playing);
  recording.playback?.playPause();
  t.truthy((await next).value.header);
  await until(frames, 3);
  recording.stop();
  while (!(await frames.next()).done);
  t.pass();
});

test('a pipe ends with its frames, and has no way back', async (t) => {
  const clock = new JumpingClock();
  const recording = await openRecording({file: '-', pace: 'paced', stdin: chunks(Buffer.from(runText(2))), clock});
  const frames: Frame[] = [];
  for await (const each of recording.frames()) {
    frames.push(each);
    if (each.sample) recording.playback?.step(-1);
  }
  t.is(frames.filter((each) => each.header).length, 1);
  t.true(recording.playback?.state().ended);
});

test('stop wakes a paused replay', async (t) => {
  const {recording} = await opened(t);
  const frames = recording.frames()[Symbol.asyncIterator]();
  await until(frames, 1);
  recording.playback?.playPause();
  const next = frames.next();
  recording.stop();
  t.true((await next).done);
});
