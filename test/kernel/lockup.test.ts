import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {LockupEvent} from '../../src/types/stream.ts';
import {folder, loop, must} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {bpfObject, load, Process} from './util/load.ts';
import {kernelAtLeast, lacks, testUnless, twoCpus} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const SYSCTL = '/proc/sys/kernel';
const ONLY = ['--probes', 'lockup'];
/** What the kernel's log alone tells. */
const LOG_ALONE = {env: {KSTOP_SKIP_METHODS: 'perf_event,tp_btf'}};
/** What the programs alone tell. */
const WITHOUT_LOG = {env: {KSTOP_SKIP_METHODS: 'kmsg'}};

/** Writes a setting of the kernel until the test's end. */
function set(t: ExecutionContext, path: string, value: number): void {
  const before = read(path).trim();
  writeFileSync(path, String(value));
  t.teardown(() => writeFileSync(path, before));
}

const stateOf = ({header}: Kstop) => header.probes.find(({id}) => id === 'lockup');
const ofTask = (events: LockupEvent[], tid: number) => events.filter((event) => event.tid === tid);
const logged = (text: string): string[] =>
  must('dmesg')
    .split('\n')
    .filter((line) => line.includes(text));

/** A file system that lets nobody write until the test's end, or `thaw`. */
function frozen(t: ExecutionContext): {path: string; thaw: () => void} {
  const path = join(folder(t), 'frozen');
  const device = loop(t, 16);
  must('mkfs.ext4', '-q', device);
  must('mkdir', path);
  must('mount', device, path);
  t.teardown(() => must('umount', path));
  must('fsfreeze', '-f', path);
  let cold = true;
  const thaw = () => {
    if (cold) must('fsfreeze', '-u', path);
    cold = false;
  };
  t.teardown(thaw);
  return {path, thaw};
}

const noHang =
  lacks('mkfs.ext4', 'losetup', 'fsfreeze', 'dmesg', 'dd') ??
  (existsSync(`${SYSCTL}/hung_task_timeout_secs`) ? undefined : 'this kernel looks for no hung tasks');

testUnless(noHang, 'a task that hangs is told once, with where it hangs, by its program and by the log', async (t) => {
  const {path, thaw} = frozen(t);
  const kstop = await Kstop.start(t, ONLY);
  // Its events come when the log tells them, not with the next sample.
  const byLog = await Kstop.start(t, [...ONLY, '-i', '60'], LOG_ALONE);
  t.log(`${stateOf(kstop)?.method}; ${stateOf(byLog)?.method}: ${stateOf(byLog)?.reason}`);
  t.like(stateOf(byLog), {state: 'degraded', method: 'kmsg'});
  set(t, `${SYSCTL}/hung_task_warnings`, 10);
  const began = Date.now();
  const dd = new Process(t, ['dd', 'if=/dev/zero', `of=${join(path, 'file')}`, 'bs=4k', 'count=1']);
  await until(() => / D /.test(read(`/proc/${dd.pid}/stat`)), 5000 * SLOW, 'dd to hang');
  set(t, `${SYSCTL}/hung_task_timeout_secs`, 2);
  const event = await kstop.event('HUNG_TASK', ({tid}) => tid === dd.pid, 15_000 * SLOW);
  const same = await byLog.event('HUNG_TASK', ({tid}) => tid === dd.pid, 15_000 * SLOW);
  // The kernel finds it again every two seconds.
  await until(() => logged(`INFO: task dd:${dd.pid} blocked`).length > 1, 15_000 * SLOW, 'the log to repeat it');
  const cpu = Number(read(`/proc/${dd.pid}/stat`).split(') ')[1].split(' ')[36]);
  await kstop.sampleFromNow();
  thaw();
  for (const each of [kstop, byLog]) await each.stop();

  const line = logged(`INFO: task dd:${dd.pid} blocked`)[0];
  t.log(line);
  t.log(JSON.stringify(event));
  const told = Number(/more than (\d+) seconds/.exec(line)?.[1]) * 1000;
  for (const each of [event, same]) {
    t.like(each, {pid: dd.pid, comm: 'dd', uid: 0, subsystem: 'lockup', severity: 'warning', cpu});
    t.true(
      each.stack!.some((frame) =>
        /^(percpu_rwsem_wait|__percpu_down_read|mnt_want_write|__sb_start_write)/.test(frame),
      ),
      `${each.stack}`,
    );
    t.true(each.stack!.some((frame) => /^do_syscall_64|^el0t?_svc/.test(frame)));
  }
  // The log counts from when the kernel first noticed; the task hangs since a little longer.
  const most = Date.now() - began;
  t.true(event.stuck_ms! >= told && event.stuck_ms! <= most, `${told} <= ${event.stuck_ms} <= ${most}`);
  t.is(same.stuck_ms, told);
  t.is(ofTask(kstop.events('HUNG_TASK'), dd.pid).length, 1, 'not again within 30 s, nor by the log');
  t.is(ofTask(byLog.events('HUNG_TASK'), dd.pid).length, 1);
  // Others may hang at the same time.
  const all = kstop.objects.filter(({kind}) => kind === 'event');
  t.log(all.map((each) => JSON.stringify(each)).join('\n'));
  t.is(kstop.counter('hits', {probe: 'lockup'}), all.length);
  t.is(kstop.counter('delivered', {probe: 'lockup'}), all.length);
});

