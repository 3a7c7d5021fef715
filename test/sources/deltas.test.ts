import test from 'ava';
import fc from 'fast-check';
import {BOUNDS_US, CELLS, type HistRow} from '../../src/native/snapshot.ts';
import {Deltas} from '../../src/sources/readers/deltas.ts';

const cellOf = (ns: number) => {
  const found = BOUNDS_US.findIndex((bound) => ns <= bound * 1000);
  return found < 0 ? CELLS - 1 : found;
};

/** What a snapshot holds when `counted` was counted in all and the maxima are these. */
function row(counted: readonly number[], maxNs: number, nextMaxNs = 0): HistRow {
  const cells = new Float64Array(CELLS);
  for (const ns of counted) cells[cellOf(ns)]++;
  const sumNs = counted.reduce((a, b) => a + b, 0);
  return {cells, sumNs, maxNs, nextMaxNs, bytes: 0, cpu: 0, device: '', op: 0, dev: 0, focusPid: 0};
}

test('the maximum is of what came since the last snapshot', (t) => {
  const deltas = new Deltas();
  t.like(deltas.next('a', row([3000, 9_000_000], 9_000_000)), {sumNs: 9_003_000, maxNs: 9_000_000});
  t.like(deltas.next('a', row([3000, 9_000_000, 4000], 4000)), {sumNs: 4000, maxNs: 4000});
  t.like(deltas.next('a', row([3000, 9_000_000, 4000], 0)), {sumNs: 0, maxNs: 0});
});

test('a value that was counted while the snapshot was read is its maximum, though the kernel side files it under the next', (t) => {
  const deltas = new Deltas();
  t.is(deltas.next('a', row([5000, 400_000], 5000, 400_000)).maxNs, 400_000);
  t.is(
    deltas.next('a', row([5000, 400_000, 7000], 400_000)).maxNs,
    7000,
    'and none of the next, which holds smaller ones',
  );
});

test('a maximum that was there before its count waits for it', (t) => {
  const deltas = new Deltas();
  t.is(deltas.next('a', row([5000], 400_000)).maxNs, 5000);
  t.is(deltas.next('a', row([5000, 400_000, 6000], 6000)).maxNs, 400_000);
  t.is(deltas.next('a', row([5000, 400_000, 6000, 7000], 7000)).maxNs, 7000);
});

test('the longest of all is counted in the overflow cell and told exactly', (t) => {
  const long = 90e9;
  t.is(new Deltas().next('a', row([5000, long], long)).maxNs, long);
});

test('whenever values come, a maximum lies in its highest cell, and the largest of all is told as it is', (t) => {
  const values = fc.array(fc.record({at: fc.nat(100), ns: fc.integer({min: 1, max: 90_000_000})}), {minLength: 1});
  fc.assert(
    fc.property(values, (values) => {
      // A snapshot begins an epoch, then reads cells, then maxima: here at 0, 10 and 20 of every 25.
      const deltas = new Deltas();
      const told = Array.from({length: 6}, (_, i) => {
        const begin = i * 25;
        const most = (from: number, to: number) =>
          Math.max(0, ...values.filter(({at}) => at >= from && at < to).map(({ns}) => ns));
        const counted = values.filter(({at}) => at < begin + 10).map(({ns}) => ns);
        return deltas.next('a', row(counted, most(begin - 25, begin), most(begin, begin + 20)));
      });
      for (const {counts, maxNs} of told) {
        const top = counts.findLastIndex((count) => count > 0);
        t.true(top < 0 ? maxNs === 0 : cellOf(maxNs) === top);
      }
      t.is(Math.max(...told.map(({maxNs}) => maxNs)), Math.max(...values.map(({ns}) => ns)));
    }),
  );
});
