import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Counter, Header, KernelEvent, LeakRow, ProbeChange, ProbeInfo, Psi} from '../../src/types/stream.ts';
import {
  drop,
  fault,
  foretold,
  frame,
  header,
  histogram,
  lockup,
  oom,
  PROBES,
  pressure,
  reclaim,
  request,
  retransmit,
  type SampleParts,
  sampleFrame,
  slowFile,
  stamp,
  wait,
} from '../util/synthetic.ts';

const VFS: ProbeInfo = {
  id: 'vfs',
  subsystem: 'vfs',
  state: 'attached',
  method: 'fexit',
  warn_us: 5000,
  crit_us: 50_000,
};
const LOCKUP: ProbeInfo = {id: 'lockup', subsystem: 'lockup', state: 'attached', method: 'tp_btf'};

interface Step extends SampleParts {
  events?: KernelEvent[];
  changes?: ProbeChange[];
  memory?: Psi;
  leaks?: LeakRow[];
  kernel_cpu_pct?: number;
  nice?: number;
  steal_pct?: number;
}

interface Said {
  findings: string[];
  recommendations: string[];
}

/** What is said after the last of these samples, a second apart, and in the summary. */
function said(steps: Step[], probes = [...PROBES, VFS, LOCKUP], host: Partial<Header['host']> = {}): [Said, Said] {
  const model = new Model();
  const base = header(probes);
  Object.assign(base.host, host);
  Object.assign(base.thresholds, {vfs_warn_us: 5000, vfs_crit_us: 50_000});
  model.apply(frame({header: base}));
  steps.forEach(({events = [], changes = [], memory, leaks, kernel_cpu_pct, nice, steal_pct, ...parts}, i) => {
    const input = {...sampleFrame((i + 1) * 1000, parts), events, probes: changes};
    if (memory && input.sample) input.sample.pressure = {memory};
    if (leaks && input.sample) input.sample.leaks = leaks;
    if (kernel_cpu_pct !== undefined && input.sample) input.sample.self = {kernel_cpu_pct};
    if (nice !== undefined && input.sample) input.sample.self = {nice};
    if (steal_pct !== undefined && input.sample) input.sample.host = {...input.sample.host, steal_pct};
    model.apply(input);
  });
  const {findings, recommendations} = model.state;
  return [{findings, recommendations}, model.finish(stamp(steps.length * 1000 + 1))];
}

const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({length: n}, (_, i) => make(i));
const counter = (name: string, labels: Record<string, string>, value: number): Counter => ({name, labels, value});
const drops = (reason: string, kind: string, value: number) =>
  counter('packet_drops', {reason, class: kind, netns: '1'}, value);
const tcp = (retransmitted: number, sent: number) => [
  counter('tcp_retransmitted_segments', {netns: '1'}, retransmitted),
  counter('tcp_sent_segments', {netns: '1'}, sent),
];
const perCpu = (rows: number[][]) => histogram('sched', {}, rows.flat(), rows);

const DEAR = 'paused by the overhead governor: too dear';
const change = (atMs: number, state: ProbeChange['state'], reason?: string): ProbeChange => ({
  kind: 'probe',
  ...stamp(atMs),
  id: 'sched',
  state,
  ...(reason && {reason}),
});

interface Case {
  name: string;
  steps: Step[];
  finding: RegExp;
  advice?: RegExp;
  /** The same without the evidence. */
  silent: Step[];
  probes?: ProbeInfo[];
  host?: Partial<Header['host']>;
}

const slow = (n: number, us = 3000) => new Array<number>(n).fill(us);