const [first, second] = twoCpus() ?? [0, 0];

/** Seconds that a process has spent in user and in kernel mode, and its scheduling policy. */
function seconds(pid: number): {user: number; kernel: number; policy: number} {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1].split(' ');
  return {user: Number(fields[11]) / 100, kernel: Number(fields[12]) / 100, policy: Number(fields[38])};
}

testUnless(
  lacks('chrt', 'taskset', 'dd') ?? (first === second && 'a single CPU'),
  'no event from a spinning real-time task, from long system calls or from a line that user space wrote',
  async (t) => {
    const kstop = await Kstop.start(t, ONLY);
    const byLog = await Kstop.start(t, ONLY, LOG_ALONE);
    const forged = 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [forged:1]';
    for (const prefix of ['', '<0>']) writeFileSync('/dev/kmsg', `${prefix}${forged}\n`);
    t.true(logged(forged).length > 0, 'the line is in the log');
    const spinning = new Process(t, [
      ...['chrt', '-f', '50', 'taskset', '-c', `${first}`],
      ...['sh', '-c', 'while :; do :; done'],
    ]);
    // In a guest the test itself has but this CPU.
    const nice = process.env.KSTOP_VM ? '0' : '-20';
    const copying = new Process(t, [
      ...['nice', '-n', nice, 'taskset', '-c', `${second}`],
      ...['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1000000'],
    ]);
    await sleep(12_500);
    const spent = {spinning: seconds(spinning.pid), copying: seconds(copying.pid)};
    const {policy} = spent.spinning;
    for (const each of [spinning, copying]) await each.kill();
    t.log(JSON.stringify(spent));
    t.is(policy, 1, 'SCHED_FIFO');
    t.true(spent.spinning.user > 10 / SLOW && spent.copying.kernel > 0.3, 'both ran');
    for (const each of [kstop, byLog]) {
      await each.sampleFromNow();
      await each.stop();
      t.deepEqual(
        each.objects.filter(({kind}) => kind === 'event'),
        [],
      );
      t.is(each.counter('hits', {probe: 'lockup'}), 0);
    }
  },
);

/** How the kernel treats a task in kernel mode that others wait for: `none`, `voluntary`, `full`, `lazy`. */
function preemption(): string {
  const path = '/sys/kernel/debug/sched/preempt';
  return existsSync(path) ? (/\((\w+)\)/.exec(readFileSync(path, 'latin1'))?.[1] ?? '') : '';
}

const harmless = process.env.KSTOP_VM
  ? kernelAtLeast(5, 17)
    ? lacks('dmesg')
    : 'BPF has no loops here'
  : "would lock this machine's CPU up";
const RCU_TIMEOUT = '/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout';

interface Lockup {
  cpu: number;
  ms: number;
  pid: number;
}

/**
 * The soft lock-ups of a CPU. Another one may come to be stuck as well: whoever waits for the first to answer, as kstop
 * itself does when it switches the BPF statistics.
 */
const softOf = (kstop: Kstop, {cpu}: Lockup) => kstop.events('SOFT_LOCKUP').filter((event) => event.cpu === cpu);

/** Keeps CPU 0 in the kernel: in a task (`here`), or in a softirq (`later`). */
async function lockUp(t: ExecutionContext, how: 'here' | 'later', ms: number): Promise<Lockup> {
  const holder = new Process(t, [load('lockup', '-lbpf'), bpfObject('lockup'), how, '0', String(ms)]);
  t.is(await holder.line(), 'ready');
  holder.send('');
  const [cpu, took] = (await holder.line(120_000)).split(' ').map(Number);
  return {cpu, ms: took, pid: holder.pid};
}

