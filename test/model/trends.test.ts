import test from 'ava';
import fc from 'fast-check';
import {TREND_SECONDS, TrendLog} from '../../src/model/trends.ts';
import {TRENDS} from '../../src/types/detail.ts';

const some = (log: TrendLog) => log.trends.memory_some_pct;

test('one value a second: samples of a second', (t) => {
  const log = new TrendLog();
  for (let s = 0; s < 3; s++) log.push(s * 1000 + 100, s * 1000 + 1100, {memory_some_pct: s});
  t.deepEqual(some(log), [0, 1, 2]);
  t.deepEqual(log.trends.sched_p99_us, [undefined, undefined, undefined]);
});

test('a long sample fills each of its seconds, short ones leave the highest of theirs', (t) => {
  const log = new TrendLog();
  log.push(0, 3000, {memory_some_pct: 4});
  t.deepEqual(some(log), [4, 4, 4]);
  log.push(3000, 4000, {memory_some_pct: 1});
  log.push(4000, 4200, {memory_some_pct: 9});
  log.push(4200, 4700, {});
  log.push(4700, 5000, {memory_some_pct: 2});
  t.deepEqual(some(log), [4, 4, 4, 9, 2]);
});

test('seconds without a sample are unknown, and a sample of no length says nothing', (t) => {
  const log = new TrendLog();
  log.push(0, 1000, {memory_some_pct: 1});
  log.push(3500, 3500, {memory_some_pct: 7});
  log.push(4000, 5000, {memory_some_pct: 2});
  t.deepEqual(some(log), [1, undefined, undefined, undefined, 2]);
});

test('all trends stay of one length, at most ten minutes', (t) => {
  const step = fc.tuple(fc.integer({min: 0, max: 2_000_000}), fc.integer({min: 0, max: 2_000_000}));
  fc.assert(
    fc.property(fc.array(step, {maxLength: 30}), (steps) => {
      const log = new TrendLog();
      let ms = 0;
      for (const [gap, length] of steps) {
        log.push(ms + gap, ms + gap + length, {swap_in_per_s: 1});
        ms += gap + length;
      }
      const lengths = new Set(TRENDS.map((name) => log.trends[name].length));
      t.is(lengths.size, 1);
      t.true([...lengths][0]! <= TREND_SECONDS);
    }),
  );
});