const CASES: Case[] = [
  {
    name: 'waits on isolated CPUs',
    host: {cpus: 4, isolated_cpus: '2-3', nohz_full_cpus: '3'},
    steps: [
      {
        histograms: [perCpu([[20], [20], slow(2), slow(4)])],
        events: many(4, () => wait(500, 3000, {cpu: 3, prev_comm: 'kworker/3:1'})),
      },
    ],
    finding: /^sched: 6 waits of 1ms and more on isolated CPUs \(2-3\), most on CPU 3 behind kworker\/3:1$/,
    advice: /^sched: .*isolcpus=managed_irq,domain,2-3 .*nohz_full.*smp_affinity_list/,
    silent: [{histograms: [perCpu([slow(9), slow(9), [20], [20]])]}],
  },
  {
    name: 'throttled cgroup',
    steps: [{events: many(3, () => wait(500, 3000, {cause: 'throttled', cgroup: '/limited'}))}],
    finding:
      /^sched: \/limited was held to its own limit \(cpu\.max\): pid 123 victim was throttled for 9ms over the (last minute|run), 0\.9% of the time \(3 of 3 reported waits\)$/,
    advice: /^sched: raise cpu\.max of \/limited,/,
    silent: [{events: [wait(500, 3000)]}],
  },
  {
    name: 'real-time work at a coarse threshold',
    steps: [
      {
        histograms: [perCpu([slow(4)])],
        events: many(4, (i) => wait(500, 3000, {prio: 19, pid: i ? 7 : 8, comm: 'jackd'})),
      },
    ],
    finding: /^sched: 4 reported waits were of real-time tasks, 75% of pid 7 jackd$/,
    advice: /--sched-warn 100/,
    silent: [{histograms: [perCpu([slow(9)])], events: many(9, (i) => wait(500, 3000, {prio: i < 2 ? 19 : 120}))}],
  },
  {
    name: 'one CPU has the waits',
    host: {cpus: 4},
    steps: [{histograms: [perCpu([[20], slow(30), [20], slow(2)])]}],
    finding: /^sched: CPU 1 had 94% of the long waits/,
    advice: /bound to CPU 1/,
    silent: [{histograms: [perCpu([slow(10), slow(30), slow(10), [20]])]}],
  },
  {
    name: 'queue rather than device',
    steps: [
      {
        histograms: [histogram('block', {device: 'vdb', op: 'write'}, slow(30, 20_000))],
        events: many(6, () => request(500, 20_000, {device: 'vdb', queue_us: 18_000, device_us: 2000})),
      },
    ],
    finding:
      /^block: vdb p99 (18|20)ms over the (last 10 s|run), worst 20ms; 90% queue time \(of the slow requests\); 100% of them for pid 891 postgres$/,
    advice:
      /^block: vdb is given more than it takes: see its scheduler and depth \(\/sys\/block\/vdb\/queue\).*neighbour/,
    silent: [{histograms: [histogram('block', {device: 'vdb', op: 'write'}, slow(30, 2000))]}],
  },
  {
    name: 'slow device',
    steps: [
      {
        histograms: [histogram('block', {device: 'vdb', op: 'read'}, slow(30, 20_000))],
        events: many(6, () => request(500, 20_000, {device: 'vdb', queue_us: 100, device_us: 19_900})),
      },
    ],
    finding: /^block: vdb p99 .*; 100% device time/,
    advice: /^block: vdb itself is slow/,
    silent: [{histograms: [histogram('block', {device: 'vdb', op: 'read'}, slow(30, 200))]}],
  },
  {
    name: 'slow files on a file system from elsewhere',
    steps: [
      {
        histograms: [histogram('vfs', {op: 'read'}, slow(30, 9000))],
        events: many(8, (i) => slowFile(500, 8000 + i, {fs: 'nfs4', path: i < 6 ? '/mnt/a' : '/mnt/b'})),
      },
    ],
    finding:
      /^vfs: p99 [89](\.\d)?ms over the (last 10 s|run), worst 8\.01ms \(read of \/mnt\/b on nfs4, pid 77 rsync\); of 8 slow calls 100% read, 100% on nfs4, 75% of \/mnt\/a$/,
    advice: /^vfs: nfs4 answers from elsewhere/,
    silent: [{histograms: [histogram('vfs', {op: 'read'}, slow(30, 100))], events: [slowFile(500, 8000)]}],
  },
  {
    name: 'slow fsync',
    steps: [
      {
        histograms: [histogram('vfs', {op: 'fsync'}, slow(30, 9000))],
        events: many(6, () => slowFile(500, 9000, {op: 'fsync'})),
      },
    ],
    finding: /^vfs: .*of 6 slow calls 100% fsync/,
    advice: /^vfs: fsync waits for the device/,
    silent: [{histograms: [histogram('vfs', {op: 'fsync'}, slow(30, 100))]}],
  },
  {
    name: 'OOM kill',
    steps: [{events: [oom(500, {constraint: 'memcg', memcg: '/box', limit_bytes: 2 ** 20})]}],
    finding: /^memory: OOM kill of pid 2345 java in \/box \(limit 1MiB\)$/,
    advice: /memory\.max of \/box/,
    silent: [{}],
  },
  {
    name: 'OOM kill that is foretold',
    steps: [{events: [foretold(300, {eta_s: 500}), foretold(500)]}],
    finding:
      /^memory: \/leaky was to be out of memory in 300s \(280s to 330s\): 700MiB of 1GiB, growing by 1MiB a second, 90% of it by pid 77 leaker$/,
    advice: /find what grows in \/leaky \(pid 77 leaker\).*raise its limit/,
    silent: [{}],
  },
  {
    name: 'OOM kill that is foretold for a container',
    steps: [{events: [foretold(500, {container: {id: 'a1'.repeat(32)}})]}],
    finding: /^memory: container a1a1a1a1a1a1 was to be out of memory in 300s /,
    advice: /find what grows in container a1a1a1a1a1a1 \(pid 77 leaker\)/,
    silent: [{}],
  },
  {
    name: 'what only grows',
    steps: [
      {
        leaks: [
          {scope: '/leaky', growth_bytes_per_s: 20_480, growing_s: 2400, grown_bytes: 48 << 20},
          {pid: 7, comm: 'java', growth_bytes_per_s: 10_240, growing_s: 660, grown_bytes: 7 << 20},
        ],
      },
    ],
    finding: /^memory: \/leaky has only grown for 40m 0s: by 48MiB, 20KiB a second$/,
    advice: /see what pid 7 java keeps/,
    silent: [{leaks: []}],
  },
  {
    name: 'working set near a limit',
    steps: [{events: [pressure(500, {scope: '/box', working_set_bytes: 95 << 20, limit_bytes: 100 << 20})]}],
    finding: /^memory: \/box needs 95MiB of its limit of 100MiB \(95%\)$/,
    advice: /memory\.max of \/box/,
    silent: [{events: [pressure(500)]}],
  },
  {
    name: 'memory pressure',
    steps: [{memory: {some_avg10_pct: 35, full_avg10_pct: 12}}],
    finding: /^memory: tasks stalled for memory 35% of 10 s, all of them 12%$/,
    advice: /working sets/,
    silent: [{memory: {some_avg10_pct: 5, full_avg10_pct: 1}}],
  },
  {
    name: 'waits to free memory',
    steps: [{events: many(4, (i) => reclaim(500, i < 3 ? {} : {pid: 5, comm: 'other', latency_us: 80_000}))}],
    finding: /^memory: 4 long waits to free memory, 200ms in all, the longest 80ms; 60% of it by pid 88 mapper$/,
    advice: /the limit of the cgroup of pid 88 mapper/,
    silent: [{events: [reclaim(500)]}],
  },
  {
    name: 'waits of the host to free memory',
    steps: [{events: [reclaim(500, {latency_us: 150_000, reclaim: 'direct'})]}],
    finding: /^memory: 1 long wait to free memory, 150ms in all, the longest 150ms; 100% of it by pid 88 mapper$/,
    advice: /the host frees memory too late/,
    silent: [{}],
  },
  {
    name: 'swapping',
    steps: [0, 5000].map((n) => ({counters: [counter('swap_pages', {direction: 'in'}, 1e6 + n)]})),
    finding: /^memory: 5,000 pages read back from swap over the (last minute|run)$/,
    advice: /swapped out is needed again/,
    silent: [0, 500].map((n) => ({counters: [counter('swap_pages', {direction: 'in'}, 1e6 + n)]})),
  },
  {
    name: 'major faults by process',
    steps: [0, 400].map((n) => ({
      counters: [counter('page_faults', {kind: 'major'}, 1e6 + n)],
      memory: {some_avg10_pct: 2},
      events: n ? many(10, (i) => fault(1500, i < 8 ? {} : {pid: 5, comm: 'other'})) : [],
    })),
    finding: /^memory: 400 major faults over the (last minute|run), 80% of the reported ones by pid 88 mapper$/,
    advice: /pid 88 mapper reads its memory back/,
    silent: [0, 40].map((n) => ({counters: [counter('page_faults', {kind: 'major'}, 1e6 + n)], events: [fault(1500)]})),
  },
  {
    name: 'retransmits to one peer',
    steps: [
      {counters: tcp(0, 1000)},
      {counters: tcp(10, 1200), events: many(10, (i) => retransmit(1500, {daddr: i < 7 ? '192.0.2.7' : '192.0.2.8'}))},
    ],
    finding:
      /^network: 5% of 200 TCP segments sent again over the (last 30 s|run); 7 of 10 reported ones to 192\.0\.2\.7$/,
    advice: /path to 192\.0\.2\.7/,
    silent: [{counters: tcp(0, 1000)}, {counters: tcp(1, 1200), events: [retransmit(1500)]}],
  },
  {
    name: 'retransmits from one address to many peers',
    steps: [
      {counters: tcp(0, 1000)},
      {
        counters: tcp(10, 1200),
        events: many(10, (i) => retransmit(1500, {daddr: `192.0.2.${i}`, saddr: i < 8 ? '10.0.0.1' : '10.9.9.9'})),
      },
    ],
    finding: /; 8 of 10 reported ones from 10\.0\.0\.1 \(10 peers\)$/,
    advice: /interface of 10\.0\.0\.1/,
    silent: [{counters: tcp(0, 1000)}, {counters: tcp(0, 1200)}],
  },
  {
    name: 'retransmits all over',
    steps: [
      {counters: tcp(0, 1000)},
      {counters: tcp(10, 1200), events: many(10, (i) => retransmit(1500, {daddr: `192.0.2.${i}`}))},
    ],
    finding: /; 10 peers, none with 70% of them$/,
    advice: /many peers/,
    silent: [{counters: tcp(0, 1000)}, {counters: tcp(0, 1200)}],
  },
  {
    name: 'full receive buffers',
    steps: [
      {counters: [drops('SOCKET_RCVBUFF', 'fault', 60)], events: many(3, () => drop(500, {pid: 9, comm: 'dnsd'}))},
    ],
    finding:
      /^network: 60 packets dropped: SOCKET_RCVBUFF at __udp_enqueue_schedule_skb\+0x2f0 over the (last minute|run)$/,
    advice: /rmem_max, SO_RCVBUF\), or let pid 9 dnsd read faster/,
    silent: [{counters: [drops('SOCKET_RCVBUFF', 'fault', 9)]}],
  },
  {
    name: 'damaged packets',
    steps: [{counters: [drops('UDP_CSUM', 'fault', 20)]}],
    finding: /^network: 20 packets dropped: UDP_CSUM over/,
    advice: /checksum offload/,
    silent: [{counters: [drops('UDP_CSUM', 'normal', 20)]}],
  },
  {
    name: 'full transmit queue',
    steps: [
      {counters: [drops('QDISC_DROP', 'fault', 20)], events: [drop(500, {reason: 'QDISC_DROP', device: 'eth1'})]},
    ],
    finding: /: QDISC_DROP at /,
    advice: /tc -s qdisc show dev eth1, txqueuelen/,
    silent: [{counters: [drops('NO_SOCKET', 'normal', 2000)]}],
  },
  {
    name: 'full input queue',
    steps: [{counters: [drops('CPU_BACKLOG', 'fault', 20)]}],
    finding: /: CPU_BACKLOG over/,
    advice: /netdev_max_backlog/,
    silent: [{counters: [drops('CPU_BACKLOG', 'fault', 2)]}],
  },
  {
    name: 'a fault without a remedy of its own',
    steps: [{counters: [drops('TC_CHAIN_NOTFOUND', 'fault', 20)]}],
    finding: /: TC_CHAIN_NOTFOUND over/,
    advice: /find what dropped them/,
    silent: [{}],
  },
  {
    name: 'packets dropped by rules',
    steps: [{counters: [drops('NETFILTER_DROP', 'policy', 700), drops('XDP', 'policy', 30)]}],
    finding: /^network: 730 packets dropped by rules over the (last minute|run), most NETFILTER_DROP$/,
    advice: /nft monitor trace/,
    silent: [{counters: [drops('NETFILTER_DROP', 'policy', 40)]}],
  },
  {
    name: 'backlog drops by softnet_stat',
    steps: [3, 15].map((n) => ({counters: [counter('backlog_drops', {}, n)]})),
    finding: /^network: 12 packets dropped over the (last minute|run): the CPUs’ input queue was full$/,
    advice: /netdev_max_backlog/,
    silent: [3, 3].map((n) => ({counters: [counter('backlog_drops', {}, n)]})),
  },
  {
    name: 'errors of an interface',
    steps: [5, 55].map((n) => ({counters: [counter('net_errors', {device: 'eth0', direction: 'rx'}, n)]})),
    finding: /^network: eth0 reports 50 receive errors over the (last minute|run)$/,
    advice: /ethtool -S eth0/,
    silent: [5, 6].map((n) => ({counters: [counter('net_errors', {device: 'eth0', direction: 'rx'}, n)]})),
  },
  {
    name: 'a hung task',
    steps: [{events: [lockup(500, 'HUNG_TASK')]}],
    finding:
      /^lockup: pid 99 stuck hung for 22s in io_schedule \(io_schedule<-folio_wait_bit_common<-vfs_fsync_range\)$/,
    advice: /^lockup: a hung task waits for what its stack names/,
    silent: [{}],
  },
  {
    name: 'a soft lockup, reported again and again',
    steps: [{events: many(5, () => lockup(500, 'SOFT_LOCKUP'))}],
    finding: /^lockup: CPU 1 stuck for 22s \(pid 99 stuck\) in io_schedule/,
    advice: /save dmesg/,
    silent: [{}],
  },
  {
    name: 'a probe that can’t be had',
    probes: [{...VFS, state: 'unavailable', method: undefined, reason: 'no BTF'}],
    steps: [{}],
    finding: /^vfs: probe unavailable: no BTF$/,
    advice: /kstop doctor/,
    silent: [],
  },
  {
    name: 'a probe that is paused',
    steps: [{changes: [change(500, 'paused', DEAR)]}, {}, {}],
    finding:
      /^sched: paused by the overhead governor for 2\.5s in all, and still is: nothing was seen then \(too dear\)$/,
    advice: /^kstop: allow the probes more \(--max-overhead\)/,
    silent: [{}],
  },
  {
    name: 'a probe that was paused, twice',
    steps: [
      {changes: [change(500, 'paused', DEAR), change(600, 'paused', DEAR)]},
      {changes: [change(1500, 'attached')]},
      {changes: [change(2200, 'paused', DEAR), change(2700, 'off')]},
    ],
    finding: /^sched: paused by the overhead governor for 1\.5s in all, 2 times: nothing was seen then$/,
    advice: /--probes/,
    silent: [{}],
  },
  {
    name: 'time that a hypervisor took',
    steps: [{steal_pct: 0}, {steal_pct: 6}, {steal_pct: 0}],
    finding: /^sched: the hypervisor ran others for 2% of all CPUs’ time \(steal\), 6% in the worst sample$/,
    advice: /fewer neighbours/,
    silent: [{steal_pct: 0.5}, {steal_pct: 1}],
  },
  {
    name: 'own cost',
    steps: [{kernel_cpu_pct: 2.5}],
    finding: /^kstop: its probes cost 2\.5% of all CPUs’ time$/,
    advice: /--probes/,
    silent: [{kernel_cpu_pct: 0.5}],
  },
  {
    name: 'own priority, raised',
    steps: [{nice: -10}],
    finding: /^kstop: its samples came late, .* \(nice -10\)$/,
    silent: [{}],
  },
];

