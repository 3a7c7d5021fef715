import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Status} from '../../src/types/stream.ts';
import {frame, header, histogram, request, sampleFrame, wait} from '../util/synthetic.ts';

const many = (n: number, us: number) => new Array<number>(n).fill(us);

/** Feeds samples of sched waits every `stepMs`; `values(atMs)` are the waits of the interval that ends then. */
function feed(
  model: Model,
  fromMs: number,
  toMs: number,
  stepMs: number,
  values: (atMs: number) => number[],
): Status[] {
  const statuses: Status[] = [];
  for (let at = fromMs + stepMs; at <= toMs + 1e-6; at += stepMs) {
    const histograms = [histogram('sched', {}, values(at))];
    model.apply(sampleFrame(at, {interval_ms: stepMs, histograms}));
    statuses.push(model.state.subsystems[0]?.status as Status);
  }
  return statuses;
}

function started(): Model {
  const model = new Model();
  model.apply(frame({header: header()}));
  return model;
}

for (const stepMs of [100, 1000, 3000, 7000]) {
  test(`p99 over the warning in two of three 10-s windows warns, at intervals of ${stepMs} ms`, (t) => {
    const model = started();
    // 1 % and more of the waits are 3 ms: the p99 is.
    const busy = () => [...many(30, 20), ...many(2, 3000)];
    const statuses = feed(model, 0, 42_000, stepMs, busy);
    const at = (statuses.indexOf('WARNING') + 1) * stepMs;
    // The second window counts once it has passed.
    t.true(at >= 20_000 && at < 20_000 + stepMs, `warned at ${at} ms`);
    t.is(statuses.at(-1), 'WARNING');
    t.false(statuses.includes('CRITICAL'));
    t.regex(model.state.subsystems[0]?.why ?? '', /^p99 (2\.8|3)ms in [23] of the last 3 10-s windows$/);
    t.is(model.state.overall, 'ELEVATED ACTIVITY');
  });
}

test('a coarse sample stands for each window that it covers', (t) => {
  const model = started();
  const busy = () => [...many(120, 20), ...many(20, 3000)];
  t.deepEqual(feed(model, 0, 60_000, 60_000, busy), ['WARNING']);
  // 140 samples in 60 s are 23 a window; half as many are too few to judge.
  const few = started();
  t.deepEqual(
    feed(few, 0, 60_000, 60_000, () => [...many(60, 20), ...many(10, 3000)]),
    ['OK'],
  );
});

test('fewer than 20 samples in a window are no evidence', (t) => {
  const model = started();
  t.deepEqual(
    new Set(feed(model, 0, 60_000, 1000, (at) => (at % 10_000 < 9000 ? many(2, 3000) : []))),
    new Set(['OK']),
  );
});

for (const stepMs of [250, 1000, 3000, 7000]) {
  test(`one bad sample is no warning, at intervals of ${stepMs} ms`, (t) => {
    const model = started();
    const bad = stepMs * Math.round(21_000 / stepMs);
    const statuses = feed(model, 0, 63_000, stepMs, (at) => many(30, at === bad ? 3000 : 20));
    t.deepEqual(new Set(statuses), new Set(['OK']));
  });
}

for (const startMs of [0, 3000, 9000, 9900]) {
  test(`trouble that begins ${startMs} ms into a window warns within 30 s`, (t) => {
    const model = started();
    // stress-ng --cpu 3 on two CPUs: a wait of a slice each few ms, among the others' short ones.
    const statuses = feed(model, 0, 60_000, 1000, (at) =>
      at > startMs ? [...many(200, 20), ...many(40, 3000)] : many(200, 20),
    );
    const at = (statuses.indexOf('WARNING') + 1) * 1000;
    t.true(at > 0 && at <= startMs + 30_000, `warned at ${at} ms`);
  });
}

for (const [fromMs, toMs] of [
  [22_000, 24_000],
  [28_500, 31_000],
  [29_000, 33_000],
  [25_000, 32_000],
] as const) {
  for (const stepMs of [100, 500, 1000]) {
    test(`a burst counts in one window, also over a boundary: ${fromMs} to ${toMs} ms, at intervals of ${stepMs} ms`, (t) => {
      const model = started();
      const burst = (at: number) => (at > fromMs && at <= toMs ? [...many(30, 20), ...many(10, 3000)] : many(30, 20));
      t.deepEqual(new Set(feed(model, 0, 80_000, stepMs, burst)), new Set(['OK']));
    });
  }
}

test('two bursts in two of three windows warn', (t) => {
  const model = started();
  const bursts = (at: number) => ([25_000, 26_000, 45_000, 46_000].includes(at) ? many(30, 3000) : many(30, 20));
  t.is(feed(model, 0, 50_000, 1000, bursts).at(-1), 'WARNING');
  t.regex(model.state.subsystems[0]?.why ?? '', /in 2 of the last 3/);
  // A window further apart they no longer count together.
  const apart = started();
  const far = (at: number) => ([25_000, 26_000, 55_000, 56_000].includes(at) ? many(30, 3000) : many(30, 20));
  t.deepEqual(new Set(feed(apart, 0, 90_000, 1000, far)), new Set(['OK']));
});

for (const [all, slow, warns] of [
  // Of few samples 5 % decide, but never one alone.
  [20, 1, false],
  [20, 2, true],
  [100, 5, false],
  [100, 7, true],
  // An idle host: 500 waits in 10 s, a dozen of kernel threads that waited a tick.
  [500, 12, false],
  [500, 30, true],
  // A third busy: tasks wake while others run.
  [3000, 60, false],
  [3000, 120, true],
  // From 10,000 on it is the plain p99.
  [12_000, 115, false],
  [12_000, 125, true],
] as const) {
  test(`${slow} slow ones of ${all} in each window ${warns ? 'warn' : 'are no evidence'}`, (t) => {
    const each = (at: number) => (at % 10_000 === 5000 ? [...many(all - slow, 20), ...many(slow, 3000)] : []);
    t.is(feed(started(), 0, 60_000, 1000, each).includes('WARNING'), warns);
  });
}

