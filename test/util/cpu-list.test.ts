import test from 'ava';
import {cpusOf} from '../../src/util/cpu-list.ts';

test('lists of CPUs as the kernel writes them', (t) => {
  t.deepEqual(cpusOf('2-5,7'), [2, 3, 4, 5, 7]);
  t.deepEqual(cpusOf('0'), [0]);
  t.deepEqual(cpusOf(''), []);
  t.deepEqual(cpusOf('(null)'), []);
});

test('a hostile list is bounded', (t) => {
  t.is(cpusOf('0-99999,0-99999').length, 8192);
  t.deepEqual(cpusOf('9-2,-1,1e9,x-3'), []);
});
