import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Counter, KernelEvent, ProbeInfo, ProcessRow} from '../../src/types/stream.ts';
import {
  drop,
  fault,
  frame,
  header,
  histogram,
  oom,
  PROBES,
  request,
  retransmit,
  type SampleParts,
  sample,
  slowCall,
  slowFile,
  wait,
} from '../util/synthetic.ts';

const DROPS: ProbeInfo = {id: 'drops', subsystem: 'network', state: 'attached', method: 'tp_btf'};
const hog = {prev_pid: 7, prev_comm: 'hog'};

interface Second extends SampleParts {
  events?: KernelEvent[];
  processes?: ProcessRow[];
}

/** A model that has taken in one sample a second. */
function after(...seconds: Second[]): Model {
  const model = new Model();
  model.apply(frame({header: header([...PROBES, DROPS])}));
  seconds.forEach(({events = [], processes, ...parts}, i) => {
    model.apply(frame({events, sample: {...sample((i + 1) * 1000, parts), ...(processes && {processes})}}));
  });
  return model;
}

test('who waits most: by the time waited, and mostly behind whom', (t) => {
  const events = [
    wait(100, 2000, {pid: 1, comm: 'a', ...hog}),
    wait(200, 3000, {pid: 1, comm: 'a', ...hog}),
    wait(300, 4000, {pid: 1, comm: 'a', prev_pid: 8, prev_comm: 'other'}),
    wait(400, 20_000, {pid: 2, comm: 'b', cause: 'throttled', container: {id: 'c0ffee', name: 'web'}}),
    wait(500, 1000, {pid: 3, comm: 'c', prev_pid: 0, prev_comm: 'swapper/0'}),
  ];
  const {waiters} = after({events}).state.detail;
  t.deepEqual(JSON.parse(JSON.stringify(waiters)), [
    {
      pid: 2,
      comm: 'b',
      container: 'web',
      waits: 1,
      total_us: 20_000,
      worst_us: 20_000,
      behind: 'its own limit (cpu.max)',
    },
    {pid: 1, comm: 'a', waits: 3, total_us: 9000, worst_us: 4000, behind: 'hog[7]'},
    {pid: 3, comm: 'c', waits: 1, total_us: 1000, worst_us: 1000, behind: 'an idle CPU'},
  ]);
});

test('slow system calls by name: the owner is that of the worst, and what sleeps by design is left out', (t) => {
  const events = [
    slowCall(100, 20_000, {pid: 1, comm: 'a'}),
    slowCall(200, 30_000, {pid: 2, comm: 'b', ret: 0, errno: undefined}),
    slowCall(300, 90_000, {syscall: 23, syscall_name: 'select', severity: 'info'}),
    slowCall(400, 40_000, {syscall: 74, syscall_name: 'fsync (32-bit)', ret: 0, errno: undefined}),
  ];
  const {syscalls} = after({events}).state.detail;
  t.deepEqual(
    syscalls.map(({name, calls, failed, total_us, worst_us, comm}) => [name, calls, failed, total_us, worst_us, comm]),
    [
      ['rename', 2, 1, 50_000, 30_000, 'b'],
      ['fsync (32-bit)', 1, 0, 40_000, 40_000, 'mover'],
    ],
  );
});

test('slow files: the owner is that of the worst call, and what sleeps by design is left out', (t) => {
  const events = [
    slowFile(100, 6000, {pid: 1, comm: 'a'}),
    slowFile(200, 9000, {pid: 2, comm: 'b'}),
    slowFile(300, 5000, {op: 'fsync', path: undefined, name: 'log', fs: undefined}),
    slowFile(400, 900_000, {severity: 'info', path: '/dev/tty'}),
    slowFile(500, 5500, {op: 'write', path: undefined, name: undefined, inode: '12'}),
  ];
  const {files} = after({events}).state.detail;
  t.deepEqual(
    files.map(({op, file, fs, calls, worst_us, comm}) => [op, file, fs, calls, worst_us, comm]),
    [
      ['read', '/srv/data/big', 'ext4', 2, 9000, 'b'],
      ['write', 'inode 12', 'ext4', 1, 5500, 'rsync'],
      ['fsync', 'log', undefined, 1, 5000, 'rsync'],
    ],
  );
});

test('devices: all with requests, queue and device time from the reported ones that know both', (t) => {
  const events = [
    request(100, 15_000, {device: 'sda', queue_us: 10_000, device_us: 5000}),
    request(200, 16_000, {device: 'sda', queue_us: 6000, device_us: 10_000, pid: undefined, comm: undefined}),
    request(300, 12_000, {device: 'sda'}),
  ];
  const histograms = [
    histogram('block', {device: 'sda', op: 'read'}, [15_000, 16_000, 12_000]),
    histogram('block', {device: 'sdb', op: 'write'}, [50, 200_000]),
    histogram('block', {device: 'sdc', op: 'write'}, [50]),
  ];
  const {devices} = after({events, histograms}).state.detail;
  t.like(devices[0], {
    device: 'sda',
    status: 'OK',
    reports: 3,
    queue_us: 8000,
    device_us: 7500,
    submitter: 'postgres[891]',
  });
  t.like(devices[1], {device: 'sdb', status: 'WARNING', reports: 0});
  t.is(devices[1]?.queue_us, undefined);
  t.is(devices[2]?.status, 'OK');
});

