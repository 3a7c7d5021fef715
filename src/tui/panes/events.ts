import type {KernelEvent} from '../../types/stream.ts';
import {count} from '../../util/format.ts';
import {visible} from '../../util/sanitize.ts';
import {newBelow, settle} from '../state/scroll.ts';
import type {Store} from '../state/store.ts';
import {fitText, padStart} from '../text/cells.ts';
import {framed} from '../text/frame.ts';
import {Line} from '../text/line.ts';
import {severityToken, type Theme, type Token} from '../theme.ts';
import {eventFields} from './event-fields.ts';

/** Widths of the columns before the details; 0 leaves one out. */
export interface Columns {
  time: number;
  type: number;
  cpu: number;
  pid: number;
  comm: number;
}

/** Column widths for a pane whose inside is `width` cells wide. */
export function columnsFor(width: number): Columns {
  if (width >= 110) return {time: 12, type: 15, cpu: 4, pid: 8, comm: 16};
  if (width >= 70) return {time: 8, type: 14, cpu: 4, pid: 8, comm: 12};
  if (width >= 54) return {time: 8, type: 14, cpu: 0, pid: 0, comm: 10};
  return {time: 8, type: 8, cpu: 0, pid: 0, comm: 10};
}

/** The event pane: follows the newest until one scrolls, then stays where it is. Only visible rows are made. */
export function paintEvents(store: Store, width: number, height: number): string[] {
  const {theme} = store;
  const inner = width - 2;
  const rows = Math.max(1, height - 3);
  const {range} = store;
  store.scroll = settle(store.scroll, range, rows);
  const {scroll} = store;
  const total = range.last - range.first + 1;
  const below = newBelow(scroll, range);
  const hidden = store.hiddenEvents;
  const where = below > 0 ? `${count(below)} new below` : scroll.cursor === undefined ? 'following' : 'scrolled';
  const filtered = hidden > 0 ? `${count(hidden)} hidden by the filter ${theme.glyphs.dot} ` : '';
  const right = width >= 70 ? filtered + where : where;
  const focus = store.focus === 'events';
  const border = {
    title: `Events ${count(total)}`,
    right,
    rightToken: below > 0 ? ('accent' as const) : undefined,
    focus,
  };
  const columns = columnsFor(inner);
  const lines = [heading(columns, inner, theme)];
  if (total <= 0) lines.push(emptyLine(store, inner));
  const cursor = scroll.cursor ?? range.last;
  for (let seq = scroll.top; seq <= range.last && lines.length <= rows; seq++) {
    const event = store.event(seq);
    if (event) lines.push(lineOf(event, store, inner, focus && seq === cursor));
  }
  return framed(border, lines, width, height, theme);
}

/** Lines as painted last: most events are on screen for several repaints. */
const painted = new WeakMap<KernelEvent, {line: string; width: number; theme: Theme; selected: boolean}>();

function lineOf(event: KernelEvent, {theme, clock}: Store, width: number, selected: boolean): string {
  const last = painted.get(event);
  if (last?.width === width && last.theme === theme && last.selected === selected) return last.line;
  const shape = {columns: columnsFor(width), width, theme, time: clock.at(event.time).clock};
  const line = eventLine(event, shape, selected);
  painted.set(event, {line, width, theme, selected});
  return line;
}

function emptyLine({state, theme, hiddenEvents, searching}: Store, width: number): string {
  if (searching) return new Line(width, theme).add(' looking for events that match the filter', 'dim').end();
  if (hiddenEvents > 0) return new Line(width, theme).add(' no event matches the filter', 'dim').end();
  const {sched_warn_us: warn} = state.thresholds ?? {};
  const hint = warn === undefined ? '' : ': nothing has passed a threshold';
  return new Line(width, theme).add(` no events${hint}`, 'dim').end();
}

function heading(columns: Columns, width: number, theme: Theme): string {
  const line = new Line(width, theme).add('   ').add(fitText('TIME', columns.time + 1), 'dim');
  line.add(fitText('TYPE', columns.type + 1), 'dim');
  if (columns.cpu) line.add(padStart('CPU', columns.cpu), 'dim');
  if (columns.pid) line.add(padStart('PID', columns.pid), 'dim');
  return line
    .add(' ')
    .add(fitText('COMMAND', columns.comm + 1), 'dim')
    .add('DETAILS', 'dim')
    .end();
}

/** How an event's line is drawn. */
export interface LineShape {
  columns: Columns;
  width: number;
  theme: Theme;
  /** The event's wall-clock time. */
  time: string;
}

/** One event on one line. Whatever comes from the kernel or a file has its control characters made visible. */
export function eventLine(event: KernelEvent, shape: LineShape, selected: boolean): string {
  const {columns, width, theme} = shape;
  const plain: Token = selected ? 'selected' : 'text';
  const quiet: Token = selected ? 'selected' : 'dim';
  const token = selected ? 'selected' : severityToken(event.severity);
  const glyph = theme.glyphs.severity[event.severity] ?? theme.glyphs.dot;
  const line = new Line(width, theme, plain).add(selected ? theme.glyphs.focus : ' ', plain).add(`${glyph} `, token);
  line.add(fitText(shape.time.slice(0, columns.time), columns.time + 1), quiet);
  line.add(`${fitText(visible(event.type), columns.type)} `, token === 'status.critical' ? 'heat.critical' : token);
  if (columns.cpu) line.add(padStart(String(event.cpu ?? '-'), columns.cpu), quiet);
  if (columns.pid) line.add(padStart(event.pid === undefined ? '-' : String(event.pid), columns.pid), plain);
  line.add(' ').add(`${fitText(event.comm === undefined ? '-' : visible(event.comm), columns.comm)} `, plain);
  for (const [name, value] of eventFields(event)) {
    if (line.room <= 1) break;
    if (name) line.add(`${name}=`, quiet);
    line.add(value, name === 'latency' ? token : plain).add(' ');
  }
  return line.end();
}