for (const {name, steps, finding, advice, silent, probes, host} of CASES) {
  test(`${name}: said with its evidence, now and in the summary, and not without it`, (t) => {
    for (const {findings, recommendations} of said(steps, probes, host)) {
      t.is(findings.filter((each) => finding.test(each)).length, 1, findings.join('\n'));
      if (advice) t.is(recommendations.filter((each) => advice.test(each)).length, 1, recommendations.join('\n'));
    }
    for (const {findings, recommendations} of said(silent, undefined, host)) {
      t.deepEqual(
        findings.filter((each) => finding.test(each)),
        [],
      );
      if (advice)
        t.deepEqual(
          recommendations.filter((each) => advice.test(each)),
          [],
        );
    }
  });
}

test('a clean minute says nothing', (t) => {
  for (const {findings, recommendations} of said([{histograms: [perCpu([[20], [30]])]}, {}])) {
    t.deepEqual(findings, []);
    t.deepEqual(recommendations, []);
  }
});

test('what was is said in the summary, after a minute no longer now', (t) => {
  const [now, run] = said([{counters: [drops('UDP_CSUM', 'fault', 20)]}, ...many(70, () => ({}))]);
  t.deepEqual(now.findings, []);
  t.regex(run.findings.join(), /20 packets dropped: UDP_CSUM over the run/);
});

