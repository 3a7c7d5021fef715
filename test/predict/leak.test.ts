import test from 'ava';
import {type LeakHint, LeakWatch} from '../../src/predict/leak.ts';
import {leak, MIB} from './feed.ts';

/** The hint after so many minutes of samples once a second. */
function after(minutes: number, held: (s: number) => number): LeakHint | undefined {
  const watch = new LeakWatch();
  for (let s = 0; s < minutes * 60; s++) watch.push(s * 1000, held(s));
  return watch.hint();
}

const MINUTE = 60;

test('growth without a fall for ten minutes: its rate and since when', (t) => {
  const slow = leak(200 * MIB, 20 * MINUTE, 20_000);
  t.is(after(20, slow), undefined);
  t.is(after(26, slow), undefined);
  const hint = after(40, slow);
  t.true(Math.abs((hint?.growth_bytes_per_s as number) - 20_000) < 500);
  t.true(Math.abs((hint?.since_ms as number) / 60_000 - 20) <= 1.5, String((hint?.since_ms as number) / 60_000));
});

test('under a saw the leak shows in what it leaves', (t) => {
  const saw = (s: number) => (s % 37) * MIB;
  t.is(
    after(60, (s) => 100 * MIB + saw(s)),
    undefined,
  );
  const hint = after(60, (s) => saw(s) + leak(100 * MIB, 0, 50_000)(s));
  t.true(Math.abs((hint?.growth_bytes_per_s as number) / 50_000 - 1) < 0.15);
});

test('no hint: a step, a warm-up that ends, growth that was given back, hardly any growth', (t) => {
  t.is(
    after(40, (s) => (s < 20 * MINUTE ? 1 : 2) * 100 * MIB),
    undefined,
  );
  t.is(
    after(40, (s) => 100 * MIB + Math.min(s, 5 * MINUTE) * MIB),
    undefined,
  );
  t.is(
    after(40, (s) => 100 * MIB + (s % (8 * MINUTE)) * MIB),
    undefined,
  );
  t.is(
    after(40, (s) => 1000 * MIB + s * 5000),
    undefined,
  );
});

test('after a day it still knows the rate and the day’s beginning', (t) => {
  const watch = new LeakWatch();
  for (let s = 0; s < 86_400; s += 5) watch.push(s * 1000, 100 * MIB + s * 10_000);
  const hint = watch.hint();
  t.true(Math.abs((hint?.growth_bytes_per_s as number) - 10_000) < 100);
  t.true((hint?.since_ms as number) < 60 * 60_000);
});

test('a leak that begins late is told as soon as one that begins early', (t) => {
  for (const hours of [1, 3, 24, 240]) {
    const watch = new LeakWatch();
    const grows = leak(100 * MIB, hours * 3600, 100_000);
    const until = (from: number, to: number) => {
      for (let s = from; s < to; s += 20) watch.push(s * 1000, grows(s));
    };
    until(0, hours * 3600 + 8 * MINUTE);
    t.is(watch.hint(), undefined, `${hours} h`);
    until(hours * 3600 + 8 * MINUTE, hours * 3600 + 12 * MINUTE);
    const {growth_bytes_per_s: rate = 0, since_ms: since = 0} = watch.hint() ?? {};
    t.true(Math.abs(rate / 100_000 - 1) < 0.05, `${rate} after ${hours} h`);
    t.true(Math.abs(since / 1000 - hours * 3600) <= 1.5 * MINUTE, `${since} after ${hours} h`);
    // What has ended is none.
    for (let s = 0; s < 3 * 3600; s += 20) watch.push((hours * 3600 + 720 + s) * 1000, 100 * MIB);
    t.is(watch.hint(), undefined);
  }
});

test('what was given back is no leak any more, at once, however long it had grown', (t) => {
  const watch = new LeakWatch();
  const grow = (from: number, to: number) => {
    for (let s = from; s < to; s += 5) watch.push(s * 1000, 100 * MIB + s * 10_000);
  };
  grow(0, 86_400);
  t.truthy(watch.hint());
  watch.push(86_400_000, 100 * MIB + 86_000 * 10_000);
  t.truthy(watch.hint(), 'between two allocations');
  watch.push(86_405_000, 100 * MIB);
  t.is(watch.hint(), undefined);
});
