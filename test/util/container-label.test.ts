import test from 'ava';
import {containerLabel} from '../../src/util/container-label.ts';

test('a name as it is, of a digest twelve digits, other ids whole', (t) => {
  const id = 'a1b2'.repeat(16);
  t.is(containerLabel({id, name: 'web'}), 'web');
  t.is(containerLabel({id}), 'a1b2a1b2a1b2');
  t.is(containerLabel(id), 'a1b2a1b2a1b2');
  t.is(containerLabel({id: 'machine-of-nspawn'}), 'machine-of-nspawn');
  t.is(containerLabel({id: id.slice(1)}), id.slice(1));
});
