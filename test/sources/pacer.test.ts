import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {MarkCollector} from '../../src/sources/marks.ts';
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

/** Goes on reading until the replay stands still where it shall be: paused there, or at the end. */
async function settled(recording: Recording, model: Model, frames: AsyncIterator<Frame>): Promise<void> {
  for (;;) {
    const next = frames.next();
    const arrived = await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 500))]);
    if (arrived === undefined) {
      unread.set(recording, next);
      return;
    }
    model.apply((arrived as IteratorYieldResult<Frame>).value);
  }
}

const unread = new Map<Recording, Promise<IteratorResult<Frame>>>();

/** Frames of a recording, with the one that `settled` was waiting for. */
function framesOf(recording: Recording): AsyncIterator<Frame> {
  const frames = recording.frames();
  return {
    next: () => {
      const waiting = unread.get(recording);
      unread.delete(recording);
      return waiting ?? frames.next();
    },
  };
}

/** What a face shows; how many events there ever were goes on counting through a step back. */
const shownBy = ({state: {eventSeq: _, ...state}}: Model) => state;

/** The state after playing alone, to the last frame at or before a position. */
async function played(t: {title: string}, toMs: number, gzip: boolean) {
  const {recording} = await opened({title: `${t.title} played`}, 30, gzip);
  const model = new Model();
  for await (const each of recording.frames()) {
    model.apply(each);
    const next = recording.playback?.state().position_ms ?? 0;
    if (next > toMs) throw new Error('too far');
    // Frames of this recording end at whole seconds, or 100 and 400 and 500 ms before.
    if (next >= toMs - 99) break;
  }
  await recording.close();
  return shownBy(model);
}

for (const gzip of [false, true]) {
  test(`sought, the state is the one that playing makes, forwards and backwards${gzip ? ', in gzip' : ''}`, async (t) => {
    const {recording, clock} = await opened(t, 30, gzip);
    const {playback} = recording;
    playback?.playPause();
    const model = new Model();
    const frames = framesOf(recording);
    for (const to of [12_000, 25_600, 3100, 25_600, 0, 29_000, 28_999]) {
      t.is(playback?.seek(to), undefined);
      t.is(playback?.state().position_ms, to, 'it is said at once');
      await settled(recording, model, frames);
      t.is(playback?.state().position_ms, to);
      t.false(playback?.state().playing);
      t.false(playback?.state().rereading);
      if (to >= 1000 && to !== 28_999) t.deepEqual(shownBy(model), await played(t, to, gzip), String(to));
    }
    t.is(clock.ms, 0, 'nothing waited');
    t.is(model.state.sample?.mono_ns, '5028000000000');
    await recording.close();
  });
}

test('sought while it plays, it plays on from there', async (t) => {
  const {recording, clock} = await opened(t, 30);
  const frames = recording.frames()[Symbol.asyncIterator]();
  await until(frames, 2);
  recording.playback?.seek(20_500);
  await until(frames, 18);
  t.is(Math.round(clock.ms), 2000);
  await until(frames, 1);
  t.is(Math.round(clock.ms), 2500);
  recording.playback?.seek(10_000);
  t.true(recording.playback?.state().rereading);
  await until(frames, 10);
  await until(frames, 1);
  t.is(Math.round(clock.ms), 3500);
  await recording.close();
});

test('sought beyond its end it ends; back from there it can be played again', async (t) => {
  const {recording} = await opened(t, 5, true);
  const model = new Model();
  const frames = framesOf(recording);
  recording.playback?.seek(1e9);
  await settled(recording, model, frames);
  t.true(recording.playback?.state().ended);
  t.is(recording.playback?.seek(1e9), 'this is the end of the recording');
  t.is(recording.playback?.step(1), 'this is the end of the recording');
  t.is(recording.playback?.seek(2000), undefined);
  await settled(recording, model, frames);
  t.like(recording.playback?.state(), {ended: false, playing: false, position_ms: 2000, rereading: false});
  t.is(model.state.total[0]?.count, 6);
  await recording.close();
});

test('a pipe is sought forwards only, and says so', async (t) => {
  const clock = new JumpingClock();
  const recording = await openRecording({file: '-', pace: 'paced', stdin: chunks(Buffer.from(runText(9))), clock});
  const frames = recording.frames()[Symbol.asyncIterator]();
  recording.playback?.seek(5000);
  await until(frames, 5);
  t.is(clock.ms, 0);
  t.regex(recording.playback?.seek(1000) ?? '', /no way back/);
  t.regex(recording.playback?.step(-1) ?? '', /no way back/);
  await until(frames, 1);
  t.is(clock.ms, 1000);
  await recording.close();
});

test('a file is looked through for its length and for what happened in it', async (t) => {
  const {recording} = await opened(t, 5, true);
  t.is(recording.playback?.state().duration_ms, undefined);
  recording.playback?.playPause();
  const frames = recording.frames()[Symbol.asyncIterator]();
  await frames.next();
  const waiting = frames.next();
  while (recording.playback?.state().duration_ms === undefined) await new Promise((done) => setTimeout(done, 5));
  t.is(recording.playback.state().duration_ms, 5010);
  const {stretch_ms, worst} = recording.playback.state().marks ?? {stretch_ms: 0, worst: []};
  t.is(stretch_ms, 100);
  t.deepEqual(
    worst.flatMap((severity, at) => (severity === 'critical' ? [at] : [])),
    [17],
  );
  t.is(worst.filter((severity) => severity === 'warning').length, 10);
  await recording.close();
  await waiting;
});

test('marks stay bounded however long the recording, and keep the worst', (t) => {
  const marks = new MarkCollector();
  marks.add({severity: 'critical'}, 50);
  for (let hour = 0; hour < 100; hour++) marks.add({severity: 'warning'}, hour * 3_600_000);
  marks.add({severity: 'info'}, 1e15);
  marks.add({severity: 'critical'}, Number.NaN);
  t.true(marks.worst.length <= 1024 && marks.stretch_ms * 1024 >= 99 * 3_600_000);
  t.is(marks.worst[0], 'critical');
  t.is(marks.worst.filter(Boolean).length, 100);
  marks.add({severity: 'warning'}, 1e13);
  t.true(marks.worst.length <= 1024);
});
