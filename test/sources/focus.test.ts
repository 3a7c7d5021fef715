import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {FocusControl} from '../../src/sources/focus/focus.ts';
import {
  parseArgs,
  parseCgroup,
  parseIo,
  parseSchedstat,
  parseStat,
  parseStatus,
  userOf,
} from '../../src/sources/focus/proc.ts';
import type {Focus} from '../../src/types/stream.ts';

function started(t: ExecutionContext, command: string, ...args: string[]): ChildProcess & {pid: number} {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'ignore']});
  t.teardown(() => child.kill('SIGKILL'));
  return child as ChildProcess & {pid: number};
}

function control(t: ExecutionContext, withArgs = false): FocusControl {
  const focus = new FocusControl(withArgs);
  t.teardown(() => focus.close());
  return focus;
}

const nextOutput = (child: ChildProcess) => new Promise((done) => child.stdout?.once('data', done));
const ended = (child: ChildProcess) => new Promise((done) => child.once('exit', done));
const descriptors = () => readdirSync('/proc/self/fd').length;

test('a process as the kernel has it', async (t) => {
  const child = started(t, process.execPath, '-e', 'process.stdout.write("."); setInterval(() => {}, 1e6)');
  await nextOutput(child);
  const focus = control(t);
  t.is(focus.sample(), undefined, 'nobody looks');
  t.is(focus.set(child.pid), undefined);
  const seen = focus.sample() as Focus;
  const read = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
  t.like(seen, {pid: child.pid, ppid: process.pid, uid: process.getuid?.(), ended: undefined});
  t.regex(seen.state as string, /^(sleeping|running)$/);
  t.is(`${seen.comm}\n`, read('comm'));
  t.is(seen.threads, readdirSync(`/proc/${child.pid}/task`).length);
  t.is(seen.rss_bytes, Number(/VmRSS:\s+(\d+)/.exec(read('status'))?.[1]) * 1024);
  t.true(read('cgroup').includes(`:${seen.cgroup}\n`));
  t.true(Math.abs(Date.parse(seen.started as string) - Date.now()) < 60_000);
  t.is(seen.args, undefined, 'no command line unless it is asked for');
  t.is(seen.kernel_thread, undefined);
  t.true((seen.interval_ms as number) >= 0);
});

test('figures are what grew since the last sample, of all threads', async (t) => {
  // Threads of its own that take CPU time, calls, page faults.
  const code = `
    const {Worker} = require('node:worker_threads');
    for (let i = 0; i < 2; i++) new Worker('setInterval(() => { for (let n = 0; n < 3e6; n++); }, 5)', {eval: true});
    setInterval(() => require('node:fs').readFileSync('/proc/self/stat'), 5);
    process.stdout.write('.');`;
  const child = started(t, process.execPath, '-e', code);
  await nextOutput(child);
  const threads = () => {
    const sum = {run: 0, wait: 0, slices: 0};
    for (const tid of readdirSync(`/proc/${child.pid}/task`)) {
      const [run = 0, wait = 0, slices = 0] = readFileSync(`/proc/${child.pid}/task/${tid}/schedstat`, 'utf8')
        .split(' ')
        .map(Number);
      sum.run += run;
      sum.wait += wait;
      sum.slices += slices;
    }
    const io = parseIo(readFileSync(`/proc/${child.pid}/io`, 'utf8'));
    const minor = Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[7]);
    return {...sum, calls: io?.read_calls as number, minor};
  };
  await delay(500);
  const focus = control(t);
  const outside = threads();
  focus.set(child.pid);
  const inside = threads();
  const sum = {cpu: 0, wait: 0, slices: 0, calls: 0, minor: 0, ms: 0};
  const add = (figures: Focus) => {
    sum.cpu += figures.cpu_time_ms as number;
    sum.wait += figures.run_delay_ms as number;
    sum.slices += figures.timeslices as number;
    sum.calls += figures.read_calls as number;
    sum.minor += figures.minor_faults as number;
    sum.ms += figures.interval_ms as number;
  };
  for (let i = 0; i < 3; i++) {
    await delay(200);
    if (i < 2) add(focus.sample() as Focus);
  }
  const insideEnd = threads();
  const last = focus.sample() as Focus;
  add(last);
  const outsideEnd = threads();
  t.log(sum);
  // A running thread's schedstat is brought up to date by the timer only.
  const stale = {run: 3 * 10e6} as Partial<Record<keyof typeof inside, number>>;
  const between = (value: number, key: keyof typeof inside, unit: number) => {
    t.true(value * unit >= insideEnd[key] - inside[key] - 1, `${key} at least`);
    t.true(value * unit <= outsideEnd[key] - outside[key] + 1 + (stale[key] ?? 0), `${key} at most`);
  };
  between(sum.slices, 'slices', 1);
  between(sum.wait, 'wait', 1e6);
  between(sum.cpu, 'run', 1e6);
  between(sum.calls, 'calls', 1);
  between(sum.minor, 'minor', 1);
  t.true(sum.slices > 20 && sum.calls > 20 && sum.cpu > 10);
  t.true(sum.ms >= 590);
  t.true((last.voluntary_switches as number) + (last.involuntary_switches as number) > 0);
});

