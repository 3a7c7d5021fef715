import test from 'ava';
import fc from 'fast-check';
import {countAtLeast, percentile} from '../../src/model/percentile.ts';
import {histogram, kernelBounds} from '../util/synthetic.ts';

/** The quantile of the raw values, by sorting them: nearest rank. */
function exact(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)] as number;
}

test('the bounds are the kernel side’s 105, four an octave', (t) => {
  const bounds = kernelBounds();
  t.is(bounds.length, 105);
  t.deepEqual(bounds.slice(0, 14), [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10]);
  t.is(bounds.at(-1), 67_108_864);
});

test('percentiles are within 12.5 % of the sorted values’', (t) => {
  const latencies = fc.array(fc.double({min: 1, max: 60e6, noNaN: true}), {minLength: 1, maxLength: 300});
  const within = fc.check(
    fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, q) => {
      const got = percentile(histogram('x', {}, values), q) as number;
      const want = exact(values, q);
      return Math.abs(got - want) <= want * 0.125 + 1e-9;
    }),
    {numRuns: 500},
  );
  t.false(within.failed, JSON.stringify(within.counterexample));
});

test('a percentile never passes the known maximum', (t) => {
  t.is(percentile(histogram('x', {}, [1030, 1030, 1030]), 0.99), 1030);
  t.is(percentile(histogram('x', {}, [1100]), 0.5), 1100);
  // Without a maximum: the middle of (1024, 1280].
  t.is(percentile({...histogram('x', {}, [1100]), max: 0}, 0.5), 1152);
});

test('overflow is the maximum, or the last bound when it is unknown', (t) => {
  t.is(percentile(histogram('x', {}, [70e6]), 0.5), 70e6);
  t.is(percentile({...histogram('x', {}, [70e6]), max: 0}, 0.5), 67_108_864);
});

test('nothing counted has no percentile', (t) => {
  t.is(percentile(histogram('x', {}, []), 0.99), undefined);
});

test('a maximum below the bucket is not believed', (t) => {
  t.is(percentile({...histogram('x', {}, [1100]), max: 3}, 0.5), 1152);
});

test('counts at or above a threshold leave out the bucket that it cuts', (t) => {
  const {bounds, counts} = histogram('x', {}, [900, 1025, 1279, 1281, 5000]);
  t.is(countAtLeast(bounds, counts, 1024), 4);
  t.is(countAtLeast(bounds, counts, 1100), 2);
  t.is(countAtLeast(bounds, counts, 1e9), 0);
});
