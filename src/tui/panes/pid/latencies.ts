import {percentile} from '../../../model/percentile.ts';
import type {Distribution, State} from '../../../types/state.ts';
import {compact, percentileText} from '../../../util/format.ts';
import {visibleUpTo} from '../../../util/sanitize.ts';
import {fitText, padStart} from '../../text/cells.ts';
import {Line} from '../../text/line.ts';
import type {Theme} from '../../theme.ts';
import {octavesOf} from '../histogram.ts';
import type {Subject} from './identity.ts';

const NAME = 14;
const FIGURE = 7;
const TITLES: Record<string, string> = {
  sched: 'for a CPU',
  block: 'disk',
  vfs: 'file',
  syscall: 'system call',
  syscall_waits: 'its sleeps',
};

/** A line a distribution since somebody looks: how many, percentiles, and a bar an octave from 1 µs to 60 s. */
export function paintLatencies({pid}: Subject, state: State, theme: Theme, width: number, height: number): string[] {
  const distributions = state.focus?.now.pid === pid ? state.focus.distributions : [];
  const head = new Line(width, theme).add(` ${fitText('', NAME)}`);
  for (const title of ['COUNT', 'P50', 'P99', 'MAX']) head.add(padStart(title, FIGURE), 'dim');
  head.add('  1us … 60s', 'dim');
  const lines = [head.end()];
  if (distributions.length === 0) {
    const text = ' nothing yet: from the first whole interval on, where the kernel counts by process';
    lines.push(new Line(width, theme).add(text, 'dim').end());
  }
  for (const each of distributions) lines.push(lineOf(each, theme, width));
  return lines.slice(0, height);
}

function lineOf(distribution: Distribution, theme: Theme, width: number): string {
  const {name, labels, count, max} = distribution;
  const title = [TITLES[name] ?? name, labels.op].filter(Boolean).join(' ');
  const at = (q: number): string => percentileText(percentile(distribution, q) ?? 0);
  const line = new Line(width, theme).add(` ${fitText(visibleUpTo(title, 60), NAME)}`);
  for (const text of [compact(count), at(0.5), at(0.99), percentileText(max)]) line.add(padStart(text, FIGURE));
  const octaves = octavesOf(distribution);
  const most = Math.log1p(Math.max(1, ...octaves));
  const bars = [...theme.glyphs.bars];
  line.add('  ');
  for (const n of octaves) {
    const level = n <= 0 ? -1 : Math.round((Math.log1p(n) / most) * (bars.length - 1));
    line.add(level < 0 ? ' ' : (bars[level] ?? ' '), 'spark');
  }
  return line.end();
}
