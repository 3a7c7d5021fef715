import test from 'ava';
import {CELLS, type HistRow} from '../../src/native/snapshot.ts';
import {FocusRows} from '../../src/sources/readers/focus-rows.ts';
import type {Histogram} from '../../src/types/stream.ts';

function row(focusPid: number, count: number, more: Partial<HistRow> = {}): HistRow {
  const cells = new Float64Array(CELLS);
  cells[2] = count;
  return {
    cells,
    sumNs: count * 1500,
    maxNs: 1500,
    nextMaxNs: 0,
    bytes: 0,
    cpu: 0,
    device: '',
    op: 0,
    dev: 0,
    focusPid,
    ...more,
  };
}

test('rows of all pass; those of one process are compared with the ones before', (t) => {
  const rows = new FocusRows('vfs');
  const take = (...all: HistRow[]) => {
    const into: Histogram[] = [];
    return {rest: rows.take(all, into, ({op}) => ({op: String(op)})), into};
  };
  const first = take(row(0, 9), row(7, 5), row(7, 3, {op: 1}));
  t.deepEqual(
    first.rest.map(({focusPid}) => focusPid),
    [0],
  );
  t.deepEqual(first.into, [], 'nobody knows whose those were');
  const second = take(row(0, 9), row(7, 6), row(7, 3, {op: 1}));
  t.is(second.into.length, 1, 'those without counts are left out');
  t.like(second.into[0], {name: 'vfs', labels: {op: '0'}, count: 1, sum: 1.5, max: 1.5});
  t.deepEqual(take(row(0, 9), row(8, 9)).into, [], 'another process begins anew');
  t.is(take(row(8, 11)).into[0]?.count, 2);
  t.deepEqual(take(row(0, 9)).into, [], 'nobody looks');
  t.deepEqual(take(row(8, 20)).into, [], 'and looks again');
});
