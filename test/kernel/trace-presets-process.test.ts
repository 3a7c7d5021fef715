import {Process} from './util/load.ts';
import {once, testUnless} from './util/machine.ts';
import {counted, rowsOf, sum, traced, WAITING} from './util/presets.ts';
import {noTraces} from './util/traces.ts';

const reason = once ?? noTraces;

testUnless(reason, 'process-exec: what is executed and how it ends', async (t) => {
  const pids: number[] = [];
  const result = await traced(t, 'process-exec', {}, async () => {
    for (const end of ['exit 3', 'kill -9 $$', ':']) {
      const shell = new Process(t, ['sh', '-c', end]);
      pids.push(shell.pid);
      await shell.end();
    }
  });
  const of = (pid: number | undefined, name: string) =>
    result.events.filter((event) => event.pid === pid && event.function === name);
  for (const pid of pids) {
    for (const name of ['exec', 'exit']) t.log(of(pid, name)[0]?.message);
    t.is(of(pid, 'exec').length, 1);
    t.is(of(pid, 'exit').length, 1);
    t.regex(of(pid, 'exec')[0]?.raw_args.filename ?? '', /\/sh$/);
    t.is(of(pid, 'exec')[0]?.raw_args.ppid, String(process.pid));
  }
  t.like(of(pids[0], 'exit')[0]?.raw_args, {exit_code: '3', signal: 'none', ppid: String(process.pid)});
  t.like(of(pids[1], 'exit')[0]?.raw_args, {exit_code: '0', signal: 'SIGKILL'});
  t.like(of(pids[2], 'exit')[0]?.raw_args, {exit_code: '0', signal: 'none'});
  for (const pid of pids) t.true(Number(of(pid, 'exit')[0]?.raw_args.lifetime_ms) < 30_000);
});

testUnless(reason, 'signals: who sends what to whom, asked for by the one who gets it', async (t) => {
  const target = new Process(t, ['sleep', '60']);
  let sender: Process | undefined;
  const result = await traced(t, 'signals', {pid: target.pid}, async () => {
    sender = new Process(t, [
      'sh',
      '-c',
      `kill -STOP ${target.pid}; kill -CONT ${target.pid}; kill -TERM ${target.pid}`,
    ]);
    await sender.end();
    await target.end();
  });
  for (const {message} of result.events) t.log(message);
  const sent = result.events.filter(({pid}) => pid === sender?.pid);
  t.deepEqual(
    sent.map(({raw_args}) => raw_args.signal),
    ['SIGSTOP', 'SIGCONT', 'SIGTERM'],
  );
  for (const {process_name, raw_args} of sent) {
    t.is(process_name, 'sh');
    t.like(raw_args, {target_pid: String(target.pid), target_name: 'sleep', cause: 'kill'});
  }
  t.is(target.ended?.signal, 'SIGTERM');
});

testUnless(reason, 'off-cpu: where a process sleeps, and for how long', async (t) => {
  const sleeper = new Process(t, [...WAITING, 'sleep', '1']);
  const result = await traced(t, 'off-cpu', {pid: sleeper.pid}, async () => {
    sleeper.send('');
    await sleeper.end();
  });
  const rows = result.tables?.find(({title}) => title === 'time asleep by kernel stack')?.rows ?? [];
  const slept = rows.filter(({key}) => key.stack?.includes('nanosleep'));
  t.log(`${sum(slept.map(({value}) => value))} us: ${slept[0]?.key.stack}`);
  const us = sum(slept.map(({value}) => value));
  t.true(us >= 1_000_000 && us < 1_500_000);
  t.true(rows.every(({key}) => key.pid === String(sleeper.pid)));
  t.true(counted(result, 'time of sleeps by process', {pid: String(sleeper.pid)}) >= 1);
});

testUnless(reason, 'syscall-errors: failed calls by error and process', async (t) => {
  const shell = new Process(t, [
    'sh',
    '-c',
    'read _; i=0; while [ $i -lt 50 ]; do [ -e /kt-nowhere ]; i=$((i+1)); done',
  ]);
  const result = await traced(t, 'syscall-errors', {pid: shell.pid}, async () => {
    shell.send('');
    await shell.end();
  });
  const key = {errno: 'ENOENT', pid: String(shell.pid), process_name: 'sh'};
  t.log(JSON.stringify(result.tables?.[0]?.rows));
  t.is(sum(rowsOf(result, 'failed system calls', key)), 50);
});

testUnless(reason, 'page-alloc: the pages of a buffer of 24 MiB', async (t) => {
  const bytes = 24 << 20;
  const eater = new Process(t, [
    ...WAITING,
    'dd',
    'status=none',
    'if=/dev/zero',
    'of=/dev/null',
    `bs=${bytes}`,
    'count=1',
  ]);
  const result = await traced(t, 'page-alloc', {pid: eater.pid}, async () => {
    eater.send('');
    await eater.end();
  });
  const key = {pid: String(eater.pid), process_name: 'dd'};
  const seen = sum(rowsOf(result, 'bytes of pages by process', key));
  t.log(`${seen} bytes in ${rowsOf(result, 'allocations by process', key)} allocations`);
  t.true(seen >= bytes && seen < bytes * 1.2);
});
