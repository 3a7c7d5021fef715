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

test('four subsystems stand side by side at 80 columns; eight take two rows', (t) => {
  t.is(layoutFor(80, 24, 4, 4).tilesAcross, 4);
  t.like(layoutFor(120, 40, 8, 4), {tilesAcross: 4, tilesHeight: 12});
  t.is(layoutFor(79, 24, 4, 4).kind, 'reduced');
  t.is(layoutFor(80, 24, 4, 4).heatmapHeight, 7);
  t.is(layoutFor(200, 60, 4, 2).heatmapHeight, 5);
});
