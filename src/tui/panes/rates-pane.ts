import type {TrendName} from '../../types/detail.ts';
import type {State} from '../../types/state.ts';
import {rate} from '../../util/format.ts';
import {padStart} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import type {Theme} from '../theme.ts';
import {addSparkline, type Point, rateScale} from './sparkline.ts';

const NAME = 14;
const FIGURE = 9;

/** Some rates, a line each: what it is now, its highest and its course over the last minutes. */
export function paintRates(
  rows: readonly (readonly [name: string, trend: TrendName])[],
  {detail}: State,
  theme: Theme,
  width: number,
): string[] {
  const heading = new Line(width, theme).add(' '.repeat(NAME + 1));
  for (const name of ['now', 'most']) heading.add(padStart(name, FIGURE), 'dim');
  return [heading.end(), ...rows.map(([name, trend]) => rateLine(name, detail.trends[trend], theme, width))];
}

function rateLine(name: string, values: readonly Point[], theme: Theme, width: number): string {
  const line = new Line(width, theme).add(` ${name.padEnd(NAME)}`, 'dim');
  const known = values.filter((value) => value !== undefined);
  const most = known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : undefined;
  for (const value of [values.at(-1), most]) line.add(padStart(value === undefined ? '-' : rate(value), FIGURE));
  line.add('  ');
  addSparkline(line, values, Math.max(0, line.room - 1), theme.glyphs.bars, rateScale(values));
  return line.end();
}
