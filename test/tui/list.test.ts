import test from 'ava';
import fc from 'fast-check';
import {fitColumns, paintList} from '../../src/tui/panes/list.ts';
import {ListState, sortRows} from '../../src/tui/panes/list-state.ts';
import type {Column, ListPane} from '../../src/tui/panes/pane.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {filled, unstyled} from './state.ts';

interface Row {
  name: string;
  n?: number;
}

const NAME: Column<Row> = {
  id: 'name',
  title: 'NAME',
  width: 10,
  grow: true,
  priority: 0,
  text: ({name}) => name,
  value: ({name}) => name,
};
const NUMBER: Column<Row> = {
  id: 'n',
  title: 'NUMBER',
  width: 8,
  align: 'right',
  priority: 1,
  text: ({n}) => (n === undefined ? '-' : String(n)),
  value: ({n}) => n,
};

/** A pane over rows that a test changes, and how often it was asked for what. */
function made(rows: Row[]) {
  const asked = {text: 0, value: 0};
  const data = {rows};
  const pane: ListPane<Row> = {
    kind: 'list',
    id: 'made',
    title: 'Made up',
    rows: () => data.rows,
    key: ({name}) => name,
    columns: [
      NAME,
      {
        ...NUMBER,
        text: (row) => {
          asked.text++;
          return NUMBER.text(row);
        },
        value: (row) => {
          asked.value++;
          return NUMBER.value?.(row);
        },
      },
    ],
    sort: {column: 'n', descending: true},
    empty: () => 'nothing yet',
  };
  return {pane, data, asked};
}

const names = (rows: readonly unknown[]): string[] => (rows as Row[]).map(({name}) => name);

test('rows without a value come last either way, equal ones keep their order, NaN is none', (t) => {
  const rows: Row[] = [
    {name: 'a', n: 1},
    {name: 'b'},
    {name: 'c', n: 3},
    {name: 'd', n: 1},
    {name: 'e', n: Number.NaN},
  ];
  t.is(names(sortRows(rows, NUMBER, true)).join(''), 'cadbe');
  t.is(names(sortRows(rows, NUMBER, false)).join(''), 'adcbe');
  t.is(names(sortRows(rows, NAME, true)).join(''), 'edcba');
});

test('the selection stays on its row as data moves, and comes back with it', async (t) => {
  const {store} = await filled();
  const {pane, data} = made(['a', 'b', 'c', 'd'].map((name, i) => ({name, n: 10 - i})));
  const list = new ListState(pane as ListPane);
  let version = 0;
  const refresh = (rows: Row[]): Row => {
    data.rows = rows;
    list.refresh(store.state, ++version, undefined);
    return list.selected as Row;
  };
  t.is(refresh(data.rows).name, 'a');
  t.is(refresh([{name: 'z', n: 99}, ...data.rows]).name, 'z', 'the first row, until one moves');
  list.move(2);
  t.is((list.selected as Row).name, 'b');
  t.is(
    refresh([
      {name: 'b', n: 1000},
      {name: 'c', n: 1},
    ]).name,
    'b',
  );
  t.is(list.cursor, 0);
  t.is(refresh([{name: 'c', n: 1}]).name, 'c', 'the row is gone');
  t.is(
    refresh([
      {name: 'c', n: 5},
      {name: 'b', n: 1},
    ]).name,
    'b',
    'and is back',
  );
  list.first();
  t.is(refresh([{name: 'q', n: 50}, ...data.rows]).name, 'q');
  t.is(refresh([]), undefined as unknown as Row);
  list.move(1);
  t.is(list.cursor, 0);
});

