import test from 'ava';
import {parseRecord} from '../../src/sources/lockups/log-record.ts';
import {type LogReport, LogReports} from '../../src/sources/lockups/log-reports.ts';

/** Reports in the text of a log, a line a record; `last` closes one without an end. */
function reports(text: string, last = true): LogReport[] {
  const log = new LogReports();
  for (const line of text.split('\n').slice(1)) log.add({us: 1, text: line});
  return log.take(last);
}

const SOFT_5_10 = `
watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:77]
Modules linked in: dm_mod xfs
CPU: 3 PID: 77 Comm: kworker/3:1 Tainted: G        W         5.10.0-30-amd64 #1 Debian 5.10.218-1
RIP: 0010:native_queued_spin_lock_slowpath+0x5b/0x1d0
Code: 6d f0 0f ba 2f 08 0f 92 c0 0f b6 c0
RSP: 0018:ffffa1c340e3bd88 EFLAGS: 00000202
Call Trace:
 _raw_spin_lock+0x1a/0x20
 ? kmem_cache_free+0xff/0x400
 xfs_log_worker+0x21/0xf0 [xfs]
 process_one_work+0x1b3/0x350
 ret_from_fork+0x22/0x30`;

const SOFT_6_12 = `
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [a:b] c:4711]
CPU#0 Utilization every 4s during lockup:
RIP: 0010:read_tsc+0x0/0x20
Call Trace:
 <TASK>
 ktime_get+0x3a/0xc0
 do_syscall_64+0x87/0x1b0
 entry_SYSCALL_64_after_hwframe+0x76/0x7e
RIP: 0033:0x7fc91a665829
 </TASK>
 stray+0x1/0x2`;

const HUNG = (how: string) => `
INFO: task dd:981 ${how}for more than 120 seconds.
      Not tainted 6.12.1 #1
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:dd              state:D stack:0     pid:981   tgid:981   ppid:1      flags:0x00004002
Call Trace:
 <TASK>
 __schedule+0x505/0xbf0
 schedule+0x27/0xf0
 percpu_rwsem_wait+0x15f/0x170
 </TASK>`;

const STALL_SELF = `
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: \t1-....: (5249 ticks this GP) idle=c654/1/0x4000000000000000 softirq=1848/1848 fqs=268
rcu: \t(t=5250 jiffies g=3249 q=11 ncpus=2)
CPU: 1 UID: 0 PID: 177 Comm: stuck Tainted: G             L     6.12.0 #1
Call Trace:
 <IRQ>
 rcu_sched_clock_irq+0x2a/0x1220
 </IRQ>
 <TASK>
 asm_sysvec_apic_timer_interrupt+0x1a/0x20
RIP: 0010:busy+0x10/0x20 [mod]
 caller+0x1/0x2
 </TASK>`;

const STALL_OTHERS_5_10 = `
rcu: INFO: rcu_sched detected stalls on CPUs/tasks:
rcu: \t3-...!: (1 GPs behind) idle=a96/1/0x4000000000000000 softirq=29/30 fqs=1
\t(detected by 1, t=5252 jiffies, g=1213, q=100)
Sending NMI from CPU 1 to CPUs 3:
NMI backtrace for cpu 3
RIP: 0010:spin+0x3/0x10
Call Trace:
 outer+0x7/0x10`;

