import type {Marks, Playback} from '../../types/frame.ts';
import type {Store} from '../state/store.ts';
import {textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import {severityToken, type Token} from '../theme.ts';

/** `01:05`, or `1:01:05` from an hour on. */
export function playTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

/**
 * A replay's time bar: where it stands between start and end, with the warnings and critical events at their places.
 * Of a pipe, whose end nobody knows, what has come so far.
 */
export function paintTimeBar(store: Store, width: number): string[] {
  const {theme, playback} = store;
  const {glyphs} = theme;
  const {position_ms: at, duration_ms: whole, ended, playing} = playback;
  const mark = ended ? '' : `${playing ? glyphs.play : glyphs.pause} `;
  const left = ` ${mark}${playTime(at)} `;
  const right = whole === undefined ? ' ? ' : ` ${playTime(whole)} `;
  const cells = width - textWidth(left) - textWidth(right);
  const line = new Line(width, theme).add(left, 'accent');
  if (cells < 1) return [line.end()];
  const length = Math.max(1, at, whole ?? 0);
  const head = Math.min(cells - 1, Math.floor((at / length) * cells));
  for (let cell = 0; cell < cells; cell++) {
    const severity = worstIn(playback, (cell * length) / cells, ((cell + 1) * length) / cells);
    if (cell === head) line.add(glyphs.head, 'selected');
    else if (severity) line.add(glyphs.severity[severity], markToken(severity));
    else line.add(cell < head ? glyphs.passed : glyphs.ahead, cell < head ? 'accent' : 'dim');
  }
  return [line.add(right, 'dim').end()];
}

function markToken(severity: 'warning' | 'critical'): Token {
  return severity === 'critical' ? 'heat.critical' : severityToken(severity);
}

/** The worst event of a stretch of time in milliseconds, as far as it is known. */
function worstIn({marks}: Playback, fromMs: number, toMs: number): Marks['worst'][number] {
  if (!marks) return undefined;
  let worst: Marks['worst'][number];
  const last = Math.max(Math.floor(fromMs / marks.stretch_ms), Math.ceil(toMs / marks.stretch_ms) - 1);
  for (let i = Math.floor(fromMs / marks.stretch_ms); i <= last; i++) {
    const one = marks.worst[i];
    if (one === 'critical') return one;
    worst ??= one;
  }
  return worst;
}
