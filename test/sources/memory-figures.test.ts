import test from 'ava';
import {parseFlat, parseLimit, parseMeminfo, parseNumber} from '../../src/sources/memory/figures.ts';
import {memoryHierarchy} from '../../src/sources/memory/hierarchy.ts';

test('a number is digits and nothing else', (t) => {
  t.is(parseNumber('4096\n'), 4096);
  t.is(parseNumber('0'), 0);
  for (const text of [
    undefined,
    '',
    '\n',
    '-1\n',
    '1 2\n',
    '1e9\n',
    '0x10\n',
    'max\n',
    ' 1\n',
    '1\n2\n',
    '9'.repeat(21),
  ])
    t.is(parseNumber(text), undefined, JSON.stringify(text));
});

test('a limit: none by word and by version 1’s number, unknown for anything else', (t) => {
  t.is(parseLimit('max\n'), Number.POSITIVE_INFINITY);
  t.is(parseLimit('9223372036854771712\n'), Number.POSITIVE_INFINITY);
  t.is(parseLimit('1048576\n'), 1 << 20);
  t.is(parseLimit('0\n'), 0);
  for (const text of [undefined, '', 'min\n', 'max max\n', '-1\n']) t.is(parseLimit(text), undefined);
});

test('memory.stat: names and numbers; hostile lines are left out, and names of Object’s own are only names', (t) => {
  const text = 'anon 10\nfile 20\n\nx\nanon -5\nB 1\nslab  7\n__proto__ 3\nconstructor 4\nsock 1 2\nshmem 99\u001b\n';
  const figures = parseFlat(text);
  t.deepEqual({...figures}, {anon: 10, file: 20, constructor: 4, ['__proto__']: 3} as never);
  t.is(figures['toString'], undefined);
  t.deepEqual({...parseFlat(undefined)}, {});
  t.true(Object.keys(parseFlat(Array.from({length: 10_000}, (_, i) => `n${i} ${i}`).join('\n'))).length <= 512);
});

test('meminfo in bytes', (t) => {
  const figures = parseMeminfo(
    'MemTotal:       24683620 kB\nHugePages_Total:       0\nActive(anon):   1 kB\nBad: x kB\n',
  );
  t.deepEqual({...figures}, {MemTotal: 24_683_620 * 1024, 'Active(anon)': 1024});
});

const v1 = '34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n';
const v2 = '40 37 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n';

test('the hierarchy that has the memory controller: version 1’s own, else the unified one if it has it', (t) => {
  const has = () => 'cpu memory pids\n';
  t.like(memoryHierarchy(v1 + v2, has), {mount: '/sys/fs/cgroup/memory', version: 1, limit: 'memory.limit_in_bytes'});
  t.like(memoryHierarchy(v2, has), {mount: '/sys/fs/cgroup/unified', version: 2, usage: 'memory.current'});
  t.is(
    memoryHierarchy(v2, () => 'cpu pids\n'),
    undefined,
  );
  t.is(
    memoryHierarchy(v2, () => undefined),
    undefined,
  );
  t.is(memoryHierarchy('nonsense - \n\u0000', has), undefined);
});
