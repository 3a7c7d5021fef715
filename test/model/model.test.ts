import test from 'ava';
import {MAX_PIECES} from '../../src/model/bounded.ts';
import {MAX_RECENT_CPU_CELLS, MAX_TOTAL_CPU_CELLS, Recent, Totals} from '../../src/model/distributions.ts';
import {MAX_EVENTS, Model} from '../../src/model/model.ts';
import {Drops} from '../../src/model/status/drops.ts';
import {Timeline} from '../../src/model/status/timeline.ts';
import type {Distribution} from '../../src/types/state.ts';
import type {Counter} from '../../src/types/stream.ts';
import {
  frame,
  header,
  histogram,
  oom,
  PROBES,
  retransmit,
  sampleFrame,
  stamp,
  unknownEvent,
  wait,
} from '../util/synthetic.ts';

const hits = (probe: string, value: number): Counter => ({name: 'hits', labels: {probe}, value});

function started(probes = PROBES): Model {
  const model = new Model();
  model.apply(frame({header: header(probes)}));
  return model;
}

const tile = (model: Model, name: string) => model.state.subsystems.find((each) => each.name === name);

test('only subsystems with a probe in the header appear, in the fixed order', (t) => {
  const model = started([...PROBES].reverse().slice(0, 3));
  t.deepEqual(
    model.state.subsystems.map((each) => each.name),
    ['block', 'memory', 'network'],
  );
});

test('a subsystem is UNKNOWN while none of its probes is attached', (t) => {
  const model = started(
    PROBES.map((probe) => (probe.id === 'oom' ? {...probe, state: 'unavailable' as const} : probe)),
  );
  t.is(tile(model, 'memory')?.status, 'UNKNOWN');
  t.is(tile(model, 'sched')?.status, 'OK');
  t.is(model.state.overall, 'HEALTHY');
  model.apply(frame({probes: [{kind: 'probe', ...stamp(10), id: 'sched', state: 'off'}]}));
  t.is(tile(model, 'sched')?.status, 'UNKNOWN');
  t.is(tile(model, 'sched')?.worstStatus, 'OK');
  model.apply(frame({probes: [{kind: 'probe', ...stamp(20), id: 'sched', state: 'degraded', method: 'raw_tp'}]}));
  t.is(tile(model, 'sched')?.status, 'OK');
});

test('a subsystem whose only probe is paused is UNKNOWN too, and says why', (t) => {
  const model = started();
  const reason = 'paused by the overhead governor: 2% of all CPUs’ time, budget 1% (--max-overhead)';
  model.apply(frame({probes: [{kind: 'probe', ...stamp(10), id: 'sched', state: 'paused', reason}]}));
  t.like(tile(model, 'sched'), {status: 'UNKNOWN', why: 'paused by the overhead governor'});
  t.like(model.state.probes.find(({id}) => id === 'sched')!, {state: 'paused', reason, method: undefined});
  t.is(model.state.overall, 'HEALTHY');
  model.apply(frame({probes: [{kind: 'probe', ...stamp(20), id: 'sched', state: 'attached', method: 'tp_btf'}]}));
  t.like(tile(model, 'sched'), {status: 'OK', why: ''});
});

test('an OOM kill is critical for 60 s', (t) => {
  const model = started();
  model.apply(frame({events: [oom(1000, {memcg: '/a', constraint: 'memcg', limit_bytes: 64 * 2 ** 20})]}));
  t.is(tile(model, 'memory')?.status, 'CRITICAL');
  t.is(model.state.overall, 'CRITICAL');
  model.apply(sampleFrame(60_900));
  t.is(tile(model, 'memory')?.status, 'CRITICAL');
  model.apply(sampleFrame(61_000));
  t.is(tile(model, 'memory')?.status, 'OK');
  const summary = model.finish(stamp(61_000));
  t.is(summary.overall, 'CRITICAL');
  t.is(summary.subsystems.memory?.worst_status, 'CRITICAL');
  t.true(summary.findings.includes('memory: OOM kill of pid 2345 java in /a (limit 64MiB)'));
  t.true(summary.recommendations.some((each) => each.includes('raise memory.max of /a')));
});

test('events are the kernel’s count, also across a counter that restarts', (t) => {
  const model = started();
  model.apply({...sampleFrame(1000, {counters: [hits('sched', 40)]}), events: [wait(500, 2000)]});
  t.is(tile(model, 'sched')?.events, 40);
  t.is(tile(model, 'sched')?.rate, 40);
  model.apply(sampleFrame(3000, {interval_ms: 2000, counters: [hits('sched', 100)]}));
  t.is(tile(model, 'sched')?.events, 100);
  t.is(tile(model, 'sched')?.rate, 30);
  model.apply(sampleFrame(4000, {counters: [hits('sched', 7)]}));
  t.is(tile(model, 'sched')?.events, 107);
});

