import test from 'ava';
import fc from 'fast-check';
import {treeOf} from '../../src/tui/panes/tree.ts';

type Row = {pid: number; ppid?: number};

const tree = (rows: Row[]) => {
  const {rows: all, depths} = treeOf(
    rows,
    ({pid}) => String(pid),
    ({ppid}) => (ppid === undefined ? undefined : String(ppid)),
  );
  return all.map(({pid}, i) => `${'.'.repeat(depths[i]!)}${pid}`);
};

test('children stand below their parents, in the order in which they came', (t) => {
  const rows = [
    {pid: 5, ppid: 2},
    {pid: 2, ppid: 1},
    {pid: 9, ppid: 1},
    {pid: 1, ppid: 0},
    {pid: 3, ppid: 2},
  ];
  t.deepEqual(tree(rows), ['1', '.2', '..5', '..3', '.9']);
});

test('a row whose parent is hidden, unknown or itself is a root', (t) => {
  t.deepEqual(tree([{pid: 5, ppid: 4}, {pid: 6}, {pid: 7, ppid: 7}]), ['5', '6', '7']);
});

test('no row is lost or doubled, whatever the parents are', (t) => {
  const row = fc.record({pid: fc.integer({min: 0, max: 30}), ppid: fc.integer({min: 0, max: 30})});
  fc.assert(
    fc.property(fc.uniqueArray(row, {selector: ({pid}) => pid}), (rows) => {
      t.deepEqual(
        tree(rows)
          .map((line) => Number(line.replaceAll('.', '')))
          .sort((a, b) => a - b),
        rows.map(({pid}) => pid).sort((a, b) => a - b),
      );
    }),
  );
  const chain = Array.from({length: 20_000}, (_, i) => ({pid: i + 1, ppid: i}));
  t.is(tree(chain).length, 20_000);
});