testUnless(
  harmless ?? (/full|lazy/.test(preemption()) && 'this kernel switches tasks in kernel mode too'),
  'a task that keeps its CPU in the kernel: a soft lock-up and RCU stalls, each told once',
  async (t) => {
    set(t, `${SYSCTL}/watchdog_thresh`, 1);
    set(t, RCU_TIMEOUT, 3);
    const both = await Kstop.start(t, ONLY);
    const programs = await Kstop.start(t, ONLY, WITHOUT_LOG);
    const log = await Kstop.start(t, ONLY, LOG_ALONE);
    const stuck = await lockUp(t, 'here', 14_000);
    const all = [both, programs, log];
    for (const kstop of all) await kstop.sampleFromNow();
    await sleep(2000);
    for (const kstop of all) await kstop.stop();

    const lines = logged('BUG: soft lockup - CPU#').filter((line) => !line.includes('forged'));
    t.log(JSON.stringify(stuck), lines[0]);
    t.true(lines.length > 1, 'the kernel repeats it');
    for (const kstop of all) {
      const events = softOf(kstop, stuck);
      t.log(`${stateOf(kstop)?.method}: ${JSON.stringify(events)}`);
      t.is(events.length, 1);
      t.like(events[0], {cpu: stuck.cpu, pid: stuck.pid, comm: 'lockup', uid: 0, severity: 'critical'});
      t.true(events[0].stack!.some((frame) => frame.startsWith('__bpf_prog_test_run_raw_tp+')));
      t.true(events[0].stuck_ms! <= stuck.ms + 1500, `${events[0].stuck_ms} of ${stuck.ms} ms`);
    }
    // Ten seconds, and two looks at most.
    const [own] = softOf(programs, stuck);
    t.true(own.stuck_ms! >= 10_000 && own.stuck_ms! <= 12_500, `${own.stuck_ms}`);

    const stalls = [...logged('self-detected stall on CPU'), ...logged('detected stalls on CPUs/tasks')];
    const durations = logged(' jiffies').flatMap((line) => {
      const jiffies = /t=(\d+) jiffies/.exec(line)?.[1];
      return jiffies === undefined ? [] : Number(jiffies) * 4;
    });
    t.log(`RCU: ${stalls.length} stalls, ${durations} ms`);
    for (const kstop of all) t.is(kstop.events('RCU_STALL').length, stalls.length, `${stateOf(kstop)?.method}`);
    for (const [i, event] of both.events('RCU_STALL').entries()) {
      t.log(JSON.stringify(event));
      t.is(event.cpu, stuck.cpu);
      // Program and log are some ticks apart, more where the CPU is emulated; Debian has 250 jiffies a second.
      const [own, log] = [event.stuck_ms!, durations[i]!];
      t.true(Math.abs(own - log) <= Math.max(40, log * 0.02), `${own} and ${log} ms`);
      t.is(event.stuck_ms! % 4, 0, 'whole jiffies');
      t.true(event.stack!.some((frame) => frame.startsWith('__bpf_prog_test_run_raw_tp+')));
    }
    if (!kernelAtLeast(6, 12)) t.true(stalls.length > 0, 'the kernel found a stall');
    const sum = both.objects.filter(({kind}) => kind === 'event').length;
    t.is(both.counter('hits', {probe: 'lockup'}), sum);
    t.is(both.counter('delivered', {probe: 'lockup'}), sum);
  },
);

testUnless(harmless, 'a CPU that a softirq keeps is nobody’s: an event without owner', async (t) => {
  set(t, `${SYSCTL}/watchdog_thresh`, 1);
  const kstop = await Kstop.start(t, ONLY, WITHOUT_LOG);
  const log = await Kstop.start(t, ONLY, LOG_ALONE);
  const stuck = await lockUp(t, 'later', 13_000);
  for (const each of [kstop, log]) {
    await each.sampleFromNow();
    await sleep(2000);
    await each.stop();
    const events = softOf(each, stuck);
    t.log(JSON.stringify(each.events('SOFT_LOCKUP')));
    t.is(events.length, 1);
    // Softirqs that are too many for interrupts run in a task of their own, whose lock-up it then is.
    if (events[0].comm?.startsWith('ksoftirqd/')) t.is(events[0].comm, `ksoftirqd/${events[0].cpu}`);
    else t.is(events[0].pid ?? events[0].comm, undefined);
    t.true(
      events[0].stack!.some((frame) => /^(handle_softirqs|__do_softirq)\+/.test(frame)),
      `${events[0].stack}`,
    );
  }
});
