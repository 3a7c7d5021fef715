import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {constants, gunzipSync} from 'node:zlib';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {createOutputFile, userBehindSudo} from '../../src/outputs/file.ts';
import {FileOutput} from '../../src/outputs/file-output.ts';
import {JsonOutput} from '../../src/outputs/json.ts';
import {createRecording} from '../../src/outputs/record.ts';
import {frame, header, sampleFrame, stamp, wait} from '../util/synthetic.ts';

const asRoot = process.geteuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'kstop-file-test-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));
const at = (name: string) => join(folder, name);

test('a file is new, private, and has what was written', async (t) => {
  const file = await createOutputFile(at('plain.txt'));
  await file.write('one\n');
  await file.flush();
  t.is(readFileSync(at('plain.txt'), 'utf8'), 'one\n');
  await file.write('two\n');
  await file.close();
  t.is(readFileSync(at('plain.txt'), 'utf8'), 'one\ntwo\n');
  t.is(statSync(at('plain.txt')).mode & 0o777, 0o600);
});

test('never over an existing file, nor through a link', async (t) => {
  writeFileSync(at('precious'), 'precious');
  symlinkSync(at('precious'), at('link'));
  symlinkSync(at('not-there-yet'), at('dangling'));
  for (const name of ['precious', 'link', 'dangling']) {
    await t.throwsAsync(createOutputFile(at(name)), {name: 'OutputError', message: /exists already/});
  }
  t.is(readFileSync(at('precious'), 'utf8'), 'precious');
  t.false(existsSync(at('not-there-yet')));
});

test('a folder, a device or a pipe is told as what it is: nobody shall remove it', async (t) => {
  execFileSync('mkfifo', [at('pipe')]);
  await t.throwsAsync(createOutputFile(folder), {name: 'OutputError', code: 'EEXIST', message: /it is a folder/});
  for (const path of ['/dev/null', at('pipe')])
    await t.throwsAsync(createOutputFile(path), {name: 'OutputError', code: 'EEXIST', message: /no regular file/});
});

test('a folder that is missing is told in words', async (t) => {
  await t.throwsAsync(createOutputFile(at('no/such')), {name: 'OutputError', message: /no such folder/});
});

test('a full disk is an OutputError, at once or at the latest when closed', async (t) => {
  const {open} = await import('node:fs/promises');
  const {OutputFile} = await import('../../src/outputs/file.ts');
  const handle = await open('/dev/full', 'w');
  const file = new OutputFile('/dev/full', handle, {dev: 0, ino: 0}, false);
  await file.write('x');
  await t.throwsAsync(file.close(), {name: 'OutputError', message: /the disk is full/});
  await t.throwsAsync(async () => await file.write('y'), {message: /the disk is full/});
});

test('a full disk under gzip is told too', async (t) => {
  const {open} = await import('node:fs/promises');
  const {OutputFile} = await import('../../src/outputs/file.ts');
  const file = new OutputFile('/dev/full', await open('/dev/full', 'w'), {dev: 0, ino: 0}, true);
  await file.write('x');
  await t.throwsAsync(file.flush(), {message: /the disk is full/});
  await t.throwsAsync(file.close(), {message: /the disk is full/});
});

test('a .gz is readable up to its last sample before it is closed', async (t) => {
  const file = await createOutputFile(at('live.gz'));
  const output = new FileOutput(new JsonOutput({write: file.write}), file);
  await output.frame(frame({header: header()}));
  await output.frame(sampleFrame(1000));
  const lines = gunzipSync(readFileSync(at('live.gz')), {finishFlush: constants.Z_SYNC_FLUSH})
    .toString()
    .trimEnd()
    .split('\n');
  t.deepEqual(
    lines.map((line) => JSON.parse(line).kind),
    ['header', 'sample'],
  );
  const model = new Model();
  model.apply(frame({header: header()}));
  await output.finish(model.finish(stamp(2000)), model.state);
  t.is(
    execFileSync('gzip', ['-dc', at('live.gz')])
      .toString()
      .trimEnd()
      .split('\n').length,
    3,
  );
});

test('a writer that is faster than the disk is asked to wait', async (t) => {
  const file = await createOutputFile(at('big'));
  const chunk = 'x'.repeat(600_000);
  const waits = [file.write(chunk), file.write(chunk), file.write(chunk)];
  t.true(waits.some((each) => each !== undefined));
  await Promise.all(waits);
  await file.close();
  t.is(statSync(at('big')).size, 1_800_000);
});

test('the user behind sudo is told from the environment, for root only', (t) => {
  const env = {SUDO_UID: '1000', SUDO_GID: '1001'};
  t.deepEqual(userBehindSudo(env), asRoot ? {uid: 1000, gid: 1001} : undefined);
  t.is(userBehindSudo({SUDO_UID: '1000; rm', SUDO_GID: '1'}), undefined);
  t.is(userBehindSudo({}), undefined);
});

(asRoot ? test : test.skip)('root gives the file to the user behind sudo', async (t) => {
  const file = await createOutputFile(at('given'), {owner: {uid: 1234, gid: 2345}});
  await file.close();
  const {uid, gid} = statSync(at('given'));
  t.deepEqual({uid, gid}, {uid: 1234, gid: 2345});
});

for (const name of ['rotated.ndjson', 'rotated.ndjson.gz']) {
  test(`a recording goes on in parts that replay by themselves: ${name}`, async (t) => {
    writeFileSync(at(`${name}.2`), 'somebody else’s');
    const recording = await createRecording(at(name), {maxSizeBytes: 1000, maxFiles: 3});
    await recording.frame(frame({header: header()}));
    await recording.frame(frame({probes: [{kind: 'probe', ...stamp(1), id: 'sched', state: 'attached', warn_us: 77}]}));
    for (let second = 1; second <= 40; second++) {
      const counters = [{name: 'hits', labels: {probe: 'sched'}, value: second * 10}];
      const events = [
        wait(second * 1000 - 5, 1000 + Math.random() * 1000, {comm: `task${Math.random()}`.slice(0, 15)}),
      ];
      await recording.frame({...sampleFrame(second * 1000, {counters}), events});
    }
    const model = new Model();
    model.apply(frame({header: header()}));
    await recording.finish(model.finish(stamp(41_000)));
    t.false(existsSync(at(name)), 'the oldest parts are removed');
    t.is(readFileSync(at(`${name}.2`), 'utf8'), 'somebody else’s');
    const parts = Array.from({length: 60}, (_, i) => `${name}.${i + 1}`).filter(
      (each) => existsSync(at(each)) && !each.endsWith('.2'),
    );
    t.is(parts.length, 3);
    const content = readFileSync(at(parts[1] as string));
    const text = name.endsWith('.gz') ? gunzipSync(content).toString() : content.toString();
    const objects = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.is(objects[0].kind, 'header');
    t.is(objects[0].thresholds.sched_warn_us, 77);
    t.is(objects[1].interval_ms, 0);
    t.is(objects[1].mono_ns, objects[0].mono_ns);
    t.is(objects[2].kind, 'event');
  });
}
