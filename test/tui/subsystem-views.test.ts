import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {Model} from '../../src/model/model.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {CanvasPane, ListPane, Place, View} from '../../src/tui/panes/pane.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {clockOf} from '../../src/tui/views/clock.ts';
import {containers} from '../../src/tui/views/containers.ts';
import {disk} from '../../src/tui/views/disk.ts';
import {growthOf} from '../../src/tui/views/leak.ts';
import {memory} from '../../src/tui/views/memory.ts';
import {network} from '../../src/tui/views/network.ts';
import {probes} from '../../src/tui/views/probes.ts';
import {processes} from '../../src/tui/views/processes.ts';
import {sched} from '../../src/tui/views/sched.ts';
import type {State} from '../../src/types/state.ts';
import type {StreamObject} from '../../src/types/stream.ts';
import {fault, foretold, frame, header, ran, sample, wait, went} from '../util/synthetic.ts';
import {unstyled} from './state.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const VIEWS = [sched, disk, memory, network, processes, containers, probes];

function panesOf(view: View): (ListPane | CanvasPane)[] {
  const chain = (place: Place): Place[] => [place, ...(place.beside ? chain(place.beside) : [])];
  const panes = view.places.flatMap(chain).map(({pane}) => pane);
  return panes.filter((pane) => pane.kind === 'list' || pane.kind === 'canvas');
}

function pane<Kind extends 'list' | 'canvas'>(view: View, id: string, kind: Kind) {
  const found = panesOf(view).find((each) => each.id === id && each.kind === kind);
  if (!found) throw new Error(`${view.id} has no ${kind} ${id}`);
  return found as Extract<ListPane | CanvasPane, {kind: Kind}>;
}

/** A recording's last state. */
async function stateOf(name: string): Promise<State> {
  const recording = await openRecording({file: join(FIXTURES, `${name}.ndjson.gz`), pace: 'fast'});
  const model = new Model();
  for await (const each of recording.frames()) model.apply(each);
  return model.state;
}