test('without a counter, events are the delivered ones', (t) => {
  const model = started();
  model.apply({...sampleFrame(1000), events: [wait(500, 2000), wait(600, 2000)]});
  t.is(tile(model, 'sched')?.events, 2);
});

test('a sample of no length only tells where the counters stood', (t) => {
  const model = started();
  model.apply(sampleFrame(0, {interval_ms: 0, counters: [hits('sched', 5000)]}));
  model.apply(sampleFrame(1000, {counters: [hits('sched', 5010)]}));
  t.is(tile(model, 'sched')?.events, 10);
  t.is(tile(model, 'sched')?.rate, 10);
});

test('the sample’s own figures are completed in place', (t) => {
  const model = started();
  const input = sampleFrame(1000, {
    histograms: [histogram('sched', {}, [10, 20, 30, 3000])],
    counters: [hits('sched', 1)],
  });
  model.apply(input);
  const sched = input.sample?.subsystems.sched;
  t.is(sched?.status, 'OK');
  t.is(sched?.events, 1);
  t.is(sched?.rate_per_s, 1);
  t.is(sched?.max_us, 3000);
  t.is(sched?.p99_us, 2816);
  t.is(sched?.p50_us, 18);
  t.deepEqual(Object.keys(input.sample?.subsystems ?? {}), ['sched', 'block', 'memory', 'network']);
});

test('recent distributions cover 60 s, total ones the run, with CPUs', (t) => {
  const model = started();
  for (let at = 1000; at <= 90_000; at += 1000) {
    const slow = at === 5000 ? [9000] : [];
    model.apply(sampleFrame(at, {histograms: [histogram('sched', {}, [10, 20, ...slow], [[10], [20, ...slow]])]}));
  }
  t.is(model.state.total[0]?.count, 181);
  t.is(model.state.total[0]?.max, 9000);
  t.is(model.state.recent[0]?.count, 120);
  t.is(model.state.recent[0]?.max, 20);
  t.is(model.state.recent[0]?.sum, 60 * 30);
  const perCpu = model.state.recent[0]?.cpus?.map((row) => row.reduce((sum, n) => sum + n, 0));
  t.deepEqual(perCpu, [60, 60]);
  model.apply(sampleFrame(200_000));
  t.deepEqual(model.state.recent, []);
});

test('what is summed up leaves the samples as they came', (t) => {
  const model = started();
  const frames = Array.from({length: 40}, (_, i) =>
    sampleFrame(100 * (i + 1), {interval_ms: 100, histograms: [histogram('sched', {}, [10, 20], [[10], [20]])]}),
  );
  const histograms = frames.map(({sample}) => structuredClone(sample?.histograms));
  for (const frame of frames) model.apply(frame);
  t.is(model.state.recent[0]?.count, 80);
  t.deepEqual(
    frames.map(({sample}) => sample?.histograms),
    histograms,
  );
});

test('samples of 0.1 s give the same recent sums', (t) => {
  const model = started();
  for (let at = 100; at <= 70_000; at += 100) {
    model.apply(sampleFrame(at, {interval_ms: 100, histograms: [histogram('sched', {}, [10])]}));
  }
  const count = model.state.recent[0]?.count as number;
  t.true(count >= 600 && count <= 610, `${count}`);
  t.is(
    model.state.recent[0]?.counts.reduce((sum, n) => sum + n, 0),
    count,
  );
});

test('history is bounded and knows samples without a figure', (t) => {
  const model = started();
  for (let i = 1; i <= 70; i++) {
    const histograms = i % 2 ? [histogram('sched', {}, [i])] : [];
    model.apply(sampleFrame(i * 1000, {histograms, counters: [hits('oom', i * 3)]}));
  }
  const history = tile(model, 'sched')?.history ?? [];
  t.is(history.length, 60);
  t.is(history.at(-1), undefined);
  t.is(history.at(-2), 69);
  t.deepEqual(new Set(tile(model, 'memory')?.history), new Set([3]));
});

test('the event buffer keeps the newest 10,000 and counts all', (t) => {
  const model = started();
  for (let n = 0; n < 25; n++) {
    model.apply(frame({events: Array.from({length: 1000}, (_, i) => wait(n * 1000 + i, 1000 + n))}));
  }
  t.is(model.state.events.length, MAX_EVENTS);
  t.is(model.state.eventSeq, 25_000);
  t.is((model.state.events[0] as {latency_us: number}).latency_us, 1015);
  t.is((model.state.events.at(-1) as {latency_us: number}).latency_us, 1024);
});

