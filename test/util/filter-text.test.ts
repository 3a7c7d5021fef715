import test from 'ava';
import {filterParts} from '../../src/util/filter-text.ts';

test('a filter is told in what was asked for: of a container its name, not its cgroup', (t) => {
  t.deepEqual(filterParts({}), []);
  t.deepEqual(filterParts({pid: 1, comm: 'a\x1b', cgroup: '/a'}), [
    ['pid', '1'],
    ['comm', 'a\\x1b'],
    ['cgroup', '/a'],
  ]);
  const id = 'a1'.repeat(32);
  t.deepEqual(filterParts({pid: 1, cgroup: '/x', container: {id, name: 'web\x07'}}), [
    ['pid', '1'],
    ['container', 'web\\x07'],
  ]);
  t.deepEqual(filterParts({cgroup: '/x', container: {id}}), [['container', 'a1a1a1a1a1a1']]);
});
