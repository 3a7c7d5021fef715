import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Counter} from '../../src/types/stream.ts';
import {frame, header, sampleFrame} from '../util/synthetic.ts';

/** Counters of one network namespace; undefined leaves one out. */
function net(netns: string, retransmitted?: number, sent?: number): Counter[] {
  const counter = (name: string, value?: number) => (value === undefined ? [] : [{name, labels: {netns}, value}]);
  return [...counter('tcp_retransmitted_segments', retransmitted), ...counter('tcp_sent_segments', sent)];
}

/** Samples a second apart; returns the network status and reason after the last. */
function after(samples: Counter[][], stepMs = 1000): {status: string; why: string} {
  const model = new Model();
  model.apply(frame({header: header()}));
  samples.forEach((counters, i) => {
    model.apply(sampleFrame((i + 1) * stepMs, {interval_ms: stepMs, counters}));
  });
  const {status = '', why = ''} = model.state.subsystems.find((each) => each.name === 'network') ?? {};
  return {status, why};
}

test('over 1 % of the segments sent warns, over 5 % is critical', (t) => {
  t.is(after([net('1', 0, 100), net('1', 10, 1100)]).status, 'OK');
  t.deepEqual(after([net('1', 0, 100), net('1', 11, 1100)]), {
    status: 'WARNING',
    why: '11 of 1,000 segments sent again (1.1%)',
  });
  t.is(after([net('1', 0, 100), net('1', 50, 1100)]).status, 'WARNING');
  t.is(after([net('1', 0, 100), net('1', 51, 1100)]).status, 'CRITICAL');
});

test('fewer than 5 segments are no evidence, whatever their share', (t) => {
  t.is(after([net('1', 0, 100), net('1', 4, 104)]).status, 'OK');
  t.is(after([net('1', 0, 100), net('1', 5, 110)]).status, 'CRITICAL');
});

test('what was sent before kstop looked is no base', (t) => {
  t.is(after([net('1', 3, 1_000_000), net('1', 9, 1_000_100)]).status, 'CRITICAL');
  t.is(after([net('1', 900, 1000)]).status, 'OK');
});

test('the retransmit counter appears with the first one', (t) => {
  t.is(after([net('1', undefined, 1000), net('1', 6, 1100)]).status, 'CRITICAL');
});

test('a namespace whose sent segments are unknown is not judged', (t) => {
  t.is(after([net('1', 0), net('1', 500)]).status, 'OK');
});

test('the worst namespace counts, and is named', (t) => {
  const {status, why} = after([
    [...net('1', 0, 0), ...net('2', 0, 0)],
    [...net('1', 0, 1_000_000), ...net('2', 30, 1000)],
  ]);
  t.is(status, 'WARNING');
  t.is(why, '30 of 1,000 segments sent again (3%) in netns 2');
});

test('the window is 30 s, then 30 s below before it clears', (t) => {
  const samples = [net('1', 0, 0), net('1', 100, 1000)];
  const calm = (seconds: number) => Array.from({length: seconds}, () => net('1', 100, 1000));
  t.is(after([...samples, ...calm(29)]).status, 'CRITICAL');
  t.is(after([...samples, ...calm(57)]).status, 'CRITICAL');
  t.is(after([...samples, ...calm(60)]).status, 'OK');
});

test('one sample of 60 s is judged whole', (t) => {
  t.is(after([net('1', 0, 0), net('1', 100, 1000)], 60_000).status, 'CRITICAL');
});

test('counters that restart count from 0', (t) => {
  t.is(after([net('1', 500, 10_000), net('1', 6, 1000)]).status, 'OK');
  t.is(after([net('1', 500, 10_000), net('1', 60, 1000)]).status, 'CRITICAL');
});

test('hostile names are just names', (t) => {
  const counters = ['__proto__', 'constructor', 'toString'].flatMap((name) => [
    {name, labels: {netns: name}, value: 1},
    {name: 'tcp_sent_segments', labels: {netns: name}, value: 9},
  ]);
  t.is(after([counters, counters]).status, 'OK');
});