test('what ends stays as it was seen last, and is said to have ended', async (t) => {
  const child = started(t, '/bin/sh', '-c', 'echo; read x');
  await nextOutput(child);
  const focus = control(t);
  focus.set(child.pid);
  const before = focus.sample() as Focus;
  child.kill('SIGKILL');
  await ended(child);
  const after = focus.sample() as Focus;
  t.like(after, {pid: child.pid, comm: before.comm, rss_bytes: before.rss_bytes, ended: true});
  t.is(after.cpu_time_ms, undefined, 'no figures of an interval in which it was not there');
  t.deepEqual(focus.sample(), after);
  t.is(focus.set(child.pid), `there is no process ${child.pid}`);
});

test('numbers that are no process get clear words, and what was looked at stays', (t) => {
  const focus = control(t);
  t.is(focus.set(process.pid), undefined);
  t.regex(focus.set(-4) as string, /-4 is no process/);
  t.regex(focus.set(0) as string, /0 is no process/);
  t.regex(focus.set(1.5) as string, /no process/);
  t.is(focus.set(4_194_303), 'there is no process 4194303');
  const thread = readdirSync('/proc/self/task').find((tid) => Number(tid) !== process.pid);
  t.regex(focus.set(Number(thread)) as string, new RegExp(`${thread} is a thread of process ${process.pid} \\(`));
  t.is(focus.sample()?.pid, process.pid);
});

test('a kernel thread is one, and has no memory', (t) => {
  const focus = control(t);
  // kthreadd: number 2 of the first PID namespace only.
  if (!/kthreadd/.test(readOr('/proc/2/comm'))) {
    t.pass('no kernel threads to be seen here');
    return;
  }
  t.is(focus.set(2), undefined);
  t.like(focus.sample(), {comm: 'kthreadd', kernel_thread: true, rss_bytes: undefined});
});

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test('a name made to be misread, and the command line when it is asked for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-focus-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const name = 'a) R 1\n\x1b[2J';
  writeFileSync(join(folder, name), '#!/bin/sh\necho\nread x\n', {mode: 0o755});
  const child = started(t, join(folder, name), 'two words', '');
  await nextOutput(child);
  const focus = control(t, true);
  focus.set(child.pid);
  t.like(focus.sample(), {comm: name, ppid: process.pid, args: ['/bin/sh', join(folder, name), 'two words']});
});

test.serial('turning away leaves nothing open', (t) => {
  const focus = new FocusControl(false);
  const before = descriptors();
  for (let i = 0; i < 20; i++) {
    focus.set(process.pid);
    focus.set(process.ppid);
    focus.set(4_194_303);
    focus.sample();
  }
  focus.close();
  t.is(focus.sample(), undefined);
  t.true(descriptors() <= before);
});

test('lines of /proc', (t) => {
  const tail = 'S 1 4 4 0 -1 2097152 7 0 8 0 11 22 0 0 20 0 3 0 777 0 0';
  t.deepEqual(parseStat(`4 (k) x) ${tail}`), {
    comm: 'k) x',
    state: 'sleeping',
    ppid: 1,
    kernelThread: true,
    minorFaults: 7,
    majorFaults: 8,
    cpuTicks: 33,
    threads: 3,
    startTicks: 777,
  });
  t.is(parseStat('nonsense'), undefined);
  const status = 'Name:\tx\\nTgid:\t9\nTgid:\t5\nUid:\t33\t0\t0\t0\nVmRSS:\t  12 kB\nnonvoluntary_ctxt_switches:\t3\n';
  t.deepEqual(parseStatus(status), {tgid: 5, uid: 33, involuntary: 3, rss_bytes: 12_288});
  t.is(parseIo('rchar: 5\n'), undefined);
  t.deepEqual(parseSchedstat('1 2 3\n'), {runNs: 1, waitNs: 2, slices: 3});
  t.is(parseSchedstat('\n'), undefined);
  t.is(parseCgroup('0::/a:b\n'), '/a:b');
  t.is(parseCgroup('3:cpu,memory:/m\n1:name=systemd:/s\n0::/\n'), '/m');
  t.is(parseCgroup('0::/\n'), '/');
  t.is(parseCgroup(''), undefined);
  t.deepEqual(parseArgs('a\0\0b c\0'), ['a', '', 'b c']);
  t.deepEqual(parseArgs(''), []);
  t.is(parseArgs('x'.repeat(9000))[0]?.length, 4097);
  t.is(userOf('root:x:0:0\nwww-data:x:33:33\n', 33), 'www-data');
  t.is(userOf('root:x:0:0\n', 3), undefined);
});
