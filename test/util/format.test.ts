import test from 'ava';
import fc from 'fast-check';
import {bytes, count, duration, percent, percentileText, rate, span} from '../../src/util/format.ts';

test('durations have three significant digits', (t) => {
  const table: [number, string][] = [
    [2451, '2.45ms'],
    [15_200, '15.2ms'],
    [1100, '1.1ms'],
    [3_990_000, '3.99s'],
    [812, '812us'],
    [0, '0us'],
    [0.25, '0.25us'],
    [999.4, '999us'],
    [999.6, '1ms'],
    [999_600, '1s'],
    [59_940_000, '59.9s'],
    [1_234_567_890, '1235s'],
  ];
  for (const [us, text] of table) t.is(duration(us), text);
});

test('percentiles have two', (t) => {
  for (const [us, text] of [
    [450, '450us'],
    [1152, '1.2ms'],
    [11_776, '12ms'],
    [996, '1ms'],
    [123_456, '120ms'],
  ] as const) {
    t.is(percentileText(us), text);
  }
});

test('the shown duration is within half of its last digit', (t) => {
  const unit: Record<string, number> = {us: 1, ms: 1000, s: 1e6};
  const result = fc.check(
    fc.property(fc.double({min: 0.001, max: 9e8, noNaN: true}), (us) => {
      const [, number, suffix] = /^([\d.]+)(us|ms|s)$/.exec(duration(us)) ?? [];
      return Math.abs(Number(number) * (unit[suffix ?? ''] ?? Number.NaN) - us) <= us * 0.005 + 1e-9;
    }),
  );
  t.false(result.failed, JSON.stringify(result.counterexample));
});

test('bytes, rates, shares, counts and run times', (t) => {
  t.deepEqual([0, 512, 4096, 64 * 2 ** 20, 1.5 * 2 ** 30].map(bytes), ['0B', '512B', '4KiB', '64MiB', '1.5GiB']);
  t.deepEqual([0, 0.5, 12, 1234, 999_999, 3.4e6].map(rate), ['0/s', '0.5/s', '12/s', '1.23k/s', '1M/s', '3.4M/s']);
  t.deepEqual([0.0512, 3.21, 85.4, 99.96, 100].map(percent), ['0.051%', '3.2%', '85%', '100%', '100%']);
  t.deepEqual([0, 999, 1000, 1_234_567].map(count), ['0', '999', '1,000', '1,234,567']);
  t.deepEqual([35.2, 725, 12_000, 187_200].map(span), ['35.2s', '12m 5s', '3h 20m', '2d 4h']);
});
