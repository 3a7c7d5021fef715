import test from 'ava';
import {foldRows, type HeatRow, heatRows, mergeCells, OCTAVES, octaveOf} from '../../src/tui/panes/heat-data.ts';
import {heatScale, intensity, paintHeatmap} from '../../src/tui/panes/heatmap.ts';
import {addSparkline, latencyScale, type Point, rateScale, type SparkScale} from '../../src/tui/panes/sparkline.ts';
import {Line} from '../../src/tui/text/line.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import type {Distribution} from '../../src/types/state.ts';
import {filled, unstyled} from './state.ts';

test('a bucket belongs to the octave of its upper bound; overflow to the last', (t) => {
  t.deepEqual(
    [1, 2, 3, 4, 5, 1000, 1024, 1025, 60_000_000, undefined].map(octaveOf),
    [0, 1, 2, 2, 3, 10, 10, 11, 26, 26],
  );
});

test('rows by CPU: percentiles, and a maximum no higher than the known one', (t) => {
  const distribution: Distribution = {
    name: 'sched',
    labels: {},
    bounds: [1, 2, 4, 8],
    counts: [2, 0, 1, 0, 1],
    sum: 0,
    count: 4,
    max: 100,
    cpus: [
      [2, 0, 1, 0, 0],
      [0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0],
    ],
  };
  const rows = heatRows(distribution, 3);
  t.like(rows[0], {cpu: 0, count: 3, max: 4});
  t.like(rows[1], {cpu: 1, count: 1, max: 100});
  t.deepEqual([rows[2]!.count, rows[2]!.p99, rows[2]!.max], [0, undefined, undefined]);
  t.is(rows[0]!.cells[0], 2);
  t.is(rows[1]!.cells[OCTAVES - 1], 1);
  t.deepEqual(
    heatRows(distribution, 2).map((row) => row.cpu),
    [0, 1],
  );
});

test('where not all CPUs fit the worst come first', (t) => {
  const row = (cpu: number, p99?: number, max?: number): HeatRow => ({cpu, cells: [], count: 1, p99, max});
  const rows = [row(0, 5, 9), row(1), row(2, 50, 60), row(3, 50, 70)];
  t.deepEqual(
    foldRows(rows, 2).map((r) => r.cpu),
    [3, 2, 0, 1],
  );
  t.deepEqual(
    foldRows(rows, 4).map((r) => r.cpu),
    [0, 1, 2, 3],
  );
});

test('the scale fits the width; columns wholly above a threshold are marked', (t) => {
  const scale = heatScale(118, 5, 1000, 10_000);
  t.like(scale, {columns: 27, cell: 3, warn: 11, crit: 15});
  t.true(heatScale(78, 5, 1000, 10_000).columns * heatScale(78, 5, 1000, 10_000).cell <= 52);
  t.deepEqual(mergeCells([1, 2, 3, 4], 3), [1, 2, 7]);
  t.deepEqual(
    [0, 1, 10, 100].map((n) => intensity(n, 100, 5)),
    [0, 1, 3, 4],
  );
});

test('the heatmap folds many CPUs, scrolls, and says so', async (t) => {
  const {store} = await filled({cpus: 64});
  const first = paintHeatmap(store, 100, 10).map(unstyled);
  t.regex(first[0]!, /7 of 64 CPUs, worst p99 first/);
  t.regex(first[1]!, /1us .*1ms .*p50 {4}p99 {4}max/);
  store.heatTop = 1000;
  const last = paintHeatmap(store, 100, 10).map(unstyled);
  t.is(store.heatTop, 57);
  t.not(first[2], last[2]);
});

test('sparklines: the newest at the right, the worst of each group, gaps for missing samples', (t) => {
  const drawn = (history: Point[], width: number, scale: SparkScale): string => {
    const line = new Line(width, makeTheme('mono'));
    addSparkline(line, history, width, '▁▂▃▄▅▆▇█', scale);
    return unstyled(line.end());
  };
  t.is(drawn([0, 1, 2, 4], 6, rateScale([0, 1, 2, 4])), '  ▁▃▅█');
  t.is(drawn([1, undefined, 8, undefined, undefined, undefined], 3, rateScale([1, 8])), '▂█ ');
  t.is(drawn([undefined, 5, 100, 1000, 10_000, 1e6], 6, latencyScale(1000)), ' ▁▃▆██');
  t.is(drawn([], 4, rateScale([])), '    ');
  t.is(drawn([0, 0], 2, rateScale([0, 0])), '▁▁');
});
