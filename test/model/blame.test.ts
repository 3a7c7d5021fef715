import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Culprit, SchedLatencyEvent} from '../../src/types/stream.ts';
import {frame, header, sampleFrame, stamp, wait} from '../util/synthetic.ts';

const VICTIM = {pid: 10, tid: 11, comm: 'postgres'};
const HOG: Culprit = {pid: 20, comm: 'stress-ng', ran_us: 9000};

/** A model after samples a second apart, and the samples with what it put in them. */
function after(...seconds: SchedLatencyEvent[][]) {
  const model = new Model();
  model.apply(frame({header: header()}));
  const samples = seconds.map((events, i) => {
    const input = {...sampleFrame((i + 1) * 1000), events};
    model.apply(input);
    return input.sample!;
  });
  return {model, samples};
}

const waits = (n: number, more: Partial<SchedLatencyEvent>, us = 10_000) =>
  Array.from({length: n}, (_, i) => wait(10 + i, us, {...VICTIM, ...more}));

test('a sample has the blame of its interval, the view that of the last minute', (t) => {
  const other = {pid: 30, comm: 'cc1', ran_us: 500};
  const {model, samples} = after(
    waits(3, {culprits: [HOG, other]}),
    [],
    [wait(2500, 7000, {...VICTIM, culprits: [{...HOG, ran_us: 7000, container: {id: 'c1', name: 'noise'}}]})],
  );
  const victim = {pid: 10, comm: 'postgres'};
  t.deepEqual(samples[0]?.blame, [
    {subsystem: 'sched', victim, culprit: {pid: 20, comm: 'stress-ng'}, wait_ms: 27},
    {subsystem: 'sched', victim, culprit: {pid: 30, comm: 'cc1'}, wait_ms: 1.5},
  ]);
  t.is(samples[1]?.blame, undefined, 'nobody waited');
  t.is(samples[2]?.blame?.[0]?.wait_ms, 7);
  t.deepEqual(samples[2]?.blame?.[0]?.culprit.container, {id: 'c1', name: 'noise'});
  const [first, second] = model.state.detail.blame;
  t.like(first, {wait_us: 34_000, waits: 4, worst_us: 9000, victim: {pid: 10}, culprit: {pid: 20, container: 'noise'}});
  t.like(second, {wait_us: 1500, waits: 3, culprit: {comm: 'cc1'}});
});

test('a wait without culprits or without an owner blames nobody', (t) => {
  const {model, samples} = after([
    wait(1, 5000, {...VICTIM, cause: 'throttled', throttled_us: 5000}),
    wait(2, 5000, {...VICTIM, prev_pid: 0, covered_pct: 0}),
    wait(3, 5000, {pid: undefined, comm: undefined, culprits: [HOG]}),
  ]);
  t.is(samples[0]?.blame, undefined);
  t.deepEqual(model.state.detail.blame, []);
});

test('blame that a recording brings without its events stays as it is', (t) => {
  const model = new Model();
  model.apply(frame({header: header()}));
  const input = sampleFrame(1000);
  const recorded = [
    {subsystem: 'sched' as const, victim: {pid: 1, comm: 'a'}, culprit: {pid: 2, comm: 'b'}, wait_ms: 5},
  ];
  input.sample!.blame = recorded;
  model.apply(input);
  t.deepEqual(input.sample!.blame, recorded);
});

test('names are told apart whatever they hold, and a flood of them hides no hog', (t) => {
  const hostile = ['a b', 'a', '', '"]', '\u0000', '__proto__', 'x\n1 y', '\u001b[2J'];
  const {samples} = after(
    hostile.map((comm, i) =>
      wait(i, 3000, {pid: 5, comm, culprits: [{pid: 6, comm: hostile[hostile.length - 1 - i]!, ran_us: 1000}]}),
    ),
  );
  t.deepEqual(
    new Set(samples[0]?.blame?.map(({victim, culprit}) => `${victim.comm}>${culprit.comm}`)),
    new Set(hostile.map((comm, i) => `${comm}>${hostile[hostile.length - 1 - i]}`)),
  );
  const flood = Array.from({length: 5000}, (_, i) =>
    wait(i / 10, 2000, {...VICTIM, culprits: [i % 10 ? {pid: 1000 + i, comm: `n${i}`, ran_us: 2} : HOG]}),
  );
  const {model, samples: flooded} = after(flood);
  t.like(flooded[0]?.blame?.[0], {culprit: {pid: 20, comm: 'stress-ng'}, wait_ms: 4500});
  t.true((flooded[0]?.blame?.length ?? 0) <= 50 && model.state.detail.blame.length <= 128);
});

