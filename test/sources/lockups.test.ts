import {readFileSync} from 'node:fs';
import test from 'ava';
import {WallClock} from '../../src/native/clock.ts';
import {isOfTask} from '../../src/native/events/lockup.ts';
import {Jiffies} from '../../src/sources/lockups/jiffies.ts';
import {Lockups} from '../../src/sources/lockups/lockups.ts';
import type {Filter, LockupEvent} from '../../src/types/stream.ts';
import {lockup} from '../util/synthetic.ts';

const ATTACHED = {state: 'attached', method: 'perf_event', reason: ''} as const;
const REFUSED = {state: 'unavailable', method: '', reason: 'perf_event: EPERM'} as const;

/** Synthetic events begin this long after the boot. */
const BEFORE_MS = Number(lockup(0, 'HUNG_TASK').mono_ns) / 1e6;

/** A log that gives what is put into it. */
class Log {
  records: string[] = [];
  gaps = 0;
  ms = 0;
  constructor(private readonly problem?: string) {}
  openLog = () => this.problem;
  clocks = (): [bigint, bigint] => [BigInt(this.ms + BEFORE_MS) * 1_000_000n, 0n];
  readLog = (take: (record: string) => void): number => {
    for (const record of this.records.splice(0)) take(record);
    return this.gaps;
  };
  say(...lines: string[]): void {
    for (const line of lines) this.records.push(`3,1,${(this.ms + BEFORE_MS) * 1000},-;${line}`);
  }
}

function start(
  log: Log,
  {
    native = ATTACHED as typeof ATTACHED | typeof REFUSED,
    filter,
  }: {native?: typeof ATTACHED | typeof REFUSED; filter?: Filter} = {},
) {
  const lockups = new Lockups(log, new WallClock(), filter, false);
  const state = lockups.start(native);
  /** A sample at a time: what the programs sent before it, and what came of it all. */
  const sample = (ms: number, sent: LockupEvent[] = [], last = false) => {
    log.ms = ms;
    const events = sent.flatMap((event) => lockups.sift(event));
    lockups.read();
    return [...events, ...lockups.due(last)] as LockupEvent[];
  };
  return {lockups, state, sample};
}

const soft = (ms: number, stuckMs: number, cpu = 1) => lockup(ms, 'SOFT_LOCKUP', {stuck_ms: stuckMs, cpu});
const softLine = (seconds: number, cpu = 1) => `watchdog: BUG: soft lockup - CPU#${cpu} stuck for ${seconds}s! [x:1]`;
const END = ['Call Trace:', ' </TASK>'];

test('a lock-up that programs and log tell is one event, whoever is first', (t) => {
  const log = new Log();
  const {lockups, sample} = start(log);
  t.is(sample(11_000, [soft(10_500, 10_000)]).length, 1);
  log.ms = 22_500;
  log.say(softLine(22), ...END);
  t.is(sample(23_000).length, 0, 'the log after the program');
  t.is(sample(41_000, [soft(40_600, 40_000)]).length, 1, 'it lasts: told again after 30 s');
  t.deepEqual(lockups.counts, {hits: 0, missed: 0});

  log.ms = 102_000;
  log.say(softLine(2, 0), ...END);
  t.like(sample(103_000), [{type: 'SOFT_LOCKUP', cpu: 0, stuck_ms: 2000, severity: 'critical'}]);
  t.is(sample(111_000, [soft(110_000, 10_000, 0)]).length, 0, 'the program after the log');
  t.deepEqual(lockups.counts, {hits: 0, missed: 0}, 'one more by the log, one less by the program');
  t.is(sample(112_000, [soft(111_000, 10_000, 1)]).length, 1, 'another CPU');
  t.is(sample(126_000, [soft(125_500, 10_000, 1)]).length, 1, 'another lock-up of the same CPU');
});

test('a stall has its stack from the program, its CPU and duration from the log', (t) => {
  const log = new Log();
  const {lockups, sample} = start(log);
  const stall = (ms: number) => lockup(ms, 'RCU_STALL', {cpu: 0, stuck_ms: undefined, stack: ['spin+0x1']});
  lockups.jiffies.learn(1_000_000e6, 2 ** 32 + 700 * 250);
  log.ms = 1500;
  log.say(
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'rcu: \\x093-....: (9 ticks) idle',
    'rcu: \\x09(detected by 0, t=5250 jiffies, g=1)',
    ...END,
  );
  t.like(sample(2000, [stall(1499)]), [
    {cpu: 3, stuck_ms: 21_000, stack: ['spin+0x1'], mono_ns: String((1499 + BEFORE_MS) * 1e6)},
  ]);
  t.is(lockups.counts.hits, 0);
  // The log says nothing: after two seconds the event goes as it is.
  t.is(sample(63_000, [stall(62_500)]).length, 0);
  t.is(sample(64_000).length, 0);
  t.like(sample(65_000), [{cpu: 0, stack: ['spin+0x1']}]);
  t.is(sample(130_000, [stall(129_500)], true).length, 1, 'nothing is kept back at the end');
});