test('a name of any length stays within what a reader of recordings takes', (t) => {
  const long = `/${'x'.repeat(4094)}`;
  const events = [
    ...many(6, () => slowFile(500, 90_000, {path: long, fs: long})),
    ...many(6, () => wait(500, 90_000, {cause: 'throttled', cgroup: long})),
    oom(500, {constraint: 'memcg', memcg: long}),
    ...many(20, () => drop(500, {reason: long, location: long})),
  ];
  const histograms = [histogram('vfs', {op: 'read'}, slow(30, 90_000))];
  for (const {findings, recommendations} of said([{events, histograms, counters: [drops(long, 'fault', 50)]}])) {
    t.true(findings.length >= 4);
    for (const each of [...findings, ...recommendations]) t.true(each.length < 2000, each.slice(0, 100));
  }
});

test('losses of a probe without a threshold advise none', (t) => {
  const loss = {sched: {held: 3, lost: 0, missed: 0}, retransmit: {held: 4, lost: 0, missed: 0}};
  for (const {findings, recommendations} of said([{loss}])) {
    t.is(findings.filter((each) => /: events not shown/.test(each)).length, 2);
    t.deepEqual(
      recommendations.filter((each) => /threshold/.test(each)),
      ['sched: raise its warning threshold to see each event that is above it'],
    );
  }
});

test('under a filter the host’s memory pressure is no finding', (t) => {
  const findings = (filter?: {pid: number}) => {
    const model = new Model();
    model.apply(frame({header: header(PROBES, {...(filter && {filter})})}));
    const pressed = sampleFrame(1000);
    if (pressed.sample) pressed.sample.pressure = {memory: {some_avg10_pct: 50, full_avg10_pct: 20}};
    model.apply(pressed);
    return [...model.state.findings, ...model.finish(stamp(1001)).findings].filter((each) => /^memory:/.test(each));
  };
  t.is(findings().length, 2);
  t.deepEqual(findings({pid: 1}), []);
});
