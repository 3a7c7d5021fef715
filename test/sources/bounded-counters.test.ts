import test from 'ava';
import {BoundedCounters} from '../../src/sources/readers/bounded-counters.ts';

const add = (counters: BoundedCounters, name: string, by: number): void =>
  counters.add('drops', {name}, {name: 'other'}, by);
const take = (counters: BoundedCounters): Record<string, number | undefined> =>
  Object.fromEntries(counters.take().map(({labels, value}) => [labels.name, value]));

test('what has no place of its own is summed', (t) => {
  const counters = new BoundedCounters(2);
  for (const name of ['a', 'b', 'c', 'd']) add(counters, name, 5);
  t.deepEqual(take(counters), {a: 5, b: 5, other: 10});
  for (const name of ['a', 'b', 'c', 'd']) add(counters, name, 1);
  t.deepEqual(take(counters), {a: 6, b: 6, other: 12});
});

test('one that goes frees its place, and comes back at 0', (t) => {
  const counters = new BoundedCounters(2);
  for (const name of ['a', 'b', 'c']) add(counters, name, 5);
  take(counters);
  for (const name of ['b', 'c']) add(counters, name, 1);
  t.deepEqual(take(counters), {b: 6, other: 6});
  for (const name of ['b', 'c', 'a']) add(counters, name, 2);
  t.deepEqual(take(counters), {b: 8, c: 2, other: 8});
});

test('one that has long been idle gives way to one that grows', (t) => {
  const counters = new BoundedCounters(2);
  for (let i = 0; i < 100; i++) {
    add(counters, 'idle', i === 0 ? 7 : 0);
    add(counters, 'busy', 1);
    add(counters, 'still', 0);
    const now = take(counters);
    t.like(now, {idle: 7, busy: i + 1});
    t.is(now.still, undefined);
  }
  add(counters, 'busy', 1);
  add(counters, 'new', 3);
  add(counters, 'idle', 0);
  t.deepEqual(take(counters), {busy: 101, new: 3});
});

test('a sample given away changes no more', (t) => {
  const counters = new BoundedCounters(1);
  add(counters, 'a', 1);
  const [first] = counters.take();
  add(counters, 'a', 1);
  t.is(first!.value, 1);
});

test('labels that are coarse by themselves have one sum, beside those that found no room', (t) => {
  const counters = new BoundedCounters(2);
  const none = {reason: 'x'};
  counters.add('drops', none, none, 3);
  for (const netns of ['1', '2', '3']) counters.add('drops', {...none, netns}, none, 5);
  const sums = counters.take().map(({labels, value}) => [labels.netns ?? 'none', value]);
  t.deepEqual(sums, [
    ['1', 5],
    ['2', 5],
    ['none', 8],
  ]);
});
