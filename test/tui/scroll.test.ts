import test from 'ava';
import {paintEvents} from '../../src/tui/panes/events.ts';
import {FOLLOWING, move, newBelow, settle} from '../../src/tui/state/scroll.ts';
import {nextStep, parseThreshold} from '../../src/tui/state/thresholds.ts';
import {filled, unstyled} from './state.ts';

test('it follows the tail until one scrolls, then stays on its row', (t) => {
  let scroll = settle(FOLLOWING, {first: 0, last: 99}, 10);
  t.like(scroll, {top: 90, cursor: undefined});
  scroll = settle(move(scroll, {first: 0, last: 99}, -1), {first: 0, last: 99}, 10);
  t.like(scroll, {top: 90, cursor: 98});
  scroll = settle(scroll, {first: 0, last: 150}, 10);
  t.like(scroll, {top: 90, cursor: 98});
  t.is(newBelow(scroll, {first: 0, last: 150}), 51);
  scroll = settle(move(scroll, {first: 0, last: 150}, -20), {first: 0, last: 150}, 10);
  t.like(scroll, {top: 78, cursor: 78});
  t.is(newBelow(scroll, {first: 0, last: 150}), 51);
  scroll = settle(move(scroll, {first: 0, last: 150}, 1000), {first: 0, last: 150}, 10);
  t.like(scroll, {top: 141, cursor: undefined});
});

test('rows that leave the buffer take the selection along', (t) => {
  const scroll = settle({cursor: 5, top: 5, seen: 14, height: 10}, {first: 50, last: 99}, 10);
  t.like(scroll, {cursor: 50, top: 50});
  t.like(settle(scroll, {first: 0, last: -1}, 10), {cursor: undefined, top: 0});
  t.like(settle({cursor: 300, top: 300, seen: 300, height: 5}, {first: 0, last: 9}, 5), {cursor: undefined, top: 5});
});

test('a paused view keeps its events; cleared ones stay away', async (t) => {
  const {store, more} = await filled();
  store.pause(true);
  const before = paintEvents(store, 100, 10);
  await more(3);
  t.deepEqual(paintEvents(store, 100, 10), before);
  t.true(store.held > 0);
  store.pause(false);
  t.notDeepEqual(paintEvents(store, 100, 10), before);
  store.clear();
  t.regex(unstyled(paintEvents(store, 100, 10)[2]!), /no events/);
  await more(1);
  t.regex(unstyled(paintEvents(store, 100, 10)[0]!), /Events \d/);
});

test('thresholds step along 1-2-5 and stop at their bounds', (t) => {
  t.is(nextStep(1000, 1), 2000);
  t.is(nextStep(2000, 1), 5000);
  t.is(nextStep(5000, 1), 10_000);
  t.is(nextStep(1500, -1), 1000);
  t.is(nextStep(1, -1), 1);
  t.is(nextStep(50_000_000, 1), 60_000_000);
  t.is(nextStep(60_000_000, 1), 60_000_000);
});

test('typed thresholds are read with their unit, or refused', (t) => {
  t.deepEqual(parseThreshold('1500'), {us: 1500});
  t.deepEqual(parseThreshold(' 2.5ms '), {us: 2500});
  t.deepEqual(parseThreshold('1 s'), {us: 1_000_000});
  for (const bad of ['', '0', '-5', '1e3', '61s', '5m', 'x', '1..2', '0x10', '0.2']) {
    t.true('problem' in parseThreshold(bad), bad);
  }
});
