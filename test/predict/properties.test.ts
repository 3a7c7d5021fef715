import test from 'ava';
import fc from 'fast-check';
import {LeakWatch} from '../../src/predict/leak.ts';
import type {MemoryPoint} from '../../src/predict/point.ts';
import {Predictor} from '../../src/predict/predictor.ts';
import {theilSen} from '../../src/predict/theil-sen.ts';
import {feed, LIMIT, leak, MIB, type Told} from './feed.ts';

/** Anything that a recording may hold. */
const anyNumber = fc.oneof(
  fc.double(),
  fc.double({min: 0, max: 1e12, noNaN: true}),
  fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, Number.MAX_VALUE),
);
const maybe = fc.option(anyNumber, {nil: undefined});
const anyPoint: fc.Arbitrary<MemoryPoint> = fc.record({
  ms: anyNumber,
  usage_bytes: anyNumber,
  limit_bytes: maybe,
  unreclaimable_bytes: maybe,
  swapped_bytes: maybe,
  swap_allowance_bytes: maybe,
  headroom_bytes: maybe,
});

function sound({eta_s, eta_low_s, eta_high_s, growth_bytes_per_s, confidence_pct}: Omit<Told, 's'>): boolean {
  return (
    [eta_s, eta_low_s, eta_high_s, growth_bytes_per_s, confidence_pct].every(Number.isFinite) &&
    0 <= eta_low_s &&
    eta_low_s <= eta_s &&
    eta_s <= eta_high_s &&
    growth_bytes_per_s > 0 &&
    confidence_pct >= 0 &&
    confidence_pct <= 100
  );
}

test('whatever comes, what is told are numbers in their order', (t) => {
  fc.assert(
    fc.property(fc.array(anyPoint, {maxLength: 60}), (points) => {
      const predictor = new Predictor();
      return points.every((point) => {
        predictor.push('a', point);
        predictor.leaks();
        return predictor.predict().every(sound);
      });
    }),
    {numRuns: 300},
  );
  t.pass();
});

/** Even between two numbers, as doubles of fast-check aren't. */
const between = (min: number, max: number) => fc.integer({min: min * 1000, max: max * 1000}).map((n) => n / 1000);
/** Steps in MiB, some of them falls, in which a lot of growth is told of. */
const walk = fc.array(between(-3, 10), {minLength: 30, maxLength: 200, size: 'max'});

function told(steps: number[], scale = 1): Told[] {
  let level = 100 * MIB;
  const levels = steps.map((step) => (level = Math.max(0, level + step * MIB)));
  return feed(
    new Predictor(),
    [0, levels.length],
    (s) => (levels[s] as number) * scale,
    () => ({limit_bytes: LIMIT * scale}),
  );
}

test('walks up and down: what is told is sound', (t) => {
  let any = 0;
  fc.assert(
    fc.property(walk, (steps) => {
      const all = told(steps);
      any += all.length;
      return all.every(sound);
    }),
    {numRuns: 40},
  );
  t.true(any > 400, String(any));
});

test('sixteen times as much memory of everything: the same times and confidence', (t) => {
  fc.assert(
    fc.property(walk, (steps) => {
      const pick = ({eta_s, eta_low_s, eta_high_s, confidence_pct, alarm}: Told) => [
        eta_s,
        eta_low_s,
        eta_high_s,
        confidence_pct,
        alarm,
      ];
      t.deepEqual(told(steps, 16).map(pick), told(steps).map(pick));
    }),
    {numRuns: 20},
  );
});

test('an even leak is foretold at any pace and interval', (t) => {
  const pace = fc.double({min: 0.5, max: 8, noNaN: true});
  fc.assert(
    fc.property(pace, fc.constantFrom(0.2, 0.5, 1, 2, 5), (mib, stepS) => {
      const fullS = 120 + 800 / mib;
      const all = feed(new Predictor(), [0, fullS - 2], leak(200 * MIB, 120, mib * MIB), () => ({}), stepS);
      const late = all.filter(({s}) => s > 120 + 400 / mib);
      if (fullS - 120 > 30 * stepS) t.true(late.length > 0);
      for (const {s, eta_s} of late)
        t.true(Math.abs(eta_s - (fullS - s)) <= 0.1 * (fullS - s) + 0.5, `${eta_s} at ${s}`);
    }),
    {numRuns: 20},
  );
});

test('growth that gets quicker, by either law, is foretold once half of the room is used', (t) => {
  fc.assert(
    fc.property(between(100, 900), between(1.5, 3.5), fc.boolean(), (lastsS, folds, power) => {
      const part = (x: number) => (power ? Math.expm1(folds * x) / Math.expm1(folds) : x * x);
      const fullS = 120 + lastsS;
      const held = (s: number) => 200 * MIB + (LIMIT - 200 * MIB) * part(Math.max(0, s - 120) / lastsS);
      const late = feed(new Predictor(), [0, fullS - 2], held).filter(({s}) => part((s - 120) / lastsS) > 0.5);
      t.true(late.length > 0);
      for (const {s, eta_s} of late)
        t.true(Math.abs(eta_s - (fullS - s)) <= 0.3 * (fullS - s) + 1, `${eta_s} at ${s} of ${fullS}`);
    }),
    {numRuns: 12},
  );
});

test('noise that goes nowhere is no alarm', (t) => {
  const noise = fc.array(between(-1, 1), {minLength: 300, maxLength: 300});
  fc.assert(
    fc.property(noise, (offs) =>
      feed(new Predictor(), [0, offs.length], (s) => 500 * MIB + (offs[s] as number) * 5 * MIB).every(
        ({alarm}) => !alarm,
      ),
    ),
    {numRuns: 20},
  );
  t.pass();
});

test('the slope is the median of all pairs’, by sorting them', (t) => {
  const points = fc.array(fc.double({min: -1e6, max: 1e6, noNaN: true}), {minLength: 3, maxLength: 24});
  fc.assert(
    fc.property(points, (levels) => {
      const ms = Float64Array.from(levels, (_, i) => i * 1000);
      const fit = theilSen(ms, Float64Array.from(levels), 0, levels.length, 1.645);
      const slopes: number[] = [];
      for (let j = 0; j < levels.length; j++) {
        for (let i = 0; i < j; i++) slopes.push(((levels[j] as number) - (levels[i] as number)) / ((j - i) * 1000));
      }
      slopes.sort((a, b) => a - b);
      const middle = ((slopes[(slopes.length - 1) >> 1] as number) + (slopes[slopes.length >> 1] as number)) / 2;
      t.true(Math.abs((fit?.slope as number) - middle) < 1e-6);
      t.true((fit?.low as number) <= (fit?.slope as number) && (fit?.slope as number) <= (fit?.high as number));
    }),
  );
});

test('leak hints of any series are numbers', (t) => {
  const point = fc.tuple(fc.oneof(anyNumber, fc.double({min: 0, max: 1e8, noNaN: true})), anyNumber);
  fc.assert(
    fc.property(fc.array(point, {maxLength: 300}), (points) => {
      const watch = new LeakWatch();
      return points.every(([ms, level]) => {
        watch.push(ms, level);
        const hint = watch.hint();
        return hint === undefined || (Object.values(hint).every(Number.isFinite) && hint.growth_bytes_per_s > 0);
      });
    }),
  );
  t.pass();
});
