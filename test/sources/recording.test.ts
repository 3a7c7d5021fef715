import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {frameObjects} from '../../src/outputs/json.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {Frame} from '../../src/types/frame.ts';
import {header, stamp} from '../util/synthetic.ts';
import {framesOf, openBytes, runFrames, runGzip, runText} from './stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'kstop-recording-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

const objects = (frames: Frame[]) =>
  frames.flatMap((each) => [...frameObjects(each)]).map((each) => JSON.stringify(each));

for (const size of [1, 7, 1000, 65_536]) {
  test(`a recording gives back every object in order, in chunks of ${size}`, async (t) => {
    const recording = await openBytes(runText(), size);
    const frames = await framesOf(recording);
    const want = runText().trimEnd().split('\n').slice(0, -1);
    t.deepEqual(objects(frames), want);
    t.is(frames.at(-1)?.summary?.kind, 'summary');
    t.is(recording.fault, undefined);
  });
}

test('gzip is told by its first bytes, from a file too', async (t) => {
  const file = join(folder, 'no-suffix');
  writeFileSync(file, runGzip());
  const recording = await openRecording({file, pace: 'fast'});
  t.is(objects(await framesOf(recording)).length, runText().trimEnd().split('\n').length - 1);
  t.is(recording.fault, undefined);
});

test('replayed frames give the same state as the live ones', async (t) => {
  const live = new Model();
  for (const each of runFrames()) live.apply(each);
  const replayed = new Model();
  for (const each of await framesOf(await openBytes(runText()))) replayed.apply(each);
  t.deepEqual(replayed.finish(stamp(6000)), live.finish(stamp(6000)));
  t.deepEqual(replayed.state.subsystems, live.state.subsystems);
  t.deepEqual(replayed.state.total, live.state.total);
});

const refused: [name: string, bytes: Uint8Array | string, fault: string, says: RegExp][] = [
  ['nothing at all', '', 'empty', /it is empty/],
  ['blank lines', '\n\n\n', 'empty', /it is empty/],
  ['some text', 'hello\nworld\n', 'not-a-recording', /not a recording/],
  ['other JSON', '{"a":1}\n', 'not-a-recording', /not a recording/],
  ['a JSON array', '[1,2]\n', 'not-a-recording', /not a recording/],
  ['binary without newlines', Buffer.alloc(3_000_000, 7), 'not-a-recording', /not a recording/],
  ['half a header', runText().slice(0, 50), 'not-a-recording', /not a recording/],
  ['no header', runText().split('\n').slice(1).join('\n'), 'no-header', /first line is no header/],
  [
    'a newer schema',
    `${JSON.stringify({...header(), schema: 2})}\n`,
    'newer-schema',
    /schema 2, this kstop reads up to 1/,
  ],
  ['a newer schema of another shape', '{"kind":"header","schema":9}\n', 'newer-schema', /schema 9/],
  ['a damaged header', `${JSON.stringify({...header(), probes: 5})}\n`, 'corrupt', /header.probes/],
  ['a cut gzip header', runGzip().subarray(0, 5), 'empty', /it is empty/],
  ['gzip of garbage', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(100, 9)]), 'gzip', /gzip data is damaged/],
];

for (const [name, bytes, fault, says] of refused) {
  test(`refused: ${name}`, async (t) => {
    const error = await t.throwsAsync(openBytes(bytes), {name: 'RecordingError', message: says});
    t.is((error as unknown as {fault: string}).fault, fault);
  });
}

test('a file that isn’t there, and a folder, are told in words', async (t) => {
  const missing = openRecording({file: join(folder, 'missing'), pace: 'fast'});
  await t.throwsAsync(missing, {name: 'RecordingError', message: /there is no such file/});
  await t.throwsAsync(openRecording({file: folder, pace: 'fast'}), {name: 'RecordingError', message: /it is a folder/});
});

test('cut off in a line: everything up to the last whole line, and it says so', async (t) => {
  const text = runText();
  const cut = text.slice(0, text.lastIndexOf('"kind":"sample"') + 40);
  const recording = await openBytes(cut);
  const frames = await framesOf(recording);
  t.is(objects(frames).length, cut.split('\n').length - 1 + 1);
  t.is(recording.fault?.fault, 'cut-off');
  t.regex(frames.at(-1)?.errors[0]?.why ?? '', /cut off after line \d+/);
});

test('cut off in gzip: what could be decoded is shown', async (t) => {
  const gzip = runGzip(300);
  const recording = await openBytes(gzip.subarray(0, gzip.length / 2));
  const frames = await framesOf(recording);
  t.true(objects(frames).length > 300);
  t.is(recording.fault?.fault, 'cut-off');
});

