import test from 'ava';
import fc from 'fast-check';
import {Recent} from '../../src/containers/recent.ts';

test('never holds more than its size, and always the half that was used last', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), {maxLength: 300}), (keys) => {
      const recent = new Recent<number>(20, 1000);
      const used: number[] = [];
      for (const key of keys) {
        if (recent.get(`${key}`, 0) === undefined) recent.set(`${key}`, key, 0);
        t.true(recent.count <= 20);
        used.push(key);
        const last = [...new Set(used.toReversed())].slice(0, 10);
        t.true(last.every((one) => recent.get(`${one}`, 0) !== undefined) || last.length > 10);
      }
    }),
    {numRuns: 30},
  );
});

test('what is not used is gone after twice its time at the latest, what is used stays', (t) => {
  const recent = new Recent<string>(10, 100);
  t.is(recent.get('none', 0), undefined);
  recent.set('idle', 'a', 0);
  recent.set('used', 'b', 0);
  for (let now = 0; now <= 90; now += 30) recent.get('used', now);
  t.is(recent.get('used', 110), 'b');
  t.is(recent.count, 2);
  t.is(recent.get('used', 230), 'b');
  t.is(recent.get('idle', 230), undefined);
  t.is(recent.count, 1);
  t.is(recent.get('used', 1000), 'b');
});