test('a device is judged by itself: slow in two windows', (t) => {
  const slow = histogram('block', {device: 'sda', op: 'read'}, new Array(30).fill(20_000));
  const fast = histogram('block', {device: 'sdb', op: 'read'}, new Array(3000).fill(20));
  const seconds = new Array(31).fill({histograms: [slow, fast]});
  const {devices} = after(...seconds).state.detail;
  t.deepEqual(
    devices.map(({device, status}) => [device, status]),
    [
      ['sda', 'WARNING'],
      ['sdb', 'OK'],
    ],
  );
});

test("who faults most: by the kernel's count, by events where it has none; minor ones unknown then", (t) => {
  const row = (pid: number, comm: string, minor_faults: number, major_faults: number) => ({
    time_bucket: 0,
    pid,
    comm,
    minor_faults,
    major_faults,
  });
  const {faulters} = after(
    {events: [fault(10, {pid: 1, comm: 'a', latency_us: 70})], processes: [row(1, 'a', 100, 3), row(2, 'b', 5000, 0)]},
    {
      events: [fault(1010, {pid: 3, comm: 'c'}), fault(1020, {pid: 1, comm: 'a-thread'})],
      processes: [row(1, 'a', 50, 2)],
    },
  ).state.detail;
  t.deepEqual(
    faulters.map(({comm, major, minor, worst_us}) => [comm, major, minor, worst_us]),
    [
      ['a', 5, 150, 70],
      ['b', 0, 5000, undefined],
      ['c', 1, undefined, undefined],
    ],
  );
});

test('retransmits by peer, drops by reason with the place that most were reported from', (t) => {
  const counter = (reason: string, kind: string, value: number, netns: string): Counter => ({
    name: 'packet_drops',
    labels: {reason, class: kind, netns},
    value,
  });
  const first = [counter('NO_SOCKET', 'normal', 5, '1'), counter('QUEUE', 'fault', 1, '1')];
  const events = [
    retransmit(1100, {daddr: '10.0.0.9', segments: 3, pid: 5, comm: 'curl'}),
    retransmit(1200, {daddr: '10.0.0.2', segments: 1}),
    drop(1300, {reason: 'QUEUE', location: 'here+0x1', device: 'eth0'}),
    drop(1400, {reason: 'QUEUE', location: 'there+0x2'}),
    drop(1500, {reason: 'QUEUE', location: 'there+0x2', pid: 9, comm: 'dnsd'}),
  ];
  const counters = [
    counter('NO_SOCKET', 'normal', 45, '1'),
    counter('QUEUE', 'fault', 3, '1'),
    counter('QUEUE', 'fault', 2, '2'),
  ];
  const {peers, drops} = after({counters: first}, {events, counters}).state.detail;
  t.deepEqual(
    peers.map(({address, segments, owner, state, port}) => [address, segments, owner, state, port]),
    [
      ['10.0.0.9', 3, 'curl[5]', 'ESTABLISHED', '52134'],
      ['10.0.0.2', 1, undefined, 'ESTABLISHED', '52134'],
    ],
  );
  t.deepEqual(
    drops.map(({reason, class: kind, packets, per_s, location, owner}) => [
      reason,
      kind,
      packets,
      per_s,
      location,
      owner,
    ]),
    [
      ['NO_SOCKET', 'normal', 45, 40, undefined, undefined],
      ['QUEUE', 'fault', 5, 2, 'there+0x2', 'dnsd[9]'],
    ],
  );
});

test('rates of counters over real time: unknown at first sight, from 0 where a probe began anew', (t) => {
  const counter = (value: number): Counter => ({name: 'page_faults', labels: {kind: 'major'}, value});
  const {state} = after({counters: [counter(1000)]});
  t.like(state.detail.rates[0], {value: 1000, grown: 0, per_s: undefined});
  const model = after(
    {counters: [counter(1000)]},
    {counters: [counter(1010)], interval_ms: 500},
    {counters: [counter(4)]},
  );
  t.like(model.state.detail.rates[0], {value: 4, grown: 14, per_s: 4});
  t.deepEqual(model.state.detail.trends.major_faults_per_s.at(-1), 4);
});

test('p99 and pressure are kept second by second, the last OOM kills for the whole run', (t) => {
  const waits = histogram('sched', {}, new Array(100).fill(100));
  const model = after({histograms: [waits], events: [oom(500)]}, {}, {histograms: [waits]});
  const {trends, ooms} = model.state.detail;
  t.is(trends.sched_p99_us.length, 3);
  t.true((trends.sched_p99_us[0] ?? 0) > 80);
  t.is(trends.sched_p99_us[1], undefined);
  t.deepEqual(
    ooms.map(({victim_comm}) => victim_comm),
    ['java'],
  );
});

test('a recording that begins anew starts with nothing, and one that goes back in time keeps no minute of before', (t) => {
  const model = after({events: [wait(100, 2000)]});
  t.is(model.state.detail.waiters.length, 1);
  model.apply(frame({sample: sample(500)}));
  t.is(model.state.detail.waiters.length, 0);
  model.apply(frame({events: [wait(600, 2000), oom(700)], sample: sample(1500)}));
  t.is(model.state.detail.waiters.length, 1);
  model.apply(frame({header: header()}));
  t.deepEqual([model.state.detail.waiters, model.state.detail.ooms], [[], []]);
});

test('lists are as of their sample: the same when read again, and a copy keeps them', (t) => {
  const model = after({events: [wait(100, 2000)]});
  const {detail} = model.state;
  const {waiters} = detail;
  t.is(detail.waiters, waiters);
  const kept = {...detail};
  model.apply(frame({events: [wait(1100, 2000)], sample: sample(2000)}));
  t.is(kept.waiters[0]?.waits, 1);
  t.is(model.state.detail.waiters[0]?.waits, 2);
});
