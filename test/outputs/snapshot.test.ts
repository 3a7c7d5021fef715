import {execFileSync, spawnSync} from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {MAX_EVENTS, Model} from '../../src/model/model.ts';
import {MAX_SAMPLES} from '../../src/model/samples.ts';
import {fileStem} from '../../src/outputs/file-name.ts';
import {OutputError} from '../../src/outputs/sink.ts';
import {exportSnapshot} from '../../src/outputs/snapshot.ts';
import {writeWhole} from '../../src/outputs/whole-file.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {Frame} from '../../src/types/frame.ts';
import {runFrames} from '../sources/stream.ts';
import {frame, header, sampleFrame, stamp, wait} from '../util/synthetic.ts';

const folder = mkdtempSync(join(tmpdir(), 'kstop-snapshot-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));
const made = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};

function modelOf(frames: readonly Frame[]): Model {
  const model = new Model();
  for (const each of frames) model.apply(each);
  return model;
}

const taken = (model: Model) => ({
  state: model.state,
  summary: model.finish({time: model.state.now ?? '', mono_ns: String(model.state.nowNs ?? 0n)}),
});

async function replayed(file: string): Promise<{model: Model; frames: Frame[]; fault?: string}> {
  const recording = await openRecording({file, pace: 'fast'});
  const model = new Model();
  const frames: Frame[] = [];
  for await (const each of recording.frames()) {
    model.apply(each);
    frames.push(each);
  }
  return {model, frames, fault: recording.fault?.message};
}

test('a snapshot replays to what was shown', async (t) => {
  const at = made('whole');
  const model = modelOf(runFrames(20).slice(0, -1));
  const files = await exportSnapshot(at, taken(model));
  t.deepEqual(readdirSync(at).sort(), [
    'kstop-synthetic-20260301T120020Z.json',
    'kstop-synthetic-20260301T120020Z.txt',
  ]);
  for (const name of readdirSync(at)) t.is(statSync(join(at, name)).mode & 0o777, 0o600);
  const {model: again, frames, fault} = await replayed(files?.json ?? '');
  t.is(fault, undefined);
  const [shown, seen] = [model.state, again.state];
  t.deepEqual(JSON.parse(JSON.stringify(seen.subsystems)), JSON.parse(JSON.stringify(shown.subsystems)));
  t.deepEqual(seen.total, shown.total);
  t.deepEqual(seen.events, shown.events);
  t.is(shown.traces?.length, 1);
  t.deepEqual(seen.traces, shown.traces);
  t.truthy(frames.at(-1)?.summary);
  const text = readFileSync(files?.text ?? '', 'utf8');
  for (const part of ['MONITORING SUMMARY', 'on synthetic', 'OOM', 'sched latency'])
    t.regex(text, new RegExp(part, 'i'));
  t.notRegex(text, /\x1b/);
});

test('its header has the probes as they are at that moment', async (t) => {
  const files = await exportSnapshot(made('probes'), taken(modelOf(runFrames(3))));
  const {model} = await replayed(files?.json ?? '');
  t.is(model.state.probes.find(({id}) => id === 'block')?.state, 'off');
});

test('of a long run: the last 60 samples, every buffered event, and it replays from its own start on', async (t) => {
  const at = made('long');
  const many = Array.from({length: 400}, (_, i) => [
    frame({events: Array.from({length: 30}, (_each, n) => wait(i * 1000 + 500 + n, 2000))}),
    sampleFrame(i * 1000 + 1000),
  ]).flat();
  const model = modelOf([frame({header: header()}), ...many]);
  t.is(model.state.samples.length, MAX_SAMPLES);
  const files = await exportSnapshot(at, taken(model));
  const objects = readFileSync(files?.json ?? '', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (kind: string) => objects.filter((each) => each.kind === kind);
  t.is(of('sample').length, 61);
  t.is(of('sample')[0].interval_ms, 0, 'before them what was counted until then');
  t.is(of('sample')[60].mono_ns, stamp(400_000).mono_ns);
  t.is(of('event').length, MAX_EVENTS);
  t.is(objects[0].mono_ns, objects[1].mono_ns);
  t.is(objects.at(-1).kind, 'summary');
  const times = objects.map(({mono_ns}) => BigInt(mono_ns));
  t.true(times.every((each, i) => i === 0 || each >= (times[i - 1] as bigint)));
  t.is((await replayed(files?.json ?? '')).fault, undefined);
});

test('of a long run: what was counted before its samples is not new in its replay', async (t) => {
  const probe = {id: 'process', subsystem: 'process', state: 'attached', method: 'tp_btf'} as const;
  const row = {time_bucket: 1, container: {id: 'c1', name: 'web'}, cgroup: '/c1'};
  const crashes = {name: 'process_exits', labels: {reason: 'SIGSEGV'}};
  const at = (s: number) => {
    const n = Math.min(s, 20);
    const busy = {time_bucket: 1, pid: 1, comm: 'init', threads: 1, state: 'running' as const, cpu_time_ms: 100};
    const pressure = {memory: {some_avg10_pct: 1}};
    const told = {counters: [{...crashes, value: n}], containers: [{...row, restarts: n}], processes: [busy], pressure};
    return frame({sample: {...sampleFrame(s * 1000).sample!, ...told}});
  };
  const model = modelOf([frame({header: header([probe])}), ...Array.from({length: 200}, (_, i) => at(i + 1))]);
  t.like(model.state.subsystems[0], {status: 'OK', worstStatus: 'CRITICAL'});
  const files = await exportSnapshot(made('counted'), taken(model));
  const {model: again, frames} = await replayed(files?.json ?? '');
  t.deepEqual(
    frames.flatMap(({sample}) => sample ?? []).map(({pressure}) => pressure !== undefined),
    [false, ...Array<boolean>(MAX_SAMPLES).fill(true)],
    'how things were is of another moment',
  );
  t.like(again.state.subsystems[0], {status: 'OK', worstStatus: 'OK'});
  t.is(again.finish(stamp(200_000)).processes?.[0]?.cpu_time_ms, MAX_SAMPLES * 100);
});

test('never over a file: the next one has a number', async (t) => {
  const at = made('twice');
  const model = modelOf(runFrames(2));
  writeFileSync(join(at, 'kstop-synthetic-20260301T120002Z.txt'), 'precious');
  symlinkSync('/nowhere', join(at, 'kstop-synthetic-20260301T120002Z-2.json'));
  const files = await exportSnapshot(at, taken(model));
  t.is(files?.json, join(at, 'kstop-synthetic-20260301T120002Z-3.json'));
  t.is(readFileSync(join(at, 'kstop-synthetic-20260301T120002Z.txt'), 'utf8'), 'precious');
  t.deepEqual(readdirSync(at).sort(), [
    'kstop-synthetic-20260301T120002Z-2.json',
    'kstop-synthetic-20260301T120002Z-3.json',
    'kstop-synthetic-20260301T120002Z-3.txt',
    'kstop-synthetic-20260301T120002Z.txt',
  ]);
});

test('frames that come while it is written change nothing in it', async (t) => {
  const model = modelOf(runFrames(3));
  const writing = exportSnapshot(made('meanwhile'), taken(model));
  for (let i = 4; i < 200; i++) model.apply(sampleFrame(i * 1000));
  const {model: again} = await replayed((await writing)?.json ?? '');
  t.is(again.state.samples.length, 3);
});

test('before anything has come there is nothing to export', async (t) => {
  t.is(await exportSnapshot(folder, taken(new Model())), undefined);
});

test('a host can’t lead its files anywhere', (t) => {
  const at = '2026-03-01T12:34:56.789Z';
  for (const host of [
    '../../etc/x',
    '/etc/passwd',
    '-rf',
    '.',
    '..',
    'a\nb',
    'a b;c',
    '\x1b[2J',
    'ü'.repeat(500),
    '',
  ]) {
    const stem = fileStem(host, at);
    t.regex(stem, /^kstop-[A-Za-z0-9._-]+-20260301T123456Z$/, host);
    t.true(stem.length < 100);
  }
  t.is(fileStem('web-1.example.org', at), 'kstop-web-1.example.org-20260301T123456Z');
});

test('what can’t be written is told in words, and leaves nothing', async (t) => {
  const model = modelOf(runFrames(2));
  const missing = exportSnapshot(join(folder, 'missing'), taken(model));
  const error = (await t.throwsAsync(missing, {instanceOf: OutputError, message: /no such folder/})) as OutputError;
  t.regex(error.what, /missing\/kstop-synthetic-.*\.json$/);
  const at = made('half');
  function* pieces() {
    yield 'one\n';
    throw new Error('two');
  }
  await t.throwsAsync(writeWhole(join(at, 'x'), pieces()), {message: /two/});
  t.deepEqual(readdirSync(at), []);
});

(process.geteuid?.() === 0 ? test.skip : test)('a folder that one may not write to', async (t) => {
  const at = made('closed');
  chmodSync(at, 0o500);
  await t.throwsAsync(exportSnapshot(at, taken(modelOf(runFrames(2)))), {message: /permission denied/});
});

(process.geteuid?.() === 0 ? test : test.skip)('a full and a read-only file system (root)', async (t) => {
  const at = made('tmpfs');
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', at]).status !== 0) {
    t.log('mounting is forbidden here');
    t.pass();
    return;
  }
  try {
    const model = modelOf(runFrames(60));
    await t.throwsAsync(exportSnapshot(at, taken(model)), {message: /the disk is full/});
    t.deepEqual(readdirSync(at), []);
    execFileSync('mount', ['-o', 'remount,ro', at]);
    await t.throwsAsync(exportSnapshot(at, taken(model)), {message: /read-only/});
  } finally {
    execFileSync('umount', [at]);
  }
});