test('p99 over the critical threshold is critical, and clears 30 s after the rule was last met', (t) => {
  const model = started();
  t.is(feed(model, 0, 30_000, 1000, () => many(10, 20_000)).at(-1), 'CRITICAL');
  const after = feed(model, 30_000, 120_000, 1000, () => many(10, 20));
  const seconds = (status: Status) => after.filter((each) => each === status).length;
  // Two of the last three windows are slow until 20 s after it ended; then 30 s below.
  t.true(seconds('CRITICAL') >= 47 && seconds('CRITICAL') <= 50, `${seconds('CRITICAL')} s`);
  t.is(after.at(-1), 'OK');
  t.is(model.state.subsystems[0]?.worstStatus, 'CRITICAL');
  t.is(model.state.subsystems[0]?.why, '');
});

test('hysteresis starts anew when the rule is met again', (t) => {
  const model = started();
  feed(model, 0, 30_000, 1000, () => many(10, 3000));
  feed(model, 30_000, 65_000, 1000, () => many(10, 20));
  feed(model, 65_000, 95_000, 1000, () => many(10, 3000));
  const after = feed(model, 95_000, 140_000, 1000, () => many(10, 20));
  t.true(after.slice(0, 45).every((status) => status === 'WARNING'));
});

test('one event at the critical threshold warns for 60 s, also when only the histogram has it', (t) => {
  const byEvent = started();
  byEvent.apply(frame({events: [wait(500, 45_000)]}));
  t.is(byEvent.state.subsystems[0]?.status, 'WARNING');
  t.is(byEvent.state.subsystems[0]?.why, 'one wait of 45ms');
  const statuses = feed(byEvent, 500, 70_500, 1000, () => many(3, 20));
  t.is(statuses.filter((status) => status === 'WARNING').length, 59);

  const byCount = started();
  const held = feed(byCount, 0, 70_000, 1000, (at) => (at === 1000 ? [45_000] : many(3, 20)));
  t.is(held.filter((status) => status === 'WARNING').length, 60);
});

test('an event just under the critical threshold is no warning', (t) => {
  const model = started();
  model.apply(frame({events: [wait(500, 9999)]}));
  t.is(model.state.subsystems[0]?.status, 'OK');
});

test('time that no sample covers is not time below the rule, but evidence of 60 s ago has gone', (t) => {
  const model = started();
  t.is(feed(model, 0, 30_000, 1000, () => many(10, 3000)).at(-1), 'WARNING');
  // A gap of 35 s, then calm samples: only these count as below.
  const after = feed(model, 65_000, 100_000, 1000, () => many(10, 20));
  t.is(after[0], 'WARNING');
  t.is(after.indexOf('OK'), 24);
  const later = started();
  feed(later, 0, 30_000, 1000, () => many(10, 3000));
  t.is(feed(later, 95_000, 97_000, 1000, () => many(10, 20))[0], 'OK');
});

test('block is judged by device: a busy fast disk does not hide a slow one', (t) => {
  const model = started();
  for (let at = 1000; at <= 30_000; at += 1000) {
    const fast = histogram('block', {device: 'nvme0n1', op: 'read'}, many(10_000, 80));
    const slowReads = histogram('block', {device: 'sdb', op: 'read'}, many(2, 25_000));
    const slowWrites = histogram('block', {device: 'sdb', op: 'write'}, many(2, 25_000));
    const events = [request(at - 500, 25_000, {device: 'sdb', queue_us: 22_500, device_us: 2500})];
    model.apply({...sampleFrame(at, {histograms: [fast, slowReads, slowWrites]}), events});
  }
  const block = model.state.subsystems[1];
  t.is(block?.status, 'WARNING');
  t.regex(block?.why ?? '', /^sdb: p99 2[0-9]ms in 3 of the last 3 10-s windows, 90% of it queue time$/);
  // The tile shows all devices together.
  t.true((block?.p99_us as number) < 100);
  t.is(block?.worst_us, 25_000);
  t.true(model.state.findings.some((each) => each.startsWith('block: sdb p99') && each.includes('90% queue time')));
  t.false(model.state.findings.some((each) => each.includes('nvme0n1')));
});

test('vfs is judged like sched, all operations together', (t) => {
  const probe = {id: 'vfs', subsystem: 'vfs' as const, state: 'attached' as const, method: 'fexit'};
  const vfs = (ops: Record<string, number[]>) => {
    const model = new Model();
    model.apply(frame({header: header([probe], {thresholds: {vfs_warn_us: 5000, vfs_crit_us: 50_000}})}));
    const histograms = Object.entries(ops).map(([op, values]) => histogram('vfs', {op}, values));
    for (let at = 1000; at <= 30_000; at += 1000) model.apply(sampleFrame(at, {histograms}));
    const {status, why, p99_us} = model.state.subsystems[0] ?? {};
    return {status, why, p99_us};
  };
  t.is(vfs({read: many(100, 10), fsync: many(1, 9000)}).status, 'OK');
  const slow = vfs({read: many(100, 10), fsync: many(3, 9000)});
  t.is(slow.status, 'WARNING');
  t.regex(slow.why ?? '', /^p99 [89](\.\d)?ms in [23] of the last 3 10-s windows$/);
  t.is(vfs({open: many(10, 60_000)}).status, 'CRITICAL');
});
