import {mkdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {folder, lacksSlowDisk, lacksSlowFolder, must, slowDisk, slowToRead} from './util/disk.ts';
import {Process} from './util/load.ts';
import {once, testUnless} from './util/machine.ts';
import {counted, rowsOf, sum, traced, WAITING} from './util/presets.ts';
import {noTraces} from './util/traces.ts';

const reason = once ?? noTraces;
const dd = (...args: string[]) => ['dd', 'status=none', ...args];

for (const pattern of ['*.conf', 'kt-*', 'kt-app.conf', '*app*']) {
  testUnless(
    reason,
    `file-writes: a file whose name fits ${pattern}, how much and by whom, and no other`,
    async (t) => {
      const place = join(folder(t), 'etc');
      mkdirSync(place);
      const [file, other] = [join(place, 'kt-app.conf'), join(place, 'other.txt')];
      let writer: Process | undefined;
      const result = await traced(t, 'file-writes', {pattern, process_name: 'dd'}, async () => {
        await new Process(t, dd('if=/dev/zero', `of=${other}`, 'bs=4k', 'count=5')).end();
        writer = new Process(t, dd('if=/dev/zero', `of=${file}`, 'bs=4k', 'count=5'));
        await writer.end();
      });
      t.log(result.events[0]?.message);
      t.is(statSync(file).size, 5 * 4096);
      const mine = result.events.filter(({raw_args}) => raw_args.path?.endsWith('kt-app.conf'));
      t.is(mine.length, 5);
      t.is(sum(mine.map(({raw_args}) => Number(raw_args.bytes))), 5 * 4096);
      t.is(result.events.filter(({raw_args}) => raw_args.path?.endsWith('other.txt')).length, 0);
      for (const event of mine) {
        t.like(event, {pid: writer?.pid, process_name: 'dd', uid: 0});
        t.true(event.raw_args.path?.endsWith(`${place.split('/').at(-2)}/etc/kt-app.conf`), event.raw_args.path);
      }
      const row = {pid: String(writer?.pid), process_name: 'dd'};
      t.deepEqual(rowsOf(result, 'bytes written by process', row), pattern === '*app*' ? [] : [5 * 4096]);
    },
  );
}

testUnless(reason, 'slow-reads: each read of a process is in the distribution, its bytes by file', async (t) => {
  const file = join(folder(t), 'kt-data');
  writeFileSync(file, Buffer.alloc(100 * 8192));
  const reader = new Process(t, [...WAITING, ...dd(`if=${file}`, 'of=/dev/null', 'bs=8k')]);
  const result = await traced(t, 'slow-reads', {pid: reader.pid, slow_ms: 0.001}, async () => {
    reader.send('');
    await reader.end();
  });
  const events = result.events.filter(({raw_args}) => raw_args.path?.endsWith('/kt-data'));
  t.log(events[0]?.message);
  // And one that finds the end; and what the loader reads of libraries.
  const reads = counted(result, 'time of reads by process', {pid: String(reader.pid), process_name: 'dd'});
  t.true(reads >= 101 && reads < 120, `${reads} reads`);
  t.deepEqual(rowsOf(result, 'bytes read by file', {file: 'kt-data'}), [100 * 8192]);
  t.true(events.length >= 90 && events.length <= 101, `${events.length} took a microsecond or more`);
  for (const event of events) t.like(event, {pid: reader.pid, process_name: 'dd', function: 'read'});
});

testUnless(reason ?? lacksSlowFolder(), 'slow-reads: what a slow disk holds up is told, with how long', async (t) => {
  const {path, through} = slowToRead(t);
  const file = join(path, 'kt-slow');
  writeFileSync(file, Buffer.alloc(20 * 4096));
  must('sync', file);
  const result = await traced(t, 'slow-reads', {process_name: 'dd'}, async () => {
    await new Process(t, [...through, ...dd(`if=${file}`, 'of=/dev/null', 'bs=4k', 'iflag=direct')]).end();
  });
  const slow = result.events.filter(({raw_args}) => raw_args.path?.endsWith('/kt-slow'));
  t.log(`${slow.length} events: ${slow[0]?.message}`);
  t.true(slow.length >= 10 && slow.length <= 21);
  for (const {raw_args} of slow) t.true(Number(raw_args.latency_us) >= 10_000);
});

testUnless(reason, 'slow-reads: a pipe that nobody writes to is no slow file', async (t) => {
  const reader = new Process(t, ['sh', '-c', 'read _; (sleep 0.3; echo hi) | cat']);
  const result = await traced(t, 'slow-reads', {process_name: 'cat'}, async () => {
    reader.send('');
    await reader.end();
  });
  t.is(reader.stdout, 'hi\n');
  t.deepEqual(
    result.events.filter(({raw_args}) => Number(raw_args.latency_us) > 250_000),
    [],
  );
});

testUnless(reason, 'open-files: path, flags and result of what is opened and of what is not there', async (t) => {
  const place = folder(t);
  const [file, missing] = [join(place, 'kt-here'), join(place, 'kt-missing')];
  const opener = new Process(t, ['sh', '-c', `read _; echo 1 >${file}; echo 2 >>${file}; cat <${file}; : <${missing}`]);
  const result = await traced(t, 'open-files', {pid: opener.pid, pattern: `${place}/*`}, async () => {
    opener.send('');
    await opener.end();
  });
  t.is(opener.stdout, '1\n2\n');
  for (const {message} of result.events) t.log(message);
  t.deepEqual(
    result.events.map(({raw_args}) => [raw_args.path, raw_args.flags]),
    [
      [file, 'WRONLY|CREAT|TRUNC'],
      [file, 'WRONLY|CREAT|APPEND'],
      [file, 'RDONLY'],
      [missing, 'RDONLY'],
    ],
  );
  t.is(result.events.at(-1)?.raw_args.result, 'ENOENT');
  for (const {raw_args} of result.events.slice(0, 3)) t.regex(raw_args.result ?? '', /^\d+$/);
});

testUnless(reason, 'file-deletions: what is deleted and renamed, and what is not there', async (t) => {
  const place = folder(t);
  const at = (name: string) => join(place, name);
  for (const name of ['kt-a', 'kt-b']) writeFileSync(at(name), '');
  mkdirSync(at('kt-folder'));
  const result = await traced(t, 'file-deletions', {pattern: `${place}/*`}, async () => {
    await new Process(t, ['rm', at('kt-a')]).end();
    await new Process(t, ['mv', at('kt-b'), at('kt-c')]).end();
    await new Process(t, ['rmdir', at('kt-folder')]).end();
    await new Process(t, ['unlink', at('kt-missing')]).end();
  });
  for (const {message} of result.events) t.log(message);
  const told = result.events.map(({process_name, raw_args}) => [process_name, raw_args.path, raw_args.result]);
  t.deepEqual(told, [
    ['rm', at('kt-a'), '0'],
    ['mv', at('kt-b'), '0'],
    ['rmdir', at('kt-folder'), '0'],
    ['unlink', at('kt-missing'), 'ENOENT'],
  ]);
});

testUnless(reason ?? lacksSlowDisk(), 'file-writes: a write to a slow disk counts when it is done', async (t) => {
  const slow = slowDisk(t);
  const writer = new Process(t, [
    ...WAITING,
    ...slow.through,
    ...dd('if=/dev/zero', `of=${slow.device}`, 'bs=16k', 'count=4', 'oflag=direct'),
  ]);
  const result = await traced(t, 'file-writes', {process_name: 'dd'}, async () => {
    writer.send('');
    await writer.end();
  });
  const bytes = sum(rowsOf(result, 'bytes written by process', {process_name: 'dd'}));
  t.true(bytes >= 4 * 16384, `${bytes} bytes`);
});
