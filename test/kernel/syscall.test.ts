import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {LiveSource} from '../../src/sources/live.ts';
import type {Frame} from '../../src/types/frame.ts';
import type {SyscallSlowEvent} from '../../src/types/stream.ts';
import {folder, lacksSlowDisk, must, slowDisk} from './util/disk.ts';
import {Kstop, total} from './util/kstop.ts';
import {lacks32Bit, Process, startLoad, Unseen} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';
import {agrees, read} from './util/witness.ts';

/** An emulated CPU takes longer than the usual 10 ms for many a call. */
const WARN_US = process.env.KSTOP_VM ? 60_000 : 10_000;
const PROBE = ['--probes', 'syscall', '--syscall-warn', String(WARN_US)];
const MS = 60 * SLOW;

interface Answer {
  count: number;
  us: number;
  result: number;
}

/** Makes the load call; how often, the time that it took by its own clock, and what the last call returned. */
async function tell(caller: Process, order: string): Promise<Answer> {
  caller.send(order);
  const [count, ns, result] = (await caller.line()).split(' ').map(Number);
  return {count: count!, us: ns! / 1000, result: result!};
}

const startCaller = (t: ExecutionContext) => startLoad(t, 'caller', [join(folder(t), 'lock')]);

const SLACK_US = process.env.KSTOP_VM ? 100_000 : 5000;

/** The load's clock runs from before the call's entry until after its end, and a busy machine may take it the CPU there. */
function lasted(t: ExecutionContext, event: SyscallSlowEvent | undefined, {us}: Answer, what: string): void {
  t.log(`${what}: ${event?.latency_us} us of ${us}`);
  t.true(event !== undefined && event.latency_us <= us && event.latency_us >= us - SLACK_US, what);
}

/** Runs an order under kstop with a filter on the load; its slow calls, once all is over. */
async function slowOf(t: ExecutionContext, orders: readonly string[], flags: readonly string[] = []) {
  const load = await startCaller(t);
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...PROBE, ...flags]);
  const answers: Answer[] = [];
  for (const order of orders) answers.push(await tell(load, order));
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = kstop.events('SYSCALL_SLOW');
  for (const {pid} of events) t.is(pid, load.pid);
  const {held, lost, missed} = kstop.samples.at(-1)!.loss.syscall!;
  t.is(kstop.counter('hits', {probe: 'syscall'}), events.length + held + lost + missed, 'the loss equation');
  return {load, kstop, events, answers};
}

testUnless(false, 'a slow call is told with its name, time, result and caller', async (t) => {
  const {load, kstop, events, answers} = await slowOf(t, [`lock ${MS}`], ['--syscall-crit', '10000000']);
  t.is(events.length, 1, JSON.stringify(events));
  t.like(events[0], {syscall_name: 'flock', ret: 0, errno: undefined, severity: 'warning', tid: load.pid, uid: 0});
  t.like(events[0], {comm: 'caller', subsystem: 'syscall'});
  lasted(t, events[0], answers[0]!, 'flock');
  t.is(kstop.counter('syscall_slow', {syscall: 'flock'}), 1);
  t.is(answers[0]!.result, 0);
});

testUnless(false, 'a signal: the call says so; one that starts anew is two', async (t) => {
  const {events, answers} = await slowOf(t, [`interrupt ${MS}`, `restart ${MS * 2}`, 'signals 100']);
  const flocks = events.filter(({syscall_name}) => syscall_name === 'flock');
  t.deepEqual(
    flocks.map(({ret, errno}) => [ret, errno]),
    [
      [-512, 'ERESTARTSYS'],
      [-512, 'ERESTARTSYS'],
      [0, undefined],
    ],
  );
  // That is EINTR to the program where its handler doesn't ask for a restart, and success where it does.
  t.deepEqual(
    answers.slice(0, 2).map(({result}) => result),
    [-4, 0],
  );
  lasted(t, flocks[0], answers[0]!, 'interrupted');
  const both = (flocks[1]?.latency_us ?? 0) + (flocks[2]?.latency_us ?? 0);
  t.log(`restarted: ${flocks[1]?.latency_us} and ${flocks[2]?.latency_us} us of ${answers[1]!.us}`);
  t.true(both <= answers[1]!.us && both >= answers[1]!.us - SLACK_US);
  t.deepEqual(
    events.filter((event) => !flocks.includes(event)),
    [],
  );
});

const WAITS = ['sleep', 'vfork', 'clone', 'clone3', 'fifo'] as const;
const orders = WAITS.map((word) => `${word} ${MS}`);

