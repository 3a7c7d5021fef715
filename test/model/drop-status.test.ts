import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Counter} from '../../src/types/stream.ts';
import {drop, frame, header, sampleFrame} from '../util/synthetic.ts';

const drops = (value: number, reason = 'SOCKET_RCVBUFF', kind = 'fault', netns = '1'): Counter => ({
  name: 'packet_drops',
  labels: {reason, class: kind, netns},
  value,
});

function started(): Model {
  const model = new Model();
  model.apply(frame({header: header()}));
  return model;
}

const tile = (model: Model) => {
  const {status, why} = model.state.subsystems.find((each) => each.name === 'network') ?? {};
  return {status, why};
};

/** One sample each `stepMs` with so many more drops each; statuses after them. */
function feed(model: Model, stepMs: number, more: number[], make = drops, startMs = 0) {
  let sum = startMs === 0 ? 0 : 1_000_000;
  return more.map((n, i) => {
    sum += n;
    model.apply(sampleFrame(startMs + (i + 1) * stepMs, {interval_ms: stepMs, counters: [make(sum)]}));
    return tile(model).status;
  });
}

const many = (n: number, value: number) => new Array<number>(n).fill(value);

test('over 1 a second for 10 s warns, not before and not at 1', (t) => {
  t.deepEqual(new Set(feed(started(), 1000, many(40, 1))), new Set(['OK']));
  const model = started();
  const statuses = feed(model, 1000, many(10, 2));
  t.is(statuses.indexOf('WARNING'), 5);
  t.deepEqual(tile(model), {status: 'WARNING', why: '2/s packets dropped, most SOCKET_RCVBUFF'});
});

test('a burst in an otherwise clean minute is no 10 s', (t) => {
  t.deepEqual(new Set(feed(started(), 1000, [0, 0, 90, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0])), new Set(['OK']));
  t.deepEqual(new Set(feed(started(), 100, [...many(20, 0), 80, ...many(100, 0)])), new Set(['OK']));
});

test('over 100 a second is critical at once', (t) => {
  t.is(feed(started(), 1000, [0, 100]).at(-1), 'OK');
  t.is(feed(started(), 1000, [0, 101]).at(-1), 'CRITICAL');
  // At shorter intervals the last second counts, at longer ones the whole sample.
  t.is(feed(started(), 100, [0, ...many(10, 10)]).at(-1), 'OK');
  t.is(feed(started(), 100, [0, ...many(10, 11)]).at(-1), 'CRITICAL');
  t.is(feed(started(), 60_000, [0, 6000]).at(-1), 'WARNING');
  t.is(feed(started(), 60_000, [0, 6001]).at(-1), 'CRITICAL');
  t.is(feed(started(), 60_000, [0, 60]).at(-1), 'OK');
  t.is(feed(started(), 60_000, [0, 61]).at(-1), 'WARNING');
});

for (const kind of ['policy', 'normal']) {
  test(`drops of class ${kind} are no trouble`, (t) => {
    const make = (n: number) => drops(n, 'NETFILTER_DROP', kind);
    t.deepEqual(new Set(feed(started(), 1000, many(20, 5000), make)), new Set(['OK']));
  });
}

test('the reason is the most frequent one, with where it was seen most', (t) => {
  const model = started();
  const at = (ms: number, reason: string, location: string) => drop(ms, {reason, location});
  for (let i = 1; i <= 12; i++) {
    const events = [at(i * 1000 - 1, 'QDISC_DROP', 'a+0x1'), at(i * 1000, 'QDISC_DROP', 'b+0x2'), drop(i * 1000)];
    const counters = [drops(i), drops(i * 8, 'QDISC_DROP', 'fault', '1'), drops(i * 4, 'QDISC_DROP', 'fault', '2')];
    if (i % 2) events.push(at(i * 1000, 'QDISC_DROP', 'b+0x2'));
    model.apply({...sampleFrame(i * 1000, {counters}), events});
  }
  t.is(tile(model).why, '13/s packets dropped, most QDISC_DROP at b+0x2');
});

test('it clears 30 s after the last 10 s were calm', (t) => {
  const model = started();
  const statuses = feed(model, 1000, [...many(12, 5), ...many(60, 0)]);
  // Of the last 10 s more than half had drops until 4 s after the last one.
  t.is(statuses.lastIndexOf('WARNING'), 11 + 4 + 29);
  t.is(statuses.at(-1), 'OK');
});

test('a gap is no calm, and what a recording had counted before is no drop', (t) => {
  const model = started();
  model.apply(sampleFrame(0, {interval_ms: 0, counters: [drops(1_000_000)]}));
  feed(model, 1000, many(12, 0), undefined, 1);
  t.is(tile(model).status, 'OK');
  const later = started();
  feed(later, 1000, many(12, 5));
  later.apply(sampleFrame(50_000, {counters: [drops(60)]}));
  t.is(tile(later).status, 'WARNING');
});

test('the worse of drops and retransmits is the status', (t) => {
  const model = started();
  const tcp = (retransmitted: number, sent: number): Counter[] => [
    {name: 'tcp_retransmitted_segments', labels: {netns: '1'}, value: retransmitted},
    {name: 'tcp_sent_segments', labels: {netns: '1'}, value: sent},
  ];
  for (let i = 0; i < 12; i++)
    model.apply(sampleFrame(1000 * (i + 1), {counters: [drops(3 * i), ...tcp(10 * i, 100 * i)]}));
  t.regex(tile(model).why ?? '', /segments sent again/);
  t.is(tile(model).status, 'CRITICAL');
});
