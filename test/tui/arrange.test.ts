import test from 'ava';
import fc from 'fast-check';
import {type CanvasPane, type Place, VIEW_IDS, type View} from '../../src/tui/panes/pane.ts';
import {planFor} from '../../src/tui/state/plan.ts';
import {arrange} from '../../src/tui/views/arrange.ts';
import {viewOf} from '../../src/tui/views/index.ts';
import {panesOf} from '../../src/tui/views/places.ts';

const canvas = (id: string): CanvasPane => ({kind: 'canvas', id, title: id, paint: () => []});
const place = (id: string, weight: number, min: number, beside?: Place): Place => ({
  pane: canvas(id),
  weight,
  min,
  beside,
});
const view = (...places: Place[]): View => ({id: 'sched', title: 'made up', places});

test('panes cover their area exactly, and the focused one is always there', (t) => {
  const views = [
    view(place('a', 1, 5, place('b', 2, 7)), place('c', 3, 4), place('d', 0, 3)),
    ...VIEW_IDS.filter((id) => id !== 'overview').map(viewOf),
  ];
  const size = fc.record({width: fc.integer({min: 40, max: 300}), height: fc.integer({min: 7, max: 120})});
  fc.assert(
    fc.property(size, fc.constantFrom(...views), fc.nat(9), ({width, height}, shown, n) => {
      const all = panesOf(shown);
      const focus = all[n % all.length]!.id;
      const placed = arrange(shown, {x: 0, y: 2, width, height}, focus);
      t.true(placed.some(({pane}) => pane.id === focus));
      const cells = placed.reduce((sum, each) => sum + each.width * each.height, 0);
      t.is(cells, width * height);
      for (const {x, y, ...each} of placed) t.true(x >= 0 && y >= 2 && x + each.width <= width && each.height > 0);
      for (const [i, one] of placed.entries()) {
        for (const other of placed.slice(i + 1)) {
          t.true(one.y + one.height <= other.y || one.x + one.width <= other.x);
        }
      }
    }),
  );
});

test('side by side from 120 columns on, one below the other before', (t) => {
  const shown = view(place('a', 1, 5, place('b', 1, 7)), place('c', 1, 4));
  const at = (width: number) =>
    arrange(shown, {x: 0, y: 0, width, height: 40}, 'a').map(({pane, x, y, width, height}) => [
      pane.id,
      x,
      y,
      width,
      height,
    ]);
  t.deepEqual(at(120), [
    ['a', 0, 0, 60, 22],
    ['b', 60, 0, 60, 22],
    ['c', 0, 22, 120, 18],
  ]);
  t.deepEqual(
    at(119).map(([id, x]) => [id, x]),
    [
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ],
  );
});

test('what a pane has no use for goes to the others', (t) => {
  const capped = {...place('a', 3, 4), most: ({cpus}: {cpus: number}) => cpus + 3};
  const shown = view(capped, place('b', 1, 4), place('c', 1, 4));
  const heights = (cpus: number) =>
    arrange(shown, {x: 0, y: 0, width: 80, height: 42}, 'a', cpus).map(({height}) => height);
  t.deepEqual(heights(4), [7, 18, 17]);
  t.deepEqual(heights(1), [4, 19, 19]);
  t.deepEqual(heights(64), [22, 10, 10]);
  const alone = arrange(view(capped), {x: 0, y: 0, width: 80, height: 42}, 'a', 4);
  t.is(alone[0]?.height, 42);
});

test('what has no room gives way to what has the focus', (t) => {
  const shown = view(place('a', 1, 5), place('b', 1, 5), place('c', 1, 5));
  const ids = (height: number, focus: string) =>
    arrange(shown, {x: 0, y: 0, width: 80, height}, focus).map(({pane}) => pane.id);
  t.deepEqual(ids(14, 'a'), ['a', 'b']);
  t.deepEqual(ids(14, 'c'), ['a', 'c']);
  t.deepEqual(ids(4, 'b'), ['b']);
  t.deepEqual(ids(15, 'gone'), ['a', 'b', 'c']);
});

test('every view has something on every terminal that is large enough', (t) => {
  const shape = {subsystems: 8, cpus: 4};
  for (const id of VIEW_IDS) {
    for (const [columns, rows] of [
      [40, 10],
      [80, 24],
      [120, 40],
      [200, 60],
    ] as const) {
      const plan = planFor(viewOf(id), '', shape, columns, rows);
      t.true(plan.placed.length > 0, `${id} at ${columns}x${rows}`);
      t.is(plan.tabsY, rows >= 30 ? 2 : undefined);
    }
    t.deepEqual(planFor(viewOf(id), '', shape, 1, 1).placed, []);
  }
});