testUnless(false, 'what sleeps by design is no slow call, until it is asked for', async (t) => {
  const quiet = await slowOf(t, orders);
  t.deepEqual(quiet.events, []);
  t.is(total(quiet.kstop.samples, 'syscall_waits').count, 0);
  const {kstop, events, answers} = await slowOf(t, orders, ['--include-waits']);
  for (const [i, word] of WAITS.entries()) {
    const name = {sleep: /^(clock_)?nanosleep$/, fifo: /^open(at)?$/, vfork: /^vfork$|^clone$/}[word as 'sleep'];
    const fits = events.filter(({syscall_name}) => (name ?? new RegExp(`^${word}$`)).test(syscall_name));
    t.true(fits.length >= 1, word);
    for (const event of fits) t.is(event.severity, 'info');
    const nearest = fits.toSorted(
      (a, b) => Math.abs(a.latency_us - answers[i]!.us) - Math.abs(b.latency_us - answers[i]!.us),
    );
    lasted(t, nearest[0], answers[i]!, word);
  }
  t.true(total(kstop.samples, 'syscall_waits').count >= events.length);
  t.is(kstop.summary?.subsystems.syscall?.worst_status, 'OK');
});

testUnless(false, 'each call counts once; what ends inside a call leaves nothing behind', async (t) => {
  const load = await startCaller(t);
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['-p', String(load.pid), ...PROBE]);
  const quick = await tell(load, 'getppid 5000');
  await kstop.sampleFromNow();
  const counted = total(kstop.samples, 'syscall');
  const {ofPid} = await unseen.read(load.pid);
  // Its other calls read the order and write the answer, by pipes. Where no clock can be read from user space it asks for the
  // time by a system call before and after each.
  const clock = read('/sys/devices/system/clocksource/clocksource0/current_clocksource').trim();
  const each = /^(tsc|kvm-clock|arch_sys_counter)$/.test(clock) ? 1 : 3;
  t.log(`the clock is ${clock}`);
  agrees(t, counted.count, 5000 * each, ofPid, 'calls');
  t.true(counted.sumNs < quick.us * 1000 && counted.sumNs > 5000 * 10, `${counted.sumNs} ns of ${quick.us} us`);
  // Stacks of threads that ended inside exit are those of the next ones.
  await tell(load, 'threads 300');
  await kstop.sampleFromNow();
  await kstop.stop();
  // The clones that make the threads may be slow there.
  const made = (name: string) => process.env.KSTOP_VM !== undefined && /^clone3?$/.test(name);
  t.deepEqual(
    kstop.events('SYSCALL_SLOW').filter(({syscall_name}) => !made(syscall_name)),
    [],
  );
});

testUnless(false, 'a process that ends while a thread waits in a call', async (t) => {
  const load = await startCaller(t);
  const kstop = await Kstop.start(t, ['--comm', 'caller', ...PROBE]);
  await tell(load, `end ${MS}`);
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = kstop.events('SYSCALL_SLOW');
  // The thread that was killed leaves its call by way of its end; the one that called exit_group never comes back.
  t.deepEqual(
    events.map(({syscall_name, errno}) => [syscall_name, errno]),
    [['flock', 'ERESTARTSYS']],
  );
  t.not(events[0]?.tid, events[0]?.pid);
});

testUnless(false, 'what exec returns belongs to the new program', async (t) => {
  const load = await startCaller(t);
  const kstop = await Kstop.start(t, ['-p', String(load.pid), '--probes', 'syscall', '--syscall-warn', '1']);
  load.send('exec 0');
  await load.end();
  await kstop.sampleFromNow();
  await kstop.stop();
  const found = kstop.events('SYSCALL_SLOW').filter(({syscall_name}) => syscall_name === 'execve');
  t.is(found.length, 1);
  t.like(found[0], {comm: 'true', pid: load.pid, ret: 0, errno: undefined});
  t.deepEqual(
    kstop.events('SYSCALL_SLOW').filter(({syscall_name}) => /^(exit|exit_group|rt_sigreturn)$/.test(syscall_name)),
    [],
  );
});

const no32 = lacks32Bit();

testUnless(no32, 'a call of a 32-bit program is named as such', async (t) => {
  const {events, answers} = await slowOf(t, [`lock32 ${MS}`]);
  t.is(events.length, 1, JSON.stringify(events));
  t.like(events[0], {syscall: 143, syscall_name: 'flock (32-bit)', ret: 0});
  lasted(t, events[0], answers[0]!, 'flock of a 32-bit program');
});

testUnless(lacks('dd') ?? lacksSlowDisk(), 'a slow disk: the calls that wait for it', async (t) => {
  const slow = slowDisk(t);
  const kstop = await Kstop.start(t, [...PROBE]);
  const command = ['dd', 'status=none', 'if=/dev/zero', 'bs=8k', 'count=10', 'conv=notrunc', 'oflag=direct'];
  const writer = new Process(t, [...slow.through, ...command, `of=${slow.device}`]);
  await writer.end();
  await kstop.sampleFromNow();
  await kstop.stop();
  const writes = kstop
    .events('SYSCALL_SLOW')
    .filter(({pid, syscall_name}) => pid === writer.pid && syscall_name === 'write');
  t.log(`${slow.how}: ${writes.map(({latency_us}) => Math.round(latency_us / 1000)).join(' ')} ms`);
  t.true(writes.length >= 3, 'many of the writes were slow');
  for (const event of writes) t.like(event, {ret: 8192, comm: 'dd'});
  must('sync');
});

