import test from 'ava';
import fc from 'fast-check';
import {layoutFor} from '../../src/tui/layout.ts';

test('the parts fill the screen exactly, whatever its size', (t) => {
  const size = fc.record({columns: fc.integer({min: 1, max: 400}), rows: fc.integer({min: 1, max: 200})});
  fc.assert(
    fc.property(
      size,
      fc.integer({min: 0, max: 8}),
      fc.integer({min: 0, max: 512}),
      ({columns, rows}, subsystems, cpus) => {
        const layout = layoutFor(columns, rows, subsystems, cpus);
        if (layout.kind === 'small') {
          t.true(columns < 40 || rows < 10);
          return;
        }
        t.is(3 + layout.tilesHeight + layout.heatmapHeight + layout.eventsHeight, rows);
        t.true(layout.eventsHeight >= 3);
        t.true(layout.heatmapHeight === 0 || layout.heatmapHeight >= 4);
      },
    ),
  );
});

test('six subsystems: two rows of three, one row where there is room; all have space beside the events', (t) => {
  t.like(layoutFor(80, 24, 6, 4), {tilesAcross: 3, tileHeight: 5, tilesHeight: 10, heatmapHeight: 4, eventsHeight: 7});
  t.like(layoutFor(120, 40, 6, 4), {tilesAcross: 3, tileHeight: 6, tilesHeight: 12, heatmapHeight: 7});
  t.like(layoutFor(200, 60, 6, 4), {tilesAcross: 6, tileHeight: 8, tilesHeight: 8, heatmapHeight: 7});
  t.like(layoutFor(80, 24, 5, 2), {tilesAcross: 3, tilesHeight: 10});
  t.like(layoutFor(80, 24, 8, 2), {tilesAcross: 4, tilesHeight: 10});
});

test('four subsystems stand side by side at 80 columns; eight take two rows', (t) => {
  t.is(layoutFor(80, 24, 4, 4).tilesAcross, 4);
  t.like(layoutFor(120, 40, 8, 4), {tilesAcross: 4, tilesHeight: 12});
  t.is(layoutFor(79, 24, 4, 4).kind, 'reduced');
  t.is(layoutFor(80, 24, 4, 4).heatmapHeight, 7);
  t.is(layoutFor(200, 60, 4, 2).heatmapHeight, 5);
});
