import type {State} from '../../../types/state.ts';
import type {Focus} from '../../../types/stream.ts';
import {bytes, count, duration, percent, rate, span} from '../../../util/format.ts';
import {visible} from '../../../util/sanitize.ts';
import {Line} from '../../text/line.ts';
import type {Theme} from '../../theme.ts';
import type {Subject} from './identity.ts';

/** A figure's name and what it is. */
export type Row = [name: string, text: string];

/** Cells of the names. */
const NAMES = 12;
/** From here on there are two columns. */
const WIDE = 110;

/** Its figures of the last interval that has some; `-` is unknown. */
export function paintFigures({pid}: Subject, state: State, theme: Theme, width: number, height: number): string[] {
  const focus = state.focus?.now.pid === pid ? state.focus : undefined;
  const rows = focus ? rowsOf(focus.figures, focus.now, focus.growth_bytes_per_s) : rowsOfOthers(pid, state);
  return paintRows(rows, theme, width, height);
}

/** Figures one below the other; in two columns where there is room. */
export function paintRows(rows: readonly Row[], theme: Theme, width: number, height: number): string[] {
  const across = width >= WIDE ? 2 : 1;
  const perColumn = Math.ceil(rows.length / across);
  const column = Math.floor(width / across);
  const lines: string[] = [];
  for (let i = 0; i < perColumn && i < height; i++) {
    const line = new Line(width, theme);
    for (let at = 0; at < across; at++) {
      const row = rows[i + at * perColumn];
      if (!row) continue;
      line
        .to(at * column)
        .add(' ')
        .add(row[0], 'dim');
      line.to(at * column + NAMES + 1).add(visible(row[1]));
    }
    lines.push(line.end());
  }
  return lines;
}

/** What the figures pane's title says they are of. */
export function figuresTitle({pid}: Subject, {focus}: State): string {
  const ms = focus?.now.pid === pid ? focus.figures?.interval_ms : undefined;
  return ms === undefined
    ? 'Figures'
    : `Figures of ${span(Number((ms / 1000).toPrecision(2)))}${focus?.now.ended ? ', its last' : ''}`;
}

const shown = <T>(value: T | undefined, how: (value: T) => string): string => (value === undefined ? '-' : how(value));

function rowsOf(figures: Focus | undefined, now: Focus, growth: number | undefined): Row[] {
  const seconds = (figures?.interval_ms ?? 0) / 1000;
  const perSecond = (value: number | undefined, how: (value: number) => string): string =>
    value === undefined || seconds <= 0 ? '-' : how(value / seconds);
  const size = (value: number) => `${bytes(value)}/s`;
  const moved = ([amount, calls, storage]: (number | undefined)[], way: string): string => {
    if (amount === undefined) return seconds > 0 ? '- (its io file can not be read)' : '-';
    return `${perSecond(amount, size)} in ${perSecond(calls, rate)} calls, ${perSecond(storage, size)} ${way} storage`;
  };
  const f = figures ?? ({} as Partial<Focus>);
  return [
    ['CPU', perSecond(f.cpu_time_ms, (ms) => `${percent(ms / 10)} of one CPU`)],
    ['CPU waits', waits(f, seconds)],
    [
      'switches',
      `${perSecond(f.voluntary_switches, rate)} voluntary, ${perSecond(f.involuntary_switches, rate)} involuntary`,
    ],
    ['page faults', `${perSecond(f.minor_faults, rate)} minor, ${perSecond(f.major_faults, rate)} major`],
    ['reads', moved([f.read_bytes, f.read_calls, f.storage_read_bytes], 'from')],
    ['writes', moved([f.write_bytes, f.write_calls, f.storage_write_bytes], 'to')],
    ['memory', `${shown(now.rss_bytes, bytes)} resident, at most ${shown(now.rss_peak_bytes, bytes)}`],
    [
      '',
      `${shown(now.swap_bytes, bytes)} swapped, ${shown(now.virtual_bytes, bytes)} virtual, growth ${shown(growth, grown)}`,
    ],
  ];
}

const grown = (perSecond: number): string => `${perSecond > 0 ? '+' : ''}${bytes(Math.round(perSecond))}/s`;

function waits({run_delay_ms: ms, timeslices}: Partial<Focus>, seconds: number): string {
  if (ms === undefined || seconds <= 0) return '-';
  const each = timeslices ? `, ${duration((ms * 1000) / timeslices)} each of ${rate(timeslices / seconds)}` : '';
  return `${duration((ms * 1000) / seconds)} a second${each}`;
}

/** Where nobody looked into it: what its row in the list of processes says. */
function rowsOfOthers(pid: number, {sample}: State): Row[] {
  const row = sample?.processes?.find((each) => each.pid === pid);
  const {minor_faults: minor, major_faults: major} = row ?? {};
  return [
    ['page faults', row ? `${shown(minor, count)} minor, ${shown(major, count)} major in the last interval` : '-'],
  ];
}
