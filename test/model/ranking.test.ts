import test from 'ava';
import fc from 'fast-check';
import {Frequent} from '../../src/model/leaders/frequent.ts';
import {type Entry, heaviest, Ranking} from '../../src/model/leaders/ranking.ts';

class Sum implements Entry<Sum> {
  n = 0;
  name = '';
  get weight(): number {
    return this.n;
  }
  add(name: string, n: number): void {
    this.name = name;
    this.n += n;
  }
  merge(from: Sum): void {
    this.add(from.name, from.n);
  }
}

const ranking = () => new Ranking(() => new Sum());

test('what makes up more than a ninth is kept, and a majority is on top, whatever the order', (t) => {
  const keys = fc.array(fc.integer({min: 0, max: 40}).map(String), {minLength: 1, maxLength: 200});
  fc.assert(
    fc.property(keys, (all) => {
      const frequent = new Frequent();
      for (const key of [...all, ...all.map(() => 'majority'), 'majority']) frequent.add(key);
      t.is(frequent.top(), 'majority');
    }),
  );
  t.is(new Frequent().top(), undefined);
});

test('weights count, also when summaries are merged', (t) => {
  const [a, b] = [new Frequent(), new Frequent()];
  a.add('often');
  a.add('often');
  b.add('long', 5);
  b.add('often');
  a.merge(b);
  t.is(a.top(), 'long');
});

test('a ranking holds the last minute, heaviest first', (t) => {
  const all = ranking();
  all.at('a', 1000).add('a', 5);
  all.at('b', 15_000).add('b', 3);
  all.at('b', 55_000).add('b', 4);
  t.deepEqual(
    all.top(60_000).map(({name, n}) => [name, n]),
    [
      ['b', 7],
      ['a', 5],
    ],
  );
  t.deepEqual(
    all.top(71_000).map(({name, n}) => [name, n]),
    [['b', 7]],
  );
  t.deepEqual(all.top(200_000), []);
});

test('events a little out of order count in the slot that is open', (t) => {
  const all = ranking();
  all.at('a', 20_001).add('a', 1);
  all.at('a', 19_999).add('a', 1);
  t.is(all.top(21_000)[0]?.n, 2);
});

test('a flood of names neither fills memory nor hides who is heavy', (t) => {
  const all = ranking();
  all.at('heavy', 0).add('heavy', 1000);
  for (let i = 0; i < 100_000; i++) all.at(`flood ${i}`, 1).add(`flood ${i}`, 1);
  const top = all.top(1000);
  t.is(top[0]?.name, 'heavy');
  t.true(top.length <= 100);
  // Slots are bounded too: a stream whose events jump through time without a sample.
  for (let i = 0; i < 1000; i++) all.at('a', i * 10_000).add('a', 1);
  t.true((all.top(0)[0]?.n ?? 0) <= 8);
});

test('of many rows the heaviest are taken, in their order; of equals at the limit the first', (t) => {
  const rows = [5, 0, 9, 5, 7, 5, 0, 1].map((weight, at) => ({weight, at}));
  const taken = (most: number) => heaviest(rows, most, ({weight}) => weight).map(({at}) => at);
  t.deepEqual(taken(4), [0, 2, 3, 4]);
  t.deepEqual(taken(1), [2]);
  t.deepEqual(taken(6), [0, 2, 3, 4, 5, 7]);
  t.deepEqual(taken(100), [0, 2, 3, 4, 5, 7]);
  t.deepEqual(
    heaviest([], 3, () => 1),
    [],
  );
});

test('whatever the weights are, it is the heaviest that are taken', (t) => {
  const weights = fc.array(fc.oneof(fc.integer({min: -1, max: 5}), fc.double({noNaN: true})), {maxLength: 60});
  fc.assert(
    fc.property(weights, fc.integer({min: 0, max: 20}), (all, most) => {
      const rows = all.map((weight, at) => ({weight, at}));
      const expected = rows
        .filter(({weight}) => weight > 0)
        .toSorted((a, b) => b.weight - a.weight || a.at - b.at)
        .slice(0, most)
        .toSorted((a, b) => a.at - b.at);
      t.deepEqual(
        heaviest(rows, most, ({weight}) => weight),
        expected,
      );
    }),
  );
});