test('thresholds follow probe objects', (t) => {
  const model = started();
  model.apply(
    frame({probes: [{kind: 'probe', ...stamp(10), id: 'sched', state: 'attached', warn_us: 5, crit_us: 50}]}),
  );
  t.is(model.state.thresholds?.sched_warn_us, 5);
  t.is(model.state.thresholds?.sched_crit_us, 50);
  t.is(model.state.thresholds?.block_warn_us, 10_000);
  t.is(model.state.header?.thresholds.sched_warn_us, 1000);
});

test('an event of an unknown type is kept', (t) => {
  const model = started();
  model.apply(frame({events: [unknownEvent(1, {colour: 'blue'})]}));
  t.is(model.state.events.length, 1);
});

test('a header in the middle starts everything anew, but events stay counted on', (t) => {
  const model = started();
  const state = model.state;
  model.apply({...sampleFrame(1000, {histograms: [histogram('sched', {}, [10])]}), events: [wait(1, 2000)]});
  model.apply(frame({header: header()}));
  t.is(model.state, state);
  t.is(state.sample, undefined);
  t.deepEqual(state.total, []);
  t.deepEqual(state.events, []);
  t.is(state.eventSeq, 1);
  t.is(state.nowNs, state.startNs);
});

test('the summary speaks of the whole run', (t) => {
  const model = started();
  const slow = new Array<number>(5).fill(4000);
  for (let at = 1000; at <= 100_000; at += 1000) {
    const values = at <= 50_000 ? slow : [10, 10];
    const loss = {sched: {held: 3, lost: 2, missed: 1}};
    const counters = [hits('sched', 250)];
    const events = at <= 50_000 ? [wait(at - 10, 4000)] : [];
    model.apply({...sampleFrame(at, {histograms: [histogram('sched', {}, values)], counters, loss, load1: 7}), events});
  }
  const summary = model.finish(stamp(100_500));
  t.is(summary.duration_s, 100.5);
  t.is(summary.overall, 'ELEVATED ACTIVITY');
  t.is(summary.subsystems.sched?.status, 'OK');
  t.is(summary.subsystems.sched?.worst_status, 'WARNING');
  t.is(summary.subsystems.sched?.max_us, 4000);
  t.is(summary.subsystems.sched?.p99_us, 3840);
  t.is(summary.subsystems.block?.p99_us, undefined);
  t.deepEqual(summary.findings, [
    'sched: p99 wait 3.8ms over the run, worst 4ms (pid 123 victim, behind pid 456 hog): more runnable tasks than CPUs (load 7 on 2 CPUs)',
    'sched: 100% of 50 reported waits were behind pid 456 hog',
    'sched: events not shown of 250: 3 held by the rate limit, 2 lost to a full buffer, 1 missed by the kernel; counts and distributions lack the missed ones',
  ]);
});

test('throttled waits are named as such and blame nobody', (t) => {
  const model = started();
  const events = [
    wait(500, 3000, {cause: 'throttled', cgroup: '/limited'}),
    wait(600, 90_000, {cause: 'throttled', cgroup: '/limited'}),
  ];
  model.apply({...sampleFrame(1000, {histograms: [histogram('sched', {}, [3000, 90_000])]}), events});
  const text = model.state.findings.join('\n');
  t.regex(text, /\/limited was held to its own limit \(cpu\.max\): .* throttled for 93ms .* \(2 of 2 reported waits\)/);
  t.notRegex(text, /behind/);
  t.true(model.state.recommendations.some((each) => each.includes('cpu.max')));
});

test('peers of retransmits are named when they concentrate', (t) => {
  const model = started();
  const net = (retransmitted: number, sent: number): Counter[] => [
    {name: 'tcp_retransmitted_segments', labels: {netns: '1'}, value: retransmitted},
    {name: 'tcp_sent_segments', labels: {netns: '1'}, value: sent},
  ];
  model.apply(sampleFrame(1000, {counters: net(0, 1000)}));
  const events = Array.from({length: 8}, (_, i) => retransmit(1500, {daddr: i < 6 ? '192.0.2.7' : '192.0.2.8'}));
  model.apply({...sampleFrame(2000, {counters: net(8, 1200)}), events});
  t.deepEqual(model.state.findings, [
    'network: 4% of 200 TCP segments sent again over the last 30 s; 6 of 8 reported ones to 192.0.2.7',
  ]);
});