test('a finding says who waited because of whom, with the share', (t) => {
  const {model} = after(
    waits(100, {
      culprits: [
        {...HOG, ran_us: 9100},
        {pid: 30, comm: 'cc1', ran_us: 400},
      ],
    }),
  );
  const text = 'sched: pid 10 postgres waited 1s for a CPU over the last minute, 91% of it behind pid 20 stress-ng';
  t.true(model.state.findings.includes(text), model.state.findings.join('\n'));
  t.true(
    model.state.recommendations.some((advice) => /pid 10 postgres more weight than pid 20 stress-ng/.test(advice)),
  );
  t.true(model.finish(stamp(1001)).findings.includes(text.replace('the last minute', 'the run')));
});

test('threads that wait for each other are said to, and little or spread blame is no finding', (t) => {
  const own = after(waits(100, {culprits: [{pid: 10, comm: 'postgres', ran_us: 9000}]})).model.state;
  t.true(own.findings.some((text) => /behind threads of its own$/.test(text)));
  const blames = (events: SchedLatencyEvent[]) =>
    after(events).model.state.findings.filter((text) => / of it behind /.test(text));
  t.deepEqual(blames(waits(40, {culprits: [HOG]})), [], 'too little');
  t.deepEqual(blames(waits(200, {culprits: [{...HOG, ran_us: 4000}]})), [], 'too small a part');
  t.deepEqual(blames(waits(200, {cause: 'throttled', throttled_us: 10_000})), [], 'throttled');
});

test('the same by container, what is in none as the host; nothing where no container has a part', (t) => {
  const db = {id: 'c1', name: 'db'};
  const noise = {id: 'c2'};
  const {model} = after([
    wait(1, 10_000, {
      ...VICTIM,
      container: db,
      culprits: [
        {...HOG, container: noise},
        {pid: 21, comm: 'b', ran_us: 500},
      ],
    }),
    wait(2, 10_000, {...VICTIM, pid: 12, container: db, culprits: [{...HOG, pid: 22, container: noise, ran_us: 4000}]}),
    wait(3, 10_000, {...VICTIM, pid: 13, culprits: [HOG]}),
  ]);
  t.deepEqual(
    model.state.detail.containerBlame.map(({victim, culprit, wait_us, waits: n, worst_us}) => [
      victim.container,
      culprit.container,
      wait_us,
      n,
      worst_us,
    ]),
    [
      ['db', 'c2', 13_000, 2, 9000],
      ['db', 'host', 500, 1, 500],
    ],
  );
  t.deepEqual(after(waits(3, {culprits: [HOG]})).model.state.detail.containerBlame, []);
});

test('a request’s wait for a disk is blamed on others that kept it busy, writeback by its name, not on itself', (t) => {
  const slow = (atMs: number, more: object) => ({
    ...stamp(atMs),
    kind: 'event' as const,
    type: 'BIO_LATENCY' as const,
    subsystem: 'block' as const,
    severity: 'warning' as const,
    cpu: 0,
    latency_us: 20_000,
    op: 'write' as const,
    device: 'sda',
    sector: '8',
    size_bytes: 4096,
    ...VICTIM,
    ...more,
  });
  const share = {requests: 9, size_bytes: 36_864};
  const culprits = [
    {pid: 20, comm: 'fio', owner: 'task', wait_us: 9000, ...share},
    {owner: 'writeback', wait_us: 5000, ...share},
    {pid: VICTIM.pid, comm: VICTIM.comm, owner: 'task', wait_us: 4000, ...share},
    {wait_us: 1000, ...share},
  ];
  const model = new Model();
  model.apply(frame({header: header()}));
  const input = {...sampleFrame(1000), events: [slow(1, {culprits}), slow(2, {culprits}), slow(3, {})]};
  model.apply(input);
  const victim = {pid: 10, comm: 'postgres'};
  t.deepEqual(input.sample!.blame, [
    {subsystem: 'block', victim, culprit: {pid: 20, comm: 'fio'}, wait_ms: 18},
    {subsystem: 'block', victim, culprit: {comm: 'writeback'}, wait_ms: 10},
  ]);
});