test('the log is read once a second, and a stall waits two, whatever the interval', (t) => {
  const log = new Log();
  const {lockups, sample} = start(log);
  t.is(lockups.waitMs(), 1000);
  log.ms = 890;
  t.false(lockups.isDue());
  log.ms = 910;
  t.true(lockups.isDue());
  sample(1000);
  t.is(lockups.waitMs(), 1000);
  sample(1100, [lockup(1050, 'RCU_STALL')]);
  for (let ms = 1200; ms < 3100; ms += 100) t.is(sample(ms).length, 0, `${ms}`);
  t.is(sample(3100).length, 1);
  lockups.stop();
  t.is(lockups.waitMs(), Number.POSITIVE_INFINITY, 'nothing to look for');
  t.is(new Lockups(log, new WallClock(), undefined, false).waitMs(), Number.POSITIVE_INFINITY, 'never on');
});

test('without programs the log stands in; without the log the programs go on; both say so', (t) => {
  const log = new Log();
  const alone = start(log, {native: REFUSED});
  t.like(alone.state, {state: 'degraded', method: 'kmsg'});
  t.regex(alone.state.reason, /EPERM/);
  log.ms = 500;
  log.say(softLine(22), ...END);
  t.is(alone.sample(1000).length, 1);
  t.is(alone.lockups.counts.hits, 1);

  const unreadable = start(new Log('/dev/kmsg: EPERM'));
  t.like(unreadable.state, {state: 'degraded', method: 'perf_event'});
  t.regex(unreadable.state.reason, /\/dev\/kmsg: EPERM/);
  t.is(unreadable.sample(1000, [lockup(900, 'RCU_STALL')]).length, 1, 'nothing to wait for');
  t.like(unreadable.lockups.role(), {attached: false, refused: [{method: 'kmsg', detail: '/dev/kmsg: EPERM'}]});

  t.is(start(new Log('/dev/kmsg: EPERM'), {native: REFUSED}).state.state, 'unavailable');
});

test('what was overwritten unread is counted as missed; of a task that is gone the log’s own words are left', (t) => {
  const log = new Log();
  const {lockups, sample} = start(log);
  log.gaps = 2;
  sample(1000);
  t.is(lockups.counts.missed, 2);
  log.gaps = 0;
  log.ms = 1500;
  // No task has this id: PIDs end at 2^22.
  log.say('INFO: task gone:4194305 blocked for more than 120 seconds.', ...END);
  const [event] = sample(2000);
  t.like(event, {type: 'HUNG_TASK', tid: 4194305, comm: 'gone', stuck_ms: 120_000});
  t.false('cpu' in event || 'pid' in event || 'uid' in event);
  t.deepEqual(lockups.counts, {hits: 1, missed: 2});
});

test('under a filter the log tells only of its tasks', (t) => {
  const comm = readFileSync('/proc/self/comm', 'utf8').trim();
  for (const [filter, count] of [
    [{pid: process.pid}, 1],
    [{pid: 1}, 0],
    [{comm: 'nobody'}, 0],
    [{cgroup: '/none'}, 0],
    // A task of another hierarchy has none that is known.
    [{cgroup: 'undefined'}, 0],
  ] as const) {
    const log = new Log();
    const {sample} = start(log, {filter});
    log.ms = 500;
    log.say(`INFO: task ${comm}:${process.pid} blocked for more than 120 seconds.`, ...END);
    log.say(softLine(22), ...END);
    t.is(sample(1000).length, count, JSON.stringify(filter));
  }
});

test('the owner is the task unless an interrupt or a softirq sits on top of it', (t) => {
  t.true(isOfTask(['spin+0x1', 'do_syscall_64+0x5d']));
  t.true(isOfTask(['copy+0x1', 'asm_exc_page_fault+0x22', 'do_syscall_64+0x5d']));
  t.false(
    isOfTask(['spin+0x1', 'handle_softirqs+0xd4', '__irq_exit_rcu+0xac', 'asm_sysvec_apic_timer_interrupt+0x16']),
  );
  t.false(
    isOfTask(['spin+0x1', '__do_softirq+0xd4', 'do_softirq+0x5', '__local_bh_enable_ip+0x5', 'do_syscall_64+0x5d']),
  );
  t.false(isOfTask(['irq_handler+0x1', 'asm_common_interrupt+0x16', 'do_syscall_64+0x5d']));
  t.true(isOfTask(['spin+0x1', 'handle_softirqs+0xd4', 'run_ksoftirqd+0x2a', 'smpboot_thread_fn+0x1']));
  t.false(isOfTask(['0xffffffff81000000']), 'nobody can tell');
  t.false(isOfTask([]));
});

test('ticks a second: by a clock and a count, else by the configuration, else unknown', (t) => {
  for (const hz of [100, 250, 300, 1000]) {
    for (const seconds of [20, 290, 310, 1e7]) {
      const jiffies = new Jiffies(() => undefined);
      jiffies.learn(seconds * 1e9 + 3e6, 2 ** 32 + Math.floor((seconds - 300) * hz));
      t.is(jiffies.toMs(21 * hz), 21_000, `${hz} at ${seconds} s`);
    }
  }
  const wrap = new Jiffies(() => 250);
  wrap.learn(300e9, 2 ** 32);
  t.is(wrap.toMs(250), 1000);
  t.is(new Jiffies(() => undefined).toMs(250), undefined);
});