/** The recording as it is written: what a row says must be found in it. */
function objectsOf(name: string): StreamObject[] {
  const text = gunzipSync(readFileSync(join(FIXTURES, `${name}.ndjson.gz`))).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A list's rows as objects of column id to text. */
function shown(view: View, id: string, state: State): Record<string, string>[] {
  const list = pane(view, id, 'list');
  return list.rows(state).map((row) => Object.fromEntries(list.columns.map((column) => [column.id, column.text(row)])));
}

function painted(view: View, id: string, state: State, width = 70, height = 9): string[] {
  return pane(view, id, 'canvas').paint(state, makeTheme('mono'), width, height).map(unstyled);
}

const titleOf = (view: View, id: string, state: State): string => {
  const {title} = pane(view, id, 'canvas');
  return typeof title === 'string' ? title : title(state);
};

test('sched: who waited, how often and behind whom is what the recorded events say', async (t) => {
  const state = await stateOf('trouble');
  const [first] = shown(sched, 'waiters', state);
  const events = objectsOf('trouble').filter((each) => each.kind === 'event');
  const own = events.filter(({type, pid, comm}) => type === 'SCHED_LATENCY' && pid === 11588 && comm === 'hog');
  t.like(first, {pid: '11588', comm: 'hog', waits: String(own.length), behind: 'hog[11588]'});
  t.regex(titleOf(sched, 'waits', state), /^Waits, last 60 s: \S+, p50 \S+us, p99 \S+ms, max \S+ms$/);
  t.regex(painted(sched, 'waits', state).join('\n'), /█.*\n.*1us +32us +1ms/s);
  t.is(titleOf(sched, 'sched-p99', state), 'p99 of waits over 23s');
  t.regex(painted(sched, 'sched-p99', state).join('\n'), /10ms│·.*[─╭╮╰╯].*\n.*23s ago +now/s);
});

test('sched: who waits because of whom, and Enter leads to the culprit', (t) => {
  const model = new Model();
  model.apply(frame({header: header()}));
  const culprits = [
    {pid: 20, comm: 'stress-ng', ran_us: 9000, container: {id: 'c1', name: 'noise'}},
    {pid: 30, comm: 'a\u001b[2J', ran_us: 500},
  ];
  const events = [wait(500, 10_000, {culprits}), wait(600, 12_000, {culprits: [{...culprits[0]!, ran_us: 12_000}]})];
  model.apply(frame({events, sample: sample(1000)}));
  const rows = shown(sched, 'blame', model.state);
  t.like(rows[0], {culprit: 'stress-ng', 'culprit-pid': '20', wait: '21ms', parts: '2', longest: '12ms'});
  t.like(rows[0], {'culprit-container': 'noise', victim: events[0]!.comm, 'victim-pid': String(events[0]!.pid)});
  t.like(rows[1], {culprit: 'a\u001b[2J', wait: '500us', parts: '1'});
  const blame = pane(sched, 'blame', 'list');
  t.deepEqual(
    blame.rows(model.state).map((row) => blame.pid?.(row)),
    [20, 30],
  );
  t.regex(blame.empty(new Model().state), /waiting for the first sample/);
});

test('disk: the slow device with the parts of its requests, and no figure where there is none', async (t) => {
  const state = await stateOf('trouble');
  const [slow, other] = shown(disk, 'devices', state).sort((a, b) => (a.device! < b.device! ? -1 : 1));
  t.like(slow, {device: 'loop0', status: 'WARNING', slow: '27', 'read-p99': '-'});
  t.regex(slow!.submitter!, /^dd\[\d+\]$/);
  t.regex(slow!['on-device']!, /^\d+ms$/);
  t.like(other, {device: 'vda', status: 'OK', slow: '0', queue: '-', 'on-device': '-', submitter: '-'});
  t.regex(other!.p99!, /^\S+[mu]s$/);
  t.deepEqual(shown(disk, 'file-ops', state), []);
  t.is(pane(disk, 'file-ops', 'list').empty(state), 'this recording has no probe vfs');
});

test('disk: calls on files by kind, slow files with their owner', async (t) => {
  const state = await stateOf('files');
  t.deepEqual(
    shown(disk, 'file-ops', state).map(({op}) => op),
    ['read', 'write', 'fsync', 'open'],
  );
  t.like(shown(disk, 'file-ops', state)[2], {op: 'fsync', p99: '-', max: '-'});
  const slow = objectsOf('files').filter((each) => each.kind === 'event' && each.type === 'VFS_SLOW');
  const rows = shown(disk, 'slow-files', state);
  t.is(
    rows.reduce((sum, {calls}) => sum + Number(calls), 0),
    slow.length,
  );
  t.true(rows.every(({comm, file}) => comm === 'dd' && file!.startsWith('/')));
  t.is(pane(disk, 'devices', 'list').empty(state), 'the block probe is off');
});

test('disk: slow system calls with the caller of the worst; why there are none', async (t) => {
  const state = await stateOf('files');
  t.is(pane(disk, 'slow-syscalls', 'list').empty(state), 'this recording has no probe syscall');
  const syscalls = [{name: 'fsync', calls: 3, failed: 1, total_us: 60_000, worst_us: 30_000, pid: 7, comm: 'db'}];
  const slow = {...state, detail: {...state.detail, syscalls}};
  t.like(shown(disk, 'slow-syscalls', slow), [
    {name: 'fsync', calls: '3', failed: '1', total: '60ms', worst: '30ms', pid: '7', comm: 'db'},
  ]);
});

test('memory: what was killed, by whose limit; pressure as the samples say', async (t) => {
  const state = await stateOf('trouble');
  t.like(shown(memory, 'oom-log', state), [
    {comm: 'eater', pid: '11705', rss: '20.9MiB', constraint: 'memcg', limit: '20MiB', memcg: '/kstop-test-11570-2'},
  ]);
  t.regex(titleOf(memory, 'memory-pressure', state), /^Stalled for memory: some 0%, all 0%; 23s$/);
  t.regex(painted(memory, 'memory-pressure', state).join('\n'), /10%│.*0%│ +─+\n/s);
  t.regex(painted(memory, 'fault-rates', state).join(), /this recording has no probe faults/);
});

test('memory: what will be out of memory, the nearest first, and who makes it grow', (t) => {
  const model = new Model();
  const growth = {id: 'growth', subsystem: 'memory' as const, state: 'attached' as const};
  model.apply(frame({header: header([growth])}));
  const {kind: _, time: __, mono_ns: ___, type: ____, subsystem: _____, severity: ______, ...row} = foretold(1);
  const rest = {...row, pid: undefined, comm: undefined, growers: undefined, scope: 'host', eta_s: 1200};
  const predictions = [{...row, container: {id: 'c1', name: 'shop'}}, rest];
  model.apply(frame({sample: {...sample(1000), predictions}}));
  const rows = shown(memory, 'predictions', model.state);
  t.like(rows[0], {eta: '300s', within: '280s-330s', confidence: '86%', growth: '1MiB', limit: '1GiB'});
  t.like(rows[0], {scope: '/leaky', where: 'shop', pid: '77', comm: 'leaker', 'by-growth': '922KiB', share: '90%'});
  t.like(rows[1], {where: 'host', pid: '-', comm: '-', 'by-growth': '-', share: '-'});
  model.apply(frame({sample: sample(2000)}));
  t.is(pane(memory, 'predictions', 'list').empty(model.state), 'nothing grows towards its limit');
});

test('memory: what only grows, a cgroup or a process, the quickest first, and since when', (t) => {
  const model = new Model();
  model.apply(frame({header: header([{id: 'growth', subsystem: 'memory', state: 'attached'}])}));
  const process = {pid: 7, comm: 'java', growth_bytes_per_s: 1024, growing_s: 660, grown_bytes: 2 ** 20};
  const scope = {scope: '/leaky', growth_bytes_per_s: 20_480, growing_s: 2400, grown_bytes: 48 << 20};
  model.apply(frame({sample: {...sample(1000), leaks: [process, scope]}}));
  const rows = shown(memory, 'leaks', model.state);
  t.like(rows[0], {pid: '7', comm: 'java', growth: '1KiB', grown: '1MiB', scope: '-'});
  t.like(rows[1], {pid: '-', growth: '20KiB', grown: '48MiB', scope: '/leaky'});
  const time = model.state.sample!.time;
  t.is(rows[0]!.since, clockOf(new Date(Date.parse(time) - 660_000).toISOString()));
  t.is(growthOf(7, model.state), `only grows since ${rows[0]!.since}, by 1MiB, 1KiB/s`);
  t.is(growthOf(8, model.state), undefined);
  model.apply(frame({sample: sample(2000)}));
  t.is(pane(memory, 'leaks', 'list').empty(model.state), 'nothing has only grown for ten minutes');
});

test('containers: CPU a second, memory against the limit, and what is foretold of each', (t) => {
  const model = new Model();
  const growth = {id: 'growth', subsystem: 'memory' as const, state: 'attached' as const};
  model.apply(frame({header: header([growth])}));
  const {kind: _, time: __, mono_ns: ___, type: ____, subsystem: _____, severity: ______, ...ahead} = foretold(1);
  const shop = {
    time_bucket: 1,
    container: {id: 'c1', name: 'shop', pod: 'shop-7', namespace: 'prod', runtime: 'containerd'},
    cgroup: '/leaky',
    cpu_time_ms: 500,
    throttled_periods: 4,
    memory_usage_bytes: 95 << 20,
    working_set_bytes: 94 << 20,
    limit_bytes: 100 << 20,
    utilization_pct: 94,
    oom_kills: 2,
    pressure: {memory: {some_avg10_pct: 12.5}},
    run_delay_ms: 1000,
    processes: 2,
    threads: 9,
    rss_bytes: 80 << 20,
    restarts: 4,
    last_exit: {exit_code: 139, signal: 11, signal_name: 'SIGSEGV'},
  };
  const rows = [shop, {time_bucket: 1, container: {id: 'c2'}, cgroup: '/c2', last_exit: {exit_code: 3}}];
  model.apply(frame({sample: {...sample(2000), interval_ms: 2000, containers: rows, predictions: [ahead]}}));
  const [first, second] = shown(containers, 'containers', model.state);
  t.like(first, {name: 'shop', pod: 'prod/shop-7', cpu: '25%', throttled: '2', usage: '95MiB', limit: '100MiB'});
  t.like(first, {utilization: '94%', eta: '300s', kills: '2', hits: '-', 'memory-psi': '13%', 'io-psi': '-'});
  t.like(first, {delay: '50%', processes: '2', threads: '9', rss: '80MiB', restarts: '4', 'last-exit': 'SIGSEGV'});
  t.like(second, {name: 'c2', pod: '-', cpu: '-', limit: '-', eta: '-', kills: '-'});
  t.like(second, {delay: '-', processes: '-', restarts: '-', 'last-exit': 'code 3'});
  model.apply(frame({sample: sample(3000)}));
  t.is(pane(containers, 'containers', 'list').empty(model.state), 'no container is to be seen here');
});

test('memory: rates of faults and swapped pages, now and at their highest', (t) => {
  const model = new Model();
  const faults = {id: 'faults', subsystem: 'memory' as const, state: 'attached' as const};
  model.apply(frame({header: header([faults])}));
  const counters = (major: number, minor: number) => [
    {name: 'page_faults', labels: {kind: 'major'}, value: major},
    {name: 'page_faults', labels: {kind: 'minor'}, value: minor},
  ];
  [10, 40, 45].forEach((major, i) => {
    const events = [fault(i * 1000 + 500, {pid: 5, comm: 'reader'})];
    model.apply(frame({events, sample: sample((i + 1) * 1000, {counters: counters(major, major * 100)})}));
  });
  const lines = painted(memory, 'fault-rates', model.state);
  t.regex(lines[0]!, /now +most/);
  t.regex(lines[1]!, /major faults +5\/s +30\/s .*[▁▂▃▄▅▆▇█]/);
  t.regex(lines[2]!, /minor faults +500\/s +3k\/s/);
  t.regex(lines[3]!, /swapped in +- +-/);
  t.like(shown(memory, 'faulters', model.state), [{pid: '5', comm: 'reader', major: '3', minor: '-', worst: '-'}]);
});

test('network: segments by peer; drops by reason with the kernel’s count; interfaces; what moved first', async (t) => {
  const resent = objectsOf('trouble').filter((each) => each.kind === 'event' && each.type === 'TCP_RETRANSMIT');
  const segments = resent.reduce((sum, each) => sum + (each as unknown as {segments: number}).segments, 0);
  t.like(shown(network, 'peers', await stateOf('trouble')), [
    {address: '10.99.0.2', segments: String(segments), state: 'ESTABLISHED'},
  ]);
  const state = await stateOf('drops');
  const drops = shown(network, 'drops', state);
  t.like(
    drops.find(({reason}) => reason === 'SOCKET_RCVBUFF'),
    {class: 'fault', packets: '594', location: 'udp_queue_rcv_one_skb+0x437', device: 'lo'},
  );
  t.like(
    drops.find(({reason}) => reason === 'NO_SOCKET'),
    {class: 'normal', location: '-'},
  );
  t.deepEqual(
    shown(network, 'interfaces', state).map(({device}) => device),
    ['lo', 'ifb0', 'ifb1', 'eth0'],
  );
  const protocols = shown(network, 'protocols', state);
  t.true(
    protocols.slice(0, 8).some(({name, grown}) => name === 'Udp.RcvbufErrors' && grown === '594'),
    JSON.stringify(protocols.slice(0, 8)),
  );
  t.is(protocols.at(-1)!.grown, '0');
});

test('probes: state, method, what they found and lost, cost where it is known', async (t) => {
  const state = await stateOf('drops');
  const rows = shown(probes, 'probe-table', state);
  t.is(rows.length, state.probes.length);
  t.like(
    rows.find(({id}) => id === 'drops'),
    {state: 'attached', method: 'tp_btf', lost: '0', ns: '-', cpu: '-'},
  );
  t.like(
    rows.find(({id}) => id === 'sched'),
    {state: 'off', rate: '-', lost: '-', warn: '1ms'},
  );
  const model = new Model();
  model.apply(frame({header: header()}));
  const counters = (n: number) => [
    {name: 'hits', labels: {probe: 'sched'}, value: n},
    {name: 'probe_runs', labels: {probe: 'sched'}, value: n * 100},
    {name: 'probe_run_ns', labels: {probe: 'sched'}, value: n * 8500},
  ];
  for (const [i, n] of [100, 2100].entries())
    model.apply(
      frame({sample: sample((i + 1) * 1000, {counters: counters(n), loss: {sched: {held: 3, lost: 0, missed: 1}}})}),
    );
  // 200,000 runs of 85 ns in a second on two CPUs.
  t.like(shown(probes, 'probe-table', model.state)[0], {
    id: 'sched',
    rate: '2k/s',
    ns: '85',
    cpu: '0.85%',
    held: '3',
    lost: '0',
    missed: '1',
  });
});

test('figures past a threshold have its colour', async (t) => {
  const state = await stateOf('trouble');
  const tokens = (view: View, id: string, column: string) => {
    const list = pane(view, id, 'list');
    const found = list.columns.find((each) => each.id === column)!;
    return list.rows(state).map((row) => [found.text(row), found.token?.(row)]);
  };
  t.deepEqual(tokens(disk, 'devices', 'p99').sort(), [
    ['110ms', 'heat.critical'],
    ['5.5ms', 'text'],
  ]);
  const worst = tokens(sched, 'waiters', 'worst');
  t.deepEqual(worst.slice(0, 2), [
    ['81.4ms', 'heat.warning'],
    ['636ms', 'heat.critical'],
  ]);
});

test('processes: starts and exits, newest first, with how and after how long they ended', (t) => {
  const model = new Model();
  const crash = {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', core: true as const, severity: 'warning' as const};
  const events = [ran(100), went(200, {exit_code: 3}), went(300, {...crash, cpu_time_ms: undefined})];
  const probe = {id: 'process', subsystem: 'process' as const, state: 'attached' as const, method: 'tp_btf'};
  model.apply(frame({header: header([probe]), events, sample: sample(1000)}));
  const [first, second, third] = shown(processes, 'starts', model.state);
  t.like(first, {pid: '91', what: 'SIGSEGV core', lifetime: '1.5s', cpu: '-', memory: '64MiB', file: '-'});
  t.like(second, {what: 'exit 3', cpu: '821ms', parent: '90'});
  t.like(third, {what: 'starts', comm: 'cc1', file: '/usr/lib/gcc/cc1', lifetime: '-'});
  const list = pane(processes, 'starts', 'list');
  t.is(list.columns[3]!.token?.(list.rows(model.state)[0]), 'heat.warning');
  t.is(list.empty(new Model().state), 'waiting for the first sample');
});

test('why a list is empty is said: the probe is off, nothing happened, or nothing came yet', async (t) => {
  const waiters = pane(sched, 'waiters', 'list');
  t.is(waiters.empty(new Model().state), 'waiting for the first sample');
  t.is(waiters.empty(await stateOf('drops')), 'the sched probe is off');
  const model = new Model();
  model.apply(frame({header: header(), sample: sample(1000)}));
  t.regex(waiters.empty(model.state), /no wait of the last minute/);
  t.regex(painted(sched, 'waits', model.state).join(), /no task has waited/);
});

test('lists are sound: ids of their own, a sort that exists, the first columns fit the narrowest screen', (t) => {
  const ids = VIEWS.flatMap(panesOf).map(({id}) => id);
  t.is(new Set(ids).size, ids.length);
  for (const list of VIEWS.flatMap(panesOf).filter((each) => each.kind === 'list')) {
    const columns = list.columns.map(({id}) => id);
    t.is(new Set(columns).size, columns.length, list.id);
    const {sort} = list;
    if (sort) t.truthy(list.columns.find(({id}) => id === sort.column)?.value, list.id);
    for (const {title, width, id} of list.columns) t.true(textWidth(title) <= width, `${list.id} ${id}`);
    const least = list.columns.filter(({priority}) => priority === 0).reduce((sum, {width}) => sum + width + 1, 0);
    t.true(least <= 58, `${list.id} needs ${least} cells`);
  }
});

test('canvases fill their cells, from any recording', async (t) => {
  for (const name of ['trouble', 'files', 'drops', 'lockup']) {
    const state = await stateOf(name);
    for (const canvas of VIEWS.flatMap(panesOf).filter((each) => each.kind === 'canvas')) {
      for (const [width, height] of [
        [38, 3],
        [78, 6],
        [198, 20],
      ] as const) {
        const lines = canvas.paint(state, makeTheme('dark'), width, height);
        t.true(lines.length <= height, canvas.id);
        for (const line of lines) t.is(textWidth(unstyled(line)), width, canvas.id);
      }
    }
  }
});