test('the window follows the selection and never leaves the rows', (t) => {
  const {pane} = made([]);
  const list = new ListState(pane as ListPane);
  list.rows = Array.from({length: 100}, (_, i) => ({name: String(i)}));
  list.settle(10);
  list.select(25);
  list.settle(10);
  t.deepEqual([list.top, list.cursor], [16, 25]);
  list.move(-5);
  list.settle(10);
  t.is(list.top, 16);
  list.move(-10);
  list.settle(10);
  t.is(list.top, 10);
  list.select(1e9);
  list.settle(10);
  t.deepEqual([list.top, list.cursor], [90, 99]);
  list.rows = list.rows.slice(0, 3);
  list.select(list.cursor);
  list.settle(10);
  t.deepEqual([list.top, list.cursor], [0, 2]);
});

test('columns: the least important go first, what grows takes the rest', (t) => {
  const widths = (width: number) => fitColumns([NAME, NUMBER], width).map(({width}) => width);
  t.deepEqual(widths(40), [30, 8]);
  t.deepEqual(widths(20), [10, 8]);
  t.deepEqual(widths(19), [18]);
  t.deepEqual(widths(3), [10]);
  const two = fitColumns([NAME, NAME, NUMBER], 36).map(({width}) => width);
  t.deepEqual(two, [12, 13, 8]);
});

test('sorting: the heading and the border say by what; s goes on, I turns round', async (t) => {
  const {store} = await filled();
  const {pane} = made([
    {name: 'one', n: 1},
    {name: 'two', n: 2},
  ]);
  const lines = () => paintList(pane as ListPane, store, 60, 8).map(unstyled);
  t.regex(lines()[0]!, /^┌─ Made up 2 ─.* by number ▼ ─┐$/);
  t.regex(lines()[1]!, /NAME .* NUMBER▼│$/);
  t.regex(lines()[2]!, /two .* 2│$/);
  const list = store.list(pane as ListPane);
  t.deepEqual(list.reverse(), {column: 'n', descending: false});
  t.regex(lines()[2]!, /one .* 1│$/);
  t.deepEqual(list.nextSort(), {column: 'name', descending: false});
  t.regex(lines()[1]!, /NAME▲ /);
});

test('hostile names, wide characters and any size: each line has its width and no control character', async (t) => {
  const {store} = await filled();
  const hostile = [
    '\x1b[2J\x07',
    'a\nb',
    '名前がとても長い名前',
    'x\u202egpj.exe',
    'e\u0301'.repeat(5000),
    '\ud800',
    '',
  ];
  const {pane} = made(hostile.map((name, n) => ({name, n})));
  const size = fc.tuple(fc.integer({min: 4, max: 200}), fc.integer({min: 3, max: 30}));
  fc.assert(
    fc.property(size, ([width, height]) => {
      const lines = paintList(pane as ListPane, store, width, height);
      t.is(lines.length, height);
      for (const line of lines) {
        t.is(textWidth(unstyled(line)), width);
        t.notRegex(unstyled(line), /[\x00-\x1f\x7f-\x9f\u202e]/);
        t.true(line.length < 4000);
      }
    }),
  );
});

test('of 10,000 rows only those on screen are formatted, and they are sorted when data or order changed', async (t) => {
  const {store, more} = await filled();
  const {pane, asked, data} = made(Array.from({length: 10_000}, (_, n) => ({name: `p${n}`, n})));
  const paint = () => paintList(pane as ListPane, store, 100, 40);
  paint();
  t.deepEqual(asked, {text: 37, value: 10_000});
  paint();
  await more(1);
  paint();
  t.deepEqual(asked, {text: 3 * 37, value: 10_000});
  data.rows = [...data.rows];
  await more(1);
  paint();
  t.is(asked.value, 20_000);
  store.list(pane as ListPane).select(9999);
  t.regex(unstyled(paint().at(-2)!), /p0 /);
  t.regex(unstyled(paint()[0]!), /10,000 of 10,000/);
});

test('an empty list says why', async (t) => {
  const {store} = await filled();
  const {pane} = made([]);
  t.regex(unstyled(paintList(pane as ListPane, store, 60, 8)[2]!), /nothing yet/);
});