/** A live source of the probe, with what came. */
async function opened(t: ExecutionContext, probes: readonly string[], filter?: {pid: number}) {
  const source = await LiveSource.open({
    version: 'test',
    intervalMs: 200,
    probes,
    thresholds: {syscall_warn_us: WARN_US, syscall_crit_us: 10 * WARN_US},
    filter,
  });
  const frames: Frame[] = [];
  const reading = (async () => {
    for await (const frame of source.frames()) frames.push(frame);
  })();
  t.teardown(async () => {
    source.stop();
    await reading;
    await source.close();
  });
  const events = () => frames.flatMap((frame) => frame.events).filter(({type}) => type === 'SYSCALL_SLOW');
  const samples = () => frames.flatMap(({sample}) => (sample ? [sample] : []));
  const next = async () => {
    const n = samples().length;
    await until(() => samples().length >= n + 2, 10_000 * SLOW, 'two samples');
  };
  return {source, frames, events, samples, next};
}

testUnless(false, 'a table of calls of the process that is looked into, waits too', async (t) => {
  const [load, other] = [await startCaller(t), await startCaller(t)];
  const unseen = await Unseen.start(t);
  const {source, samples, next} = await opened(t, ['syscall']);
  t.is(source.controls.focus(load.pid), undefined);
  await next();
  await tell(other, 'getppid 700');
  const quick = await tell(load, 'getppid 400');
  const sleep = await tell(load, `sleep ${MS}`);
  await tell(load, 'signals 50');
  await next();
  const {ofPid} = await unseen.read(load.pid);
  const calls = samples().flatMap(({focus}) => focus?.syscalls ?? []);
  const of = (name: RegExp) => {
    const sum = {count: 0, total_us: 0, max_us: 0};
    for (const each of calls.filter(({syscall_name}) => name.test(syscall_name))) {
      sum.count += each.count;
      sum.total_us += each.total_us;
      sum.max_us = Math.max(sum.max_us, each.max_us ?? 0);
    }
    return sum;
  };
  agrees(t, of(/^getppid$/).count, 400, ofPid, 'getppid');
  t.true(of(/^getppid$/).total_us < quick.us);
  agrees(t, of(/^t?g?kill$/).count, 50, ofPid, 'signals');
  t.is(of(/^rt_sigreturn$/).count, 0);
  const slept = of(/nanosleep$/);
  t.is(slept.count, 1);
  t.true(slept.max_us <= sleep.us && slept.max_us >= MS * 1000 && slept.total_us === slept.max_us);
  const own = samples().flatMap(({focus}) => focus?.histograms ?? []);
  t.true(own.filter(({name}) => name === 'syscall').reduce((sum, {count}) => sum + count, 0) >= 400 - (ofPid ? 8 : 0));
  source.controls.focus(undefined);
  const n = samples().length;
  await next();
  t.is(
    samples()
      .slice(n + 1)
      .find(({focus}) => focus?.syscalls),
    undefined,
  );
});

testUnless(false, 'the probe beside vfs; a threshold and a pause hold from then on', async (t) => {
  const load = await startCaller(t);
  const {source, events, samples, next} = await opened(t, ['syscall', 'vfs'], {pid: load.pid});
  await tell(load, `lock ${MS}`);
  await until(() => events().length === 1, 5000 * SLOW, 'an event');
  t.is(source.controls.threshold('syscall', 10_000_000), undefined);
  await tell(load, `lock ${MS}`);
  await next();
  t.is(events().length, 1, 'it is not slow any more');
  t.is(source.controls.threshold('syscall', WARN_US), undefined);
  t.is(source.controls.toggle('syscall'), undefined);
  await tell(load, `lock ${MS}`);
  // This one begins unseen and ends seen: its time is unknown.
  load.send(`lock ${MS * 10}`);
  await next();
  t.is(source.controls.toggle('syscall'), undefined);
  await load.line();
  await next();
  t.is(events().length, 1);
  await tell(load, `lock ${MS}`);
  await until(() => events().length === 2, 5000 * SLOW, 'an event after the pause');
  const longest = samples().flatMap(({histograms}) => histograms.filter(({name}) => name === 'syscall'));
  t.true(Math.max(...longest.map(({max}) => max)) < MS * 5000 * SLOW, 'no call spans the pause');
});
