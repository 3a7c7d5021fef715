import test from 'ava';
import fc from 'fast-check';
import {decades, fromZero, paintChart, type Series} from '../../src/tui/panes/chart.ts';
import {octavesOf, paintHistogram} from '../../src/tui/panes/histogram.ts';
import {textWidth} from '../../src/tui/text/cells.ts';
import {makeTheme} from '../../src/tui/theme.ts';
import {percent, percentileText} from '../../src/util/format.ts';
import {histogram} from '../util/synthetic.ts';
import {unstyled} from './state.ts';

const theme = makeTheme('mono');
const dark = makeTheme('dark');
const p99 = (values: Series['values']): Series[] => [{name: 'p99', values, token: 'spark'}];

test('a chart has the newest second at the right, gaps where there was no figure, and its threshold', (t) => {
  const values = [100, 100, undefined, 100, 10_000];
  const lines = paintChart(p99(values), decades(values, percentileText, 1000), theme, 20, 6).map(unstyled);
  t.deepEqual(lines.slice(0, 5), [
    '   10ms│           ╭',
    '       │           │',
    '    1ms│···········│',
    '       │           │',
    '  100us│       ── ─╯',
  ]);
  t.regex(lines[5]!, /now$/);
});

test('what is above a threshold has its colour, what is below not', (t) => {
  const values = [100, 100, 200_000, 200_000];
  const lines = paintChart(p99(values), decades(values, percentileText, 1000, 10_000), dark, 30, 9);
  t.true(lines[0]!.includes(dark.sgr['heat.critical']) || lines[1]!.includes(dark.sgr['heat.critical']));
  const bottom = lines.find((line) => unstyled(line).startsWith('  100us'))!;
  t.true(bottom.includes(dark.sgr.spark));
  t.false(bottom.includes(dark.sgr['heat.critical']));
});

test('two series keep apart without colours, and are named', (t) => {
  const series: Series[] = [
    {name: 'some', values: [10, 10, 10, 10], token: 'spark'},
    {name: 'full', values: [1, 1, 1, 1], token: 'spark', mark: '•'},
  ];
  const lines = paintChart(series, fromZero([10], percent, 10), theme, 50, 6).map(unstyled);
  t.regex(lines[0]!, /^ {4}10%│ +────$/);
  t.regex(lines[4]!, /^ {5}0%│ +••••$/);
  t.regex(lines[5]!, /─ some {2}• full +now$/);
});

test('scales hold all values: whole decades, or from 0 to a round number', (t) => {
  t.like(decades([3, 40, undefined], String), {low: 1, high: 100});
  t.like(decades([], String), {low: 1, high: 10});
  t.like(decades([50], String, 1000), {low: 10, high: 1000});
  t.like(decades([100], String), {low: 100, high: 1000});
  t.like(fromZero([3, 17], String, 10), {low: 0, high: 20});
  t.like(fromZero([undefined], String, 10), {low: 0, high: 10});
});

test('a histogram has a bar an octave, whose height is the logarithm of the count', (t) => {
  const cells = histogram('sched', {}, [...new Array(999).fill(4), 3000]);
  t.is(octavesOf(cells)[2], 999);
  t.is(octavesOf(cells)[12], 1);
  const lines = paintHistogram(cells, {warn: 1000}, dark, 6 + 27 * 2, 9);
  const plain = lines.map(unstyled);
  t.is(plain[0]!.indexOf('█'), 6 + 2 * 2);
  t.is(plain[0]!.trim().split(' ')[0], '999');
  // One of 999 is a tenth of the height, and past the threshold.
  t.deepEqual(
    plain.slice(0, 8).map((line) => line[6 + 12 * 2]),
    [' ', ' ', ' ', ' ', ' ', ' ', ' ', '▆'],
  );
  t.true(lines[7]!.includes(dark.sgr['heat.warning']));
  t.regex(plain.at(-1)!, /^ {6}1us +32us +1ms/);
});

test('charts and histograms fill their cells exactly, whatever the size and the values', (t) => {
  const values = fc.array(fc.option(fc.double({min: 0, max: 1e9, noNaN: true}), {nil: undefined}), {maxLength: 700});
  const size = fc.tuple(fc.integer({min: 1, max: 220}), fc.integer({min: 1, max: 30}));
  const cells = histogram('sched', {}, [1, 5, 900, 70_000_000]);
  fc.assert(
    fc.property(values, size, fc.boolean(), (all, [width, height], utf8) => {
      const look = makeTheme('mono', utf8);
      const charts = [
        paintChart(p99(all), decades(all, percentileText, 1000, 10_000), look, width, height),
        paintChart(p99(all), fromZero(all, percent, 10), look, width, height),
        paintHistogram(cells, {warn: 1000}, look, width, height),
      ];
      for (const lines of charts) {
        t.true(lines.length <= height);
        for (const line of lines) {
          t.is(textWidth(unstyled(line)), width);
          if (!utf8) t.regex(unstyled(line), /^[\x20-\x7e]*$/);
        }
      }
    }),
    {numRuns: 200},
  );
});
