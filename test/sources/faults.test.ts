import test from 'ava';
import {faultCounters} from '../../src/sources/readers/faults.ts';

test('faults and swapped pages by kind and direction', (t) => {
  const text = 'nr_free_pages 7\npgfault 1000\npgmajfault 25\npswpin 3\npswpout 0\n';
  t.deepEqual(faultCounters(text), [
    {name: 'page_faults', labels: {kind: 'major'}, value: 25},
    {name: 'page_faults', labels: {kind: 'minor'}, value: 975},
    {name: 'swap_pages', labels: {direction: 'in'}, value: 3},
    {name: 'swap_pages', labels: {direction: 'out'}, value: 0},
  ]);
});

test('what the kernel does not keep is left out, never 0', (t) => {
  t.deepEqual(faultCounters('pgmajfault 25\n'), [{name: 'page_faults', labels: {kind: 'major'}, value: 25}]);
  for (const text of ['', 'pgfault\n', 'pgfault -1\npgmajfault x\n', '\u0000\n\npgfault 1 2'])
    t.deepEqual(
      faultCounters(text).filter(({value}) => !Number.isSafeInteger(value)),
      [],
    );
});

test('a fault between two sums makes no negative count', (t) => {
  t.is(faultCounters('pgfault 10\npgmajfault 11\n')[1].value, 0);
});