test('who was ahead of the waits: one process, or many of one name', (t) => {
  const after = (prev_pid: (i: number) => number) => {
    const model = started();
    const events = Array.from({length: 20}, (_, i) => wait(500 + i, 3000, {prev_pid: prev_pid(i), prev_comm: 'hog'}));
    model.apply({...sampleFrame(1000), events});
    return model.state.findings.find((each) => each.includes('behind') && each.includes('%'));
  };
  t.is(
    after((i) => (i < 7 ? 9 : 100 + i)),
    'sched: 35% of 20 reported waits were behind pid 9 hog',
  );
  t.is(
    after((i) => 100 + i),
    'sched: 100% of 20 reported waits were behind tasks named hog',
  );
});

test('own cost is averaged by time, not by sample', (t) => {
  const model = started();
  const cost = (at: number, interval_ms: number, cpu_pct: number) => {
    const input = sampleFrame(at, {interval_ms});
    Object.assign(input.sample?.self ?? {}, {cpu_pct, rss_bytes: at});
    model.apply(input);
  };
  cost(9900, 9900, 1);
  cost(10_000, 100, 51);
  t.deepEqual(model.state.ownCost, {cpu_pct: 1.5, rss_bytes: 10_000});
});

test('after time went backwards nothing is left of the last minute, and it passes again', (t) => {
  const model = started();
  const errors = (value: number): Counter => ({name: 'net_errors', labels: {device: 'eth0', direction: 'rx'}, value});
  const slow = [histogram('sched', {}, [3000, 4000])];
  model.apply(sampleFrame(5_000_000, {counters: [errors(0)]}));
  model.apply(sampleFrame(5_001_000, {counters: [errors(500)]}));
  const throttled = wait(5_001_500, 3000, {cause: 'throttled', cgroup: '/limited'});
  model.apply({...sampleFrame(5_002_000, {histograms: slow}), events: [throttled]});
  t.is(model.state.findings.filter((each) => /errors|throttling/.test(each)).length, 2);
  for (let at = 0; at < 3000; at += 1000) {
    model.apply(sampleFrame(at));
    t.deepEqual(model.state.recent, []);
    t.deepEqual(model.state.findings, []);
  }
  t.is(model.state.total[0]?.count, 2, 'the run keeps it');
});

test('an event of a far future doesn’t hold the status for ever', (t) => {
  const model = started();
  model.apply(frame({events: [oom(9_000_000_000)]}));
  t.is(tile(model, 'memory')?.status, 'CRITICAL');
  model.apply(sampleFrame(1000));
  t.is(tile(model, 'memory')?.status, 'OK');
});

test('a stream whose time stands still fills no memory', (t) => {
  const timeline = new Timeline([1, 10]);
  const drops = new Drops();
  const labels = {class: 'fault', reason: 'X'};
  for (let i = 0; i < 2 * MAX_PIECES; i++) {
    timeline.push(0, 1000, {counts: [0, 1, 0], max: 10});
    drops.push(0, 1000, [{name: 'packet_drops', labels, by: 1, first: false, grown: 1}]);
  }
  t.is(timeline.window(0, 1000).count, MAX_PIECES);
  t.is(drops.recent()[0]?.n, MAX_PIECES);
});

test('huge distributions by CPU fill no memory: the whole is kept', (t) => {
  const [totals, recent] = [new Totals(), new Recent()];
  const row = new Array<number>(1024).fill(1);
  const bounds = Array.from({length: 1023}, (_, i) => i + 1);
  const cells = (list: readonly Distribution[]) =>
    list.reduce((sum, {cpus = []}) => sum + cpus.reduce((all, each) => all + each.length, 0), 0);
  const one = {unit: 'us' as const, labels: {}, bounds, counts: row, sum: 1, count: 1024, max: 1};
  const cpus = new Array<number[]>(1024).fill(row);
  for (let i = 0; i < 12; i++) {
    totals.add(`${i}`, {...one, name: `${i}`, cpus});
    recent.add(`${i}`, {...one, name: `${i}`, cpus}, i * 2000);
  }
  t.is(cells(totals.list), MAX_TOTAL_CPU_CELLS);
  t.is(cells(recent.list), MAX_RECENT_CPU_CELLS / 2);
  for (const {list} of [totals, recent]) t.true(list.length === 12 && list.every(({count}) => count === 1024));
  recent.expire(100_000);
  t.is(recent.list.length, 0);
  for (let i = 0; i < 3; i++) recent.add('a', {...one, name: 'a', cpus}, 200_000 + i);
  t.is(cells(recent.list), 2 ** 20, 'there is room again');
  t.is(recent.list[0]?.cpus?.[1023]?.[5], 3);
});
