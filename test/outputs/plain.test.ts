import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {PlainOutput} from '../../src/outputs/plain.ts';
import type {Frame} from '../../src/types/frame.ts';
import type {ProcessRow} from '../../src/types/stream.ts';
import {
  drop,
  fault,
  foretold,
  forked,
  frame,
  header,
  histogram,
  lockup,
  oom,
  PROBES,
  pressure,
  ran,
  reclaim,
  request,
  retransmit,
  sampleFrame,
  slowCall,
  slowFile,
  stamp,
  traced,
  unknownEvent,
  wait,
  went,
} from '../util/synthetic.ts';

process.env.TZ = 'UTC';

/** Runs frames through model and plain output; the whole text. */
async function plain(
  frames: Frame[],
  options: {quiet?: boolean; histogram?: boolean; finish?: boolean} = {},
): Promise<string> {
  let text = '';
  const write = (more: string) => {
    text += more;
    return undefined;
  };
  const model = new Model();
  const output = new PlainOutput({write, ...options});
  for (const each of frames) {
    model.apply(each);
    await output.frame(each);
  }
  if (options.finish ?? true) await output.finish(model.finish(stamp(35_200)), model.state);
  return text;
}

const line = async (event: Frame['events'][number]) =>
  (await plain([frame({events: [event]})], {finish: false})).trimEnd();

test('live lines have the contract’s columns', async (t) => {
  t.is(
    await line(wait(789, 2450, {cpu: 3, pid: 1234, comm: 'myapp'})),
    '12:00:00.789 SCHED_LATENCY    cpu=3   pid=1234    myapp            latency=2.45ms [WARNING]',
  );
  t.is(
    await line(retransmit(1012, {pid: 5678, comm: 'nginx'})),
    '12:00:01.012 TCP_RETRANSMIT   cpu=0   pid=5678    nginx            sport=443 dport=52134 saddr=10.0.0.1 daddr=10.0.0.2 state=ESTABLISHED',
  );
  t.is(
    await line(request(1345, 15_200, {cpu: 2, queue_us: 1100, device_us: 14_100})),
    '12:00:01.345 BIO_LATENCY      cpu=2   pid=891     postgres         latency=15.2ms op=write dev=nvme0n1 queue=1.1ms device=14.1ms [WARNING]',
  );
  t.is(
    await line(oom(2678, {rss_bytes: 2 ** 30, memcg: '/box', limit_bytes: 2 ** 30})),
    '12:00:02.678 OOM_KILL         cpu=1   pid=2345    java             victim_pid=2345 victim=java rss=1GiB memcg=/box limit=1GiB *** PROCESS KILLED ***',
  );
});

test('a wait names the three who ran longest meanwhile, whatever they are called', async (t) => {
  const names = ['stress-ng', 'cc1\u001b[2J', 'a b', 'fourth'];
  const culprits = names.map((comm, i) => ({pid: 20 + i, comm, ran_us: 12_000 / (i + 1)}));
  const shown = await line(wait(1, 30_000, {culprits, covered_pct: 83.33}));
  t.is(shown.slice(67), 'latency=30ms culprits="stress-ng:12ms,cc1\\x1b[2J:6ms,a b:4ms" [CRITICAL]');
  t.false((await line(wait(1, 30_000, {covered_pct: 0}))).includes('culprits'));
});

