import {copyFileSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {ProcessExecEvent, ProcessExitEvent} from '../../src/types/stream.ts';
import {Cgroup, unified} from './util/cgroup.ts';
import {folder} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {type Process, startLoad} from './util/load.ts';
import {lacks, testUnless, which} from './util/machine.ts';
import {SLOW} from './util/wait.ts';

const PROBE = ['--probes', 'process'];
/** What the scheduler hasn't accounted at the end, at most: a tick of a slow clock, and what the end itself takes. */
const TICK_MS = 12 * SLOW;
/** A name that would do harm to a terminal, a log or a parser. */
const HOSTILE = 'a\x1b[31m "b\\\n\t*é\x7f';

interface Life {
  pid: number;
  status: number;
  /** By CLOCK_MONOTONIC: before and after the fork, and after the wait. */
  beforeNs: number;
  afterNs: number;
  overNs: number;
  cpuMs: number;
  peakBytes: number;
}

/** One child's life; what wait4() told of it. */
async function live(load: Process, order: string): Promise<Life> {
  load.send(order);
  const told = (await load.line()).split(' ').map(Number);
  const [pid = 0, status = 0, beforeNs = 0, afterNs = 0, overNs = 0, cpuNs = 0, peakKb = 0] = told;
  return {pid, status, beforeNs, afterNs, overNs, cpuMs: cpuNs / 1e6, peakBytes: peakKb * 1024};
}

async function begin(t: ExecutionContext, flags: readonly string[] = [], env: Record<string, string> = {}) {
  const place = folder(t);
  const file = join(place, HOSTILE);
  copyFileSync(which('true') ?? '/bin/true', file);
  const load = await startLoad(t, 'lives', [place, file]);
  const kstop = await Kstop.start(t, [...PROBE, ...flags], {env});
  return {load, kstop, file, place};
}

const execsOf = (kstop: Kstop, pid: number): ProcessExecEvent[] =>
  kstop.events('PROCESS_EXEC').filter((event) => event.pid === pid);
const exitsOf = (kstop: Kstop, pid: number): ProcessExitEvent[] =>
  kstop.events('PROCESS_EXIT').filter((event) => event.pid === pid);

/** Each life under kstop: its one end, beside what wait4() told of it. */
async function ends(t: ExecutionContext, orders: readonly string[], env: Record<string, string> = {}) {
  const begun = await begin(t, [], env);
  const lives: Life[] = [];
  for (const order of orders) lives.push(await live(begun.load, order));
  await begun.kstop.sampleFromNow();
  await begun.kstop.stop();
  const found = lives.map((life, i) => {
    const [exit, ...more] = exitsOf(begun.kstop, life.pid);
    if (!exit) throw new Error(`${orders[i]}: no end`);
    t.deepEqual(more, [], orders[i]);
    agrees(t, exit, life, orders[i]!);
    t.is(exit.ppid, begun.load.pid);
    return exit;
  });
  equation(t, begun.kstop);
  return {...begun, lives, found};
}

/** An end against what the parent got to know of it. */
function agrees(t: ExecutionContext, exit: ProcessExitEvent, life: Life, what: string): void {
  const {status, beforeNs, afterNs, overNs, cpuMs, peakBytes} = life;
  t.log(
    `${what}: lived ${exit.lifetime_ms} ms of ${(overNs - beforeNs) / 1e6}, CPU ${exit.cpu_time_ms} of ${cpuMs}, peak ${exit.max_rss_bytes} of ${peakBytes}`,
  );
  const signal = status & 0x7f;
  t.is(exit.exit_code, signal ? 128 + signal : status >> 8, what);
  t.is(exit.signal, signal || undefined, what);
  t.is(exit.core ?? false, (status & 0x80) !== 0, what);
  const [end, start] = [Number(exit.mono_ns), Number(exit.mono_ns) - exit.lifetime_ms * 1e6];
  t.true(start >= beforeNs - 1 && start <= afterNs + 1, `${what}: born within the fork`);
  t.true(end <= overNs, `${what}: over before the parent knew`);
  // Absent: not accounted at all.
  const used = exit.cpu_time_ms ?? 0;
  t.not(exit.cpu_time_ms, 0, what);
  t.true(used <= cpuMs + 1 && used >= cpuMs - TICK_MS, what);
  t.true(Math.abs((exit.max_rss_bytes ?? 0) - peakBytes) <= peakBytes * 0.03, what);
}

function equation(t: ExecutionContext, kstop: Kstop): number {
  const {held, lost, missed} = kstop.samples.at(-1)!.loss.process!;
  const told = kstop.events('PROCESS_EXEC').length + kstop.events('PROCESS_EXIT').length;
  const hits = kstop.counter('hits', {probe: 'process'});
  t.is(hits, told + held + lost + missed, 'the loss equation');
  return hits ?? 0;
}

testUnless(false, 'a program is told with its file, parent and owner; its arguments only when asked for', async (t) => {
  for (const args of [false, true]) {
    const {load, kstop, file} = await begin(t, args ? ['--with-args'] : []);
    const {pid} = await live(load, 'exec 0');
    const [event] = [await kstop.event('PROCESS_EXEC', (each) => each.pid === pid)];
    t.like(event, {filename: file, ppid: load.pid, tid: pid, uid: 0, severity: 'info', subsystem: 'process'});
    // The kernel keeps 15 bytes of the name.
    t.is(Buffer.from(event.comm!).toString('latin1'), Buffer.from(HOSTILE).subarray(0, 15).toString('latin1'));
    t.is(event.args, args ? 'name two words line\nfeed  \x1b[31mred' : undefined);
    t.is(execsOf(kstop, pid).length, 1);
    await kstop.stop();
  }
});

testUnless(false, 'a path that is too long is cut, and says so', async (t) => {
  const {load, kstop, place} = await begin(t);
  const long = `${'./'.repeat(140)}x`;
  const runner = await startLoad(t, 'lives', [place, long]);
  copyFileSync(which('true') ?? '/bin/true', join(place, 'x'));
  const {pid, status} = await live(runner, 'exec 0');
  t.is(status, 0);
  const event = await kstop.event('PROCESS_EXEC', (each) => each.pid === pid);
  t.is(event.filename, `${long.slice(0, 255)}…`);
  await kstop.stop();
  await load.kill();
});

testUnless(false, 'exec by vfork; exec from another thread keeps the number of the process', async (t) => {
  const {load, kstop, file} = await begin(t);
  for (const order of ['vfork 0', 'thread 0']) {
    const life = await live(load, order);
    t.is(life.status, 0, order);
    await kstop.event('PROCESS_EXIT', ({pid}) => pid === life.pid);
    const execs = execsOf(kstop, life.pid);
    t.is(execs.length, 1, order);
    t.like(execs[0], {filename: file, tid: life.pid, ppid: load.pid});
    t.is(exitsOf(kstop, life.pid).length, 1, order);
  }
  await kstop.stop();
  equation(t, kstop);
});

testUnless(
  false,
  'ends: exit code, signal, core, lifetime, CPU time and peak memory as wait4() tells them',
  async (t) => {
    const {found, kstop} = await ends(t, ['exit 0', 'exit 3', 'signal 11', 'signal 15', 'spin 300', 'memory 64']);
    const [well, three, segv, term] = found;
    t.like(well, {exit_code: 0, signal: undefined, severity: 'info', comm: 'lives'});
    t.like(three, {exit_code: 3, severity: 'info'});
    t.like(segv, {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', severity: 'warning'});
    t.like(term, {exit_code: 143, signal_name: 'SIGTERM', severity: 'info', core: undefined});
    t.true(found[4]!.cpu_time_ms! > 280);
    t.true(found[5]!.max_rss_bytes! > 64 << 20);
    t.is(kstop.counter('process_exits', {reason: 'SIGSEGV'}), 1);
    t.true(kstop.counter('process_exits', {reason: 'failed'})! >= 1);
    t.is(kstop.summary?.subsystems.process?.worst_status, 'WARNING');
    t.true(kstop.summary?.findings.some((text) => /lives ended by SIGSEGV/.test(text)));
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
    t.log(`core_pattern ${pattern}: ${segv?.core ? 'dumped' : 'no core'}`);
  },
);

for (const [title, env] of [
  ['', {}],
  ['by raw tracepoints ', {KSTOP_SKIP_METHODS: 'tp_btf'}],
] as const) {
  testUnless(false, `${title}several threads are one process, that ends with the last of them`, async (t) => {
    const {found} = await ends(t, ['threads 400', 'group 6', ...Array(20).fill('race 8')], env);
    const [alone, group] = found;
    // The first thread was gone at once.
    t.true(alone!.lifetime_ms >= 400);
    t.is(alone!.tid, alone!.pid);
    t.is(group!.exit_code, 5);
    for (const exit of found) t.is(exit.comm, 'lives');
  });
}

testUnless(false, 'ten crashes in a minute are critical', async (t) => {
  const {load, kstop} = await begin(t);
  for (let i = 0; i < 10; i++) await live(load, 'signal 6');
  await kstop.sampleFromNow();
  await kstop.stop();
  t.true(kstop.counter('process_exits', {reason: 'SIGABRT'})! >= 10);
  t.is(kstop.summary?.subsystems.process?.worst_status, 'CRITICAL');
});

testUnless(false, 'two thousand short lives: each is counted, told or accounted for', async (t) => {
  const {load, kstop, file} = await begin(t);
  await live(load, 'many 2000');
  await kstop.sampleFromNow();
  await kstop.stop();
  const hits = equation(t, kstop);
  const [execs, exits] = [kstop.counter('process_execs', {})!, kstop.counter('process_exits', {reason: 'exited'})!];
  t.log(
    `${hits} hits, ${execs} programs run, ${exits} ended well; ${JSON.stringify(kstop.samples.at(-1)!.loss.process)}`,
  );
  t.true(hits >= 4000 && execs >= 2000 && exits >= 2000);
  const own = kstop.events('PROCESS_EXEC').filter(({filename}) => filename === file);
  const {held, lost, missed} = kstop.samples.at(-1)!.loss.process!;
  t.true(own.length + held + lost + missed >= 2000);
});

testUnless(lacks('true'), 'filters by name and by process', async (t) => {
  const {load, kstop} = await begin(t, ['--comm', 'lives']);
  const ran = await live(load, 'exec 0');
  const ended = await live(load, 'exit 3');
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = [...kstop.events('PROCESS_EXEC'), ...kstop.events('PROCESS_EXIT')];
  t.true(events.some(({pid}) => pid === ended.pid));
  t.false(
    events.some(({pid}) => pid === ran.pid),
    'it had another name by then',
  );
  t.deepEqual([...new Set(events.map(({comm}) => comm))], ['lives']);
  t.is(kstop.counter('process_exits', {reason: 'failed'}), 1, 'counts are of the filter’s processes');

  const one = await Kstop.start(t, [...PROBE, '-p', String(load.pid)]);
  await live(load, 'exit 3');
  load.child.stdin?.end();
  await load.end();
  await one.sampleFromNow();
  await one.stop();
  t.deepEqual(
    one.events('PROCESS_EXIT').map(({pid}) => pid),
    [load.pid],
  );
});

testUnless(unified() ? undefined : 'no cgroup v2 hierarchy is mounted', 'a filter by cgroup', async (t) => {
  const group = Cgroup.make(t);
  const place = folder(t);
  const inside = await startLoad(t, 'lives', [place, which('true') ?? '/bin/true'], {through: group.enter});
  const outside = await startLoad(t, 'lives', [place, which('true') ?? '/bin/true']);
  const kstop = await Kstop.start(t, [...PROBE, '--cgroup', group.path]);
  await live(outside, 'exec 0');
  const {pid} = await live(inside, 'exec 0');
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = [...kstop.events('PROCESS_EXEC'), ...kstop.events('PROCESS_EXIT')];
  t.deepEqual(
    events.map((event) => [event.type, event.pid, event.cgroup]),
    [
      ['PROCESS_EXEC', pid, group.path],
      ['PROCESS_EXIT', pid, group.path],
    ],
  );
});

testUnless(false, 'forks, when asked for: one event for each process, none for its threads', async (t) => {
  const ways: Record<string, string>[] = [{}, {KSTOP_SKIP_METHODS: 'tp_btf'}];
  for (const env of ways) {
    const place = folder(t);
    const load = await startLoad(t, 'lives', [place, which('true') ?? '/bin/true']);
    const kstop = await Kstop.start(t, ['--probes', 'fork', '-p', String(load.pid)], {env});
    const lives: Life[] = [];
    for (const order of ['exit 0', 'vfork 0', 'threads 50', 'thread 0']) lives.push(await live(load, order));
    await kstop.sampleFromNow();
    await kstop.stop();
    const forks = kstop.events('PROCESS_FORK');
    t.deepEqual(
      forks.map((event) => [event.pid, event.tid, event.child_pid, event.child_comm]),
      lives.map(({pid}) => [load.pid, load.pid, pid, 'lives']),
    );
    t.is(kstop.counter('hits', {probe: 'fork'}), forks.length);
  }
});