test('zeros behind gzip, as of a file padded to whole blocks, are nothing', async (t) => {
  for (const [padding, size] of [
    [30, 65_536],
    [30_000, 1000],
  ]) {
    const recording = await openBytes(Buffer.concat([runGzip(), Buffer.alloc(padding)]), size);
    const late = new Promise<Frame[]>((done) => setTimeout(done, 5000, []));
    t.is(objects(await Promise.race([framesOf(recording), late])).length, runText().trimEnd().split('\n').length - 1);
    t.is(recording.fault, undefined);
  }
});

test('damage inside gzip: what came before is shown, then it is told', async (t) => {
  const gzip = Buffer.from(runGzip(300));
  const at = Math.floor(gzip.length * 0.75);
  gzip.fill(0xff, at, at + 64);
  const recording = await openBytes(gzip);
  const frames = await framesOf(recording);
  t.true(objects(frames).length > 100);
  t.true(['gzip', 'corrupt'].includes(recording.fault?.fault ?? ''), recording.fault?.fault);
});

test('damaged lines are left out, counted and told', async (t) => {
  const lines = runText().trimEnd().split('\n');
  lines[3] = '{"kind":"event","type":"SCHED_LATENCY"}';
  lines[5] = 'not json';
  const recording = await openBytes(`${lines.join('\n')}\n`);
  const frames = await framesOf(recording);
  t.is(recording.fault?.fault, 'corrupt');
  t.regex(recording.fault?.why ?? '', /^2 lines are damaged and left out \(line 4: event\.time/);
  t.is(objects(frames).length, lines.length - 1 - 2 + 1);
});

test('kinds and event types of a later version: ignored, and kept', async (t) => {
  const lines = runText().trimEnd().split('\n');
  const later = {
    kind: 'event',
    ...stamp(1),
    type: 'FUTURE',
    subsystem: 'vfs',
    severity: 'info',
    cpu: 1,
    deep: {a: [1]},
  };
  lines.splice(1, 0, '{"kind":"fancy","time":1}', JSON.stringify(later));
  const recording = await openBytes(lines.join('\n'));
  const events = (await framesOf(recording)).flatMap((each) => each.events);
  t.deepEqual(JSON.parse(JSON.stringify(events[0])), later);
  t.is(recording.fault, undefined);
});

const poison: [name: string, change: (sample: Record<string, unknown>) => void][] = [
  ['a number that is infinite', (it) => Object.assign(it, {interval_ms: 'INFINITE'})],
  ['a negative count', (it) => Object.assign((it.histograms as {counts: number[]}[])[0]!.counts, {3: -1})],
  ['too few cells', (it) => (it.histograms as {counts: number[]}[])[0]!.counts.pop()],
  ['bounds that don’t ascend', (it) => (it.histograms as {bounds: number[]}[])[0]!.bounds.reverse()],
  ['a CPU row of another length', (it) => (it.histograms as {cpus: number[][]}[])[0]!.cpus[0]!.push(1)],
  ['a label that is an object', (it) => Object.assign((it.histograms as {labels: unknown}[])[0]!, {labels: {a: {}}})],
  ['a counter that is a string', (it) => Object.assign((it.counters as object[])[0]!, {value: '1'})],
  ['losses that are a list', (it) => Object.assign(it, {loss: [1]})],
  ['no host', (it) => delete it.host],
  ['a monotonic time that is no number', (it) => Object.assign(it, {mono_ns: '12x'})],
  ['text of a megabyte', (it) => Object.assign((it.counters as object[])[0]!, {name: 'x'.repeat(1e6)})],
];

for (const [name, change] of poison) {
  test(`a sample with ${name} is left out`, async (t) => {
    const lines = runText().trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('"kind":"sample"'));
    const sample = JSON.parse(lines[at] as string);
    change(sample);
    lines[at] = JSON.stringify(sample).replace('"INFINITE"', '1e999');
    const recording = await openBytes(lines.join('\n'));
    const samples = (await framesOf(recording)).filter((each) => each.sample);
    t.is(samples.length, 4);
    t.is(recording.fault?.fault, 'corrupt');
  });
}

test('an endless line is skipped, not kept', async (t) => {
  const text = runText();
  const cut = text.indexOf('\n') + 1;
  const endless = Buffer.concat([
    Buffer.from(text.slice(0, cut)),
    Buffer.alloc(40 * 2 ** 20, 0x61),
    Buffer.from(`\n${text.slice(cut)}`),
  ]);
  const before = process.memoryUsage().arrayBuffers;
  const recording = await openBytes(endless);
  let peak = 0;
  let samples = 0;
  for await (const each of recording.frames()) {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    if (each.sample) samples++;
  }
  t.is(samples, 5);
  t.regex(recording.fault?.why ?? '', /line 2: it is too long/);
});

test('stop ends the frames; close may come at any time', async (t) => {
  const recording = await openBytes(runText());
  const frames: Frame[] = [];
  for await (const each of recording.frames()) {
    frames.push(each);
    if (frames.length === 2) recording.stop();
  }
  t.is(frames.length, 2);
  await recording.close();
  await recording.close();
  const unread = await openBytes(runText());
  await unread.close();
});