test('each subsystem’s events have their own words', async (t) => {
  const tail = async (event: Frame['events'][number]) => (await line(event)).slice(67);
  t.is(await tail(slowFile(1, 12_000)), 'latency=12ms op=read path=/srv/data/big fs=ext4 size=64KiB [WARNING]');
  t.is(
    await tail(slowFile(1, 90_000, {op: 'fsync', path: undefined, size_bytes: undefined, file_type: 'block'})),
    'latency=90ms op=fsync name=big inode=4711 fs=ext4 file=block [CRITICAL]',
  );
  t.is(
    await tail(drop(1, {device: 'eth0'})),
    'reason=SOCKET_RCVBUFF class=fault location=__udp_enqueue_schedule_skb+0x2f0 protocol=UDP sport=5000 dport=53 saddr=10.0.0.1 daddr=10.0.0.2 dev=eth0 [WARNING]',
  );
  t.is(await tail(ran(1)), 'file=/usr/lib/gcc/cc1 ppid=90');
  t.is(await tail(ran(1, {args: 'cc1 -quiet'})), 'file=/usr/lib/gcc/cc1 ppid=90 args="cc1 -quiet"');
  t.is(await tail(went(1, {exit_code: 3})), 'code=3 lifetime=1.5s cpu_time=821ms max_rss=64MiB ppid=90');
  const crash = {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', core: true as const, severity: 'warning' as const};
  t.is(
    await tail(went(1, {...crash, cpu_time_ms: undefined})),
    'signal=SIGSEGV core=dumped lifetime=1.5s max_rss=64MiB ppid=90 [WARNING]',
  );
  t.is(await tail(forked(1)), 'child_pid=91 child=make');
  t.is(await tail(fault(1)), 'address=0x7f0012345000');
  t.is(await tail(fault(1, {latency_us: 8400})), 'latency=8.4ms address=0x7f0012345000');
  t.is(await tail(reclaim(1)), 'latency=40ms reclaim=memcg order=0 reclaimed=128KiB [WARNING]');
  t.is(
    await tail(pressure(1, {scope: '/box', limit_bytes: 2 ** 30, utilization_pct: 93.4})),
    'scope=/box some=13% full=3.1% limit=1GiB utilization=93% [WARNING]',
  );
  t.is(
    await tail(foretold(1)),
    'scope=/leaky eta=300s between=280s..330s confidence=86% growth=1MiB/s growers=leaker[77]:922KiB/s:90% usage=700MiB limit=1GiB [WARNING]',
  );
  t.is(
    await tail(lockup(1, 'SOFT_LOCKUP')),
    'stuck=22s stack=io_schedule<-folio_wait_bit_common<-vfs_fsync_range [CRITICAL]',
  );
  t.is(await tail(lockup(1, 'HUNG_TASK', {stack: undefined})), 'stuck=22s [WARNING]');
  const deep = new Array<string>(50).fill('f+0x1/0x2');
  t.true(
    (await tail(lockup(1, 'RCU_STALL', {stuck_ms: undefined, stack: deep}))).startsWith(
      'stack=f<-f<-f<-f<-f<-f<-f<-f<-… [',
    ),
  );
});

test('an unknown owner is a dash', async (t) => {
  t.is(
    await line(retransmit(1000)),
    '12:00:01.000 TCP_RETRANSMIT   cpu=0   pid=-       -                sport=443 dport=52134 saddr=10.0.0.1 daddr=10.0.0.2 state=ESTABLISHED',
  );
});

test('critical and throttled waits say so', async (t) => {
  t.true((await line(wait(1, 45_000))).endsWith('latency=45ms [CRITICAL]'));
  t.true((await line(wait(1, 2000, {cause: 'throttled'}))).endsWith('latency=2ms cause=throttled [WARNING]'));
});

test('an event of an unknown type shows its plain fields', async (t) => {
  const text = await line(unknownEvent(1, {colour: 'dark blue', size_bytes: 12, inner: {a: 1}, nothing: null}));
  t.is(
    text,
    '12:00:00.001 NEW_THING        cpu=0   pid=-       -                colour="dark blue" size_bytes=12 nothing=null',
  );
});

test('a trace is one line; one that was refused says why', async (t) => {
  const refused = traced(2, 0, {state: 'refused', reason: 'no such event', field: 'target', remedy: 'see tracefs'});
  const text = await plain([frame({header: header()}), frame({traces: [traced(1, 3), refused]})], {finish: false});
  t.deepEqual(text.trimEnd().split('\n').slice(-2), [
    '12:00:00.001 TRACE            execs (tracepoint sched:sched_process_exec) done after 5s: 3 events',
    '12:00:00.002 TRACE            execs (tracepoint sched:sched_process_exec) refused: target: no such event (see tracefs)',
  ]);
});

test('names from the kernel can’t act on the terminal or forge a line', async (t) => {
  const evil = '\x1b[31m\n12:00 X\u202e';
  const text = await plain([
    frame({
      header: header([{...PROBES[0]!, reason: evil}], {host: {...header().host, name: evil}, filter: {comm: evil}}),
    }),
    frame({
      events: [
        wait(1, 2000, {comm: evil}),
        oom(2, {memcg: evil, victim_comm: evil}),
        unknownEvent(3, {[evil]: evil}),
        slowFile(3, 9000, {path: evil, fs: evil}),
        slowFile(3, 9000, {path: undefined, name: evil}),
        drop(3, {reason: evil, location: evil, protocol: evil, device: evil}),
        pressure(3, {scope: evil}),
        foretold(3, {scope: evil, comm: evil}),
        forked(3, {child_comm: evil}),
        ran(3, {comm: evil, filename: evil, args: evil}),
        went(3, {signal: 1, signal_name: evil}),
        lockup(3, 'HUNG_TASK', {stack: [evil, evil]}),
      ],
    }),
    frame({errors: [{kind: 'error', ...stamp(4), what: evil, why: evil, remedy: evil}]}),
    frame({traces: [traced(5, 1, {name: evil, target: evil, reason: evil})]}),
    sampleFrame(1000, {
      histograms: [histogram('block', {device: evil, op: 'read'}, [5000])],
      loss: {[evil]: {held: 1, lost: 0, missed: 0}},
    }),
  ]);
  t.notRegex(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/);
  t.is(text.split('\n').filter((each) => each.startsWith('12:00 X')).length, 0);
  t.regex(text, /\\x1b\[31m\\n12:00 X\\u202e/);
});

test('a date line marks midnight, once, also when a late event follows', async (t) => {
  const day = 12 * 3600 * 1000;
  const events = [wait(day - 1, 2000), wait(day + 1, 2000), wait(day - 2, 2000), wait(day + 2, 2000)];
  const text = await plain([frame({header: header()}), frame({events})], {finish: false});
  const lines = text.trimEnd().split('\n').slice(-5);
  t.deepEqual(
    lines.map((each) => each.slice(0, 18)),
    ['23:59:59.999 SCHED', '--- 2026-03-02 ---', '00:00:00.001 SCHED', '23:59:59.998 SCHED', '00:00:00.002 SCHED'],
  );
});

test('it starts with host, thresholds, filter and a table of probes', async (t) => {
  const probes = [
    PROBES[0]!,
    {...PROBES[2]!, state: 'unavailable' as const, method: undefined, reason: 'needs CAP_BPF'},
  ];
  const text = await plain([frame({header: header(probes, {filter: {pid: 42}})})], {finish: false});
  t.deepEqual(text.split('\n'), [
    'kstop 0.1.0 on synthetic (Linux 6.12.0 x86_64, 2 CPUs), 2026-03-01 12:00:00',
    'Thresholds (warning/critical): sched 1ms/10ms, block 10ms/100ms',
    'Only pid 42: events, distributions and status speak of these alone',
    '',
    'PROBE  SUBSYSTEM  STATE        METHOD OR REASON',
    'sched  sched      attached     tp_btf',
    'oom    memory     unavailable  needs CAP_BPF',
    '',
    '',
  ]);
});

/** A small run with everything in it. */
function run(): Frame[] {
  const histograms = [
    histogram('sched', {}, [0.5, 1.5, 3, 3.5, 4, 5, 6, 900, 2000, 5000]),
    histogram('block', {device: 'vda', op: 'write'}, [300, 20_000]),
  ];
  const counters = [{name: 'hits', labels: {probe: 'sched'}, value: 2}];
  return [
    frame({header: header()}),
    {...sampleFrame(1000, {histograms, counters}), events: [wait(10, 5000), wait(20, 2000)]},
  ];
}

test('the distributions are merged to powers of two, with stars', async (t) => {
  const text = await plain(run());
  const from = text.indexOf('sched latency:');
  t.deepEqual(text.slice(from, text.indexOf('\n\n', from)).split('\n'), [
    'sched latency: 10 counted, average 792us, max 5ms',
    '     usecs               : count    distribution',
    '         0 -> 1          : 2        |**************************              |',
    '         2 -> 3          : 3        |****************************************|',
    '         4 -> 7          : 2        |**************************              |',
    '         8 -> 15         : 0        |                                        |',
    '        16 -> 31         : 0        |                                        |',
    '        32 -> 63         : 0        |                                        |',
    '        64 -> 127        : 0        |                                        |',
    '       128 -> 255        : 0        |                                        |',
    '       256 -> 511        : 0        |                                        |',
    '       512 -> 1023       : 1        |*************                           |',
    '      1024 -> 2047       : 1        |*************                           |',
    '      2048 -> 4095       : 0        |                                        |',
    '      4096 -> 8191       : 1        |*************                           |',
  ]);
  t.regex(text, /\nblock device=vda op=write latency: 2 counted, average 10.2ms, max 20ms\n/);
});

test('it ends with the summary', async (t) => {
  const text = await plain(run());
  t.deepEqual(text.slice(text.indexOf('MONITORING SUMMARY')).split('\n').slice(0, 11), [
    'MONITORING SUMMARY',
    'Duration: 35.2s',
    'Overall:  HEALTHY',
    '',
    'SUBSYSTEM  EVENTS  WORST    P99  STATUS  WORST STATUS',
    'sched           2    5ms  4.6ms  OK      OK',
    'block           0   20ms   18ms  OK      OK',
    'memory          0      -      -  OK      OK',
    'network         0      -      -  OK      OK',
    '',
    'Losses: none',
  ]);
});

test('quiet shows only the summary, --no-histogram no distributions', async (t) => {
  const quiet = await plain(run(), {quiet: true});
  t.notRegex(quiet, /SCHED_LATENCY|PROBE {2}/);
  t.regex(quiet, /^sched latency/);
  const bare = await plain(run(), {quiet: true, histogram: false});
  t.true(bare.startsWith('MONITORING SUMMARY\n'));
});

const EVIL = '\x1b[31m\nX\u202e';

/** Processes, blame and slow calls with a container and a hostile name. */
function busy(): Frame[] {
  const row = (pid: number, comm: string, more: Partial<ProcessRow> = {}): ProcessRow => ({
    time_bucket: 1,
    pid,
    comm,
    cpu_time_ms: 812.3,
    run_delay_ms: 95,
    voluntary_switches: 3,
    involuntary_switches: 1234,
    major_faults: 0,
    rss_bytes: 84 << 20,
    ...more,
  });
  const victim = {pid: 10, tid: 11, comm: 'postgres', container: {id: 'c0ffee', name: 'db'}};
  const culprits = [
    {pid: 20, comm: 'stress-ng', ran_us: 9000},
    {pid: 30, comm: EVIL, ran_us: 900, container: {id: 'beef'}},
  ];
  const first = sampleFrame(1000);
  first.sample!.processes = [row(20, 'stress-ng'), row(30, EVIL, {rss_bytes: undefined, waiting_ms: 640})];
  const second = sampleFrame(2000);
  second.sample!.processes = [row(20, 'stress-ng', {rss_bytes: 80 << 20})];
  const events = [
    wait(10, 10_000, {...victim, culprits}),
    wait(20, 10_000, {...victim, culprits}),
    slowCall(30, 20_000),
    slowCall(40, 12_000, {syscall_name: EVIL, comm: EVIL}),
  ];
  return [frame({header: header()}), {...first, events}, second];
}

test('the summary has tables of processes, blame and slow calls; columns with nothing in them are left out', async (t) => {
  const text = await plain(busy(), {quiet: true, histogram: false});
  const lines = text.split('\n');
  const from = lines.findIndex((each) => each.startsWith('PROCESSES'));
  t.deepEqual(lines.slice(from, lines.indexOf('Losses: none')), [
    'PROCESSES (over the run, while among the busiest of a sample: --top)',
    'PID  COMMAND              CPU   RUNQ  MAXWAIT  VOL  INVOL    RSS  GROWTH',
    ' 20  stress-ng          1.62s  190ms        -    6  2.47k  80MiB   -4MiB',
    ' 30  \\x1b[31m\\nX\\u202e  812ms   95ms    640ms    3  1.23k      -       -',
    '',
    'WHO WAITED BECAUSE OF WHOM (reported waits)',
    'WAITED        FOR A   TIME  WAITS  WORST  BECAUSE OF             ITS CONTAINER  OF CONTAINER',
    'postgres[10]  CPU     18ms      2    9ms  stress-ng[20]          db             -',
    'postgres[10]  CPU    1.8ms      2  900us  \\x1b[31m\\nX\\u202e[30]  db             beef',
    '',
    'SLOW SYSTEM CALLS (reported ones, and whose the worst was)',
    'CALL               CALLS  FAILED  TOTAL  WORST  OF',
    'rename                 1       1   20ms   20ms  mover[78]',
    '\\x1b[31m\\nX\\u202e      1       1   12ms   12ms  \\x1b[31m\\nX\\u202e[78]',
    '',
  ]);
  t.false((await plain(run())).includes('PROCESSES'), 'no table without rows');
});

test('the summary has the calls of the cgroup that was watched alone, the dearest first', async (t) => {
  const read = {syscall: 0, syscall_name: 'read', count: 2, total_us: 3000, max_us: 2000};
  const other = {syscall_name: EVIL, count: 1, total_us: 9000};
  const [first, second] = [sampleFrame(1000), sampleFrame(2000)];
  first.sample!.syscalls = [read];
  second.sample!.syscalls = [read, other];
  const lines = (await plain([frame({header: header()}), first, second], {quiet: true})).split('\n');
  const from = lines.findIndex((each) => each.startsWith('SYSTEM CALLS OF THE CGROUP'));
  t.deepEqual(lines.slice(from + 1, from + 4), [
    'CALL               CALLS  TOTAL   MEAN  WORST',
    '\\x1b[31m\\nX\\u202e      1    9ms    9ms      -',
    'read                   4    6ms  1.5ms    2ms',
  ]);
});