test('the reports of 5.10 to 7.x are found, with CPU, task, duration and stack', (t) => {
  t.deepEqual(reports(SOFT_5_10), [
    {
      type: 'SOFT_LOCKUP',
      us: 1,
      cpu: 3,
      stuckMs: 22_000,
      task: {tid: 77, comm: 'kworker/3:1'},
      stack: [
        'native_queued_spin_lock_slowpath+0x5b',
        '_raw_spin_lock+0x1a',
        'xfs_log_worker+0x21 [xfs]',
        'process_one_work+0x1b3',
        'ret_from_fork+0x22',
      ],
    },
  ]);
  const [soft] = reports(SOFT_6_12);
  t.like(soft, {cpu: 0, stuckMs: 26_000, task: {tid: 4711, comm: 'a:b] c'}});
  t.deepEqual(soft.stack, [
    'read_tsc+0x0',
    'ktime_get+0x3a',
    'do_syscall_64+0x87',
    'entry_SYSCALL_64_after_hwframe+0x76',
  ]);
  for (const how of ['blocked ', 'blocked in I/O wait ']) {
    const [hung] = reports(HUNG(how));
    t.like(hung, {type: 'HUNG_TASK', stuckMs: 120_000, task: {tid: 981, comm: 'dd'}, cpu: undefined});
    t.deepEqual(hung.stack, ['__schedule+0x505', 'schedule+0x27', 'percpu_rwsem_wait+0x15f']);
  }
  const [self] = reports(STALL_SELF);
  t.like(self, {type: 'RCU_STALL', cpu: 1, stuckJiffies: 5250, task: undefined});
  t.deepEqual(self.stack, ['busy+0x10 [mod]', 'caller+0x1'], 'what the tick interrupted');
  const [others] = reports(STALL_OTHERS_5_10);
  t.like(others, {type: 'RCU_STALL', cpu: 3, stuckJiffies: 5252, stack: ['spin+0x3', 'outer+0x7']});
  t.like(
    reports(
      '\nrcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 2-.... } 21 jiffies s: 77 root: 0x4/.',
    )[0],
    {
      type: 'RCU_STALL',
      cpu: 2,
      stuckJiffies: 21,
    },
  );
  t.like(
    reports(
      '\nrcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\nrcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P12\nrcu: \t(detected by 1, t=5 jiffies, g=1, q=1)',
    )[0],
    {
      cpu: 1,
      stuckJiffies: 5,
    },
  );
  for (const line of [
    'NMI watchdog: Watchdog detected hard LOCKUP on cpu 5',
    'watchdog: Watchdog detected hard LOCKUP on cpu 5',
    'watchdog: CPU5: Watchdog detected hard LOCKUP on cpu 5',
  ]) {
    t.like(reports(`\n${line}`)[0], {type: 'SOFT_LOCKUP', cpu: 5, stuckMs: undefined});
  }
});

test('arm64 words its traces otherwise', (t) => {
  const [soft] = reports(`
watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [stuck:9]
pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
pc : spin+0x14/0x40
lr : outer+0x30/0x60
Call trace:
 spin+0x14/0x40 (P)
 outer+0x30/0x60
 el0t_64_sync+0x1a4/0x1a8`);
  t.deepEqual(soft.stack, ['spin+0x14', 'spin+0x14', 'outer+0x30', 'el0t_64_sync+0x1a4']);
});

test('one report ends where the next begins; a stack is bounded', (t) => {
  const [soft, hung] = reports(SOFT_5_10 + HUNG('blocked '));
  t.is(soft.stack.length, 5);
  t.is(hung.type, 'HUNG_TASK');
  const deep = Array.from({length: 100}, (_, i) => ` f${i}+0x0/0x1`).join('\n');
  t.is(reports(`${SOFT_5_10}\n${deep}`)[0].stack.length, 32);
});

test('a report without an end waits for one more reading', (t) => {
  const log = new LogReports();
  for (const text of SOFT_5_10.split('\n')) log.add({us: 1, text});
  t.is(log.take().length, 0);
  log.add({us: 2, text: ' late+0x1/0x2'});
  const [report] = log.take();
  t.is(report.stack.at(-1), 'late+0x1');
  t.is(log.take(true).length, 0);
});

test('lines that only look like reports are none', (t) => {
  for (const line of [
    'audit: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]',
    'process INFO: task x:1 blocked for more than 120 seconds.',
    'usb 1-1: Product: INFO: rcu_sched self-detected stall on CPU',
    'watchdog: BUG: soft lockup - CPU#x stuck for 22s! [x:1]',
    'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1] and more',
    'INFO: task x blocked for more than 120 seconds.',
    'INFO: task x:1 is blocked on a mutex likely owned by task y:2.',
    'watchdog: Disabling watchdog on nohz_full cores by default',
    'NMI watchdog: Perf NMI watchdog permanently disabled',
  ]) {
    t.deepEqual(reports(`\n${line}`), [], line);
  }
});

test('records: the kernel’s own, without properties, with their bytes', (t) => {
  t.deepEqual(parseRecord('0,812,47596578,-;watchdog: BUG'), {us: 47596578, text: 'watchdog: BUG'});
  t.deepEqual(parseRecord('6,339,5140900,-,caller=T66;Net\n SUBSYSTEM=net\n DEVICE=+x'), {us: 5140900, text: 'Net'});
  t.is(parseRecord('3,1,2,c;a\\x09b\\xc3\\xa4\\x5c\\x1b')?.text, 'a\tbä\\\x1b');
  t.is(parseRecord('12,1,2,-;BUG: soft lockup'), undefined, 'facility 1: user');
  t.is(parseRecord('30,1,2,-;BUG: soft lockup'), undefined, 'facility 3: daemon');
  for (const text of ['', ';', 'x,1,2,-;y', '1,2;y', '1,2,3,-', '\0']) t.is(parseRecord(text), undefined, text);
});
