import type {State} from '../../../types/state.ts';
import {bytes} from '../../../util/format.ts';
import {padStart} from '../../text/cells.ts';
import {Line} from '../../text/line.ts';
import type {Theme} from '../../theme.ts';
import {type Point, resample} from '../sparkline.ts';
import type {Subject} from './identity.ts';

const AXIS = 9;

/** Resident memory over the samples since somebody looks: columns from 0, the newest at the right. */
export function paintGrowth(
  {pid, replay, problem}: Subject,
  state: State,
  theme: Theme,
  width: number,
  height: number,
): string[] {
  const {focus} = state;
  const history = focus?.now.pid === pid ? focus.rss : [];
  const points = resample(history, width - AXIS - 1);
  const high = Math.max(0, ...points.map((point) => point ?? 0));
  if (high === 0) {
    const later = replay || problem ? 'known only while somebody looks' : 'from the next sample on';
    const why =
      focus?.now.pid !== pid ? later : focus.now.kernel_thread ? 'a kernel thread has none of its own' : 'unknown';
    return [new Line(width, theme).add(` ${why}`, 'dim').end()];
  }
  const lines: string[] = [];
  for (let row = 0; row < height; row++) {
    const label = row === 0 ? bytes(high) : row === height - 1 && height > 1 ? '0B' : '';
    const line = new Line(width, theme).add(`${padStart(label, AXIS)} `, 'dim');
    line.repeat(' ', line.room - points.length);
    for (const point of points) line.add(cell(point, high, height, height - 1 - row, theme), 'spark');
    lines.push(line.end());
  }
  return lines;
}

/** The part of a column that lies in a row, counted from the bottom. */
function cell(point: Point, high: number, height: number, row: number, {glyphs}: Theme): string {
  if (point === undefined) return ' ';
  const levels = [...glyphs.bars];
  const eighths = Math.round((point / high) * height * levels.length) - row * levels.length;
  if (eighths <= 0) return row === 0 ? (levels[0] ?? ' ') : ' ';
  return levels[Math.min(levels.length, eighths) - 1] ?? ' ';
}
