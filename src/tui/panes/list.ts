import {count} from '../../util/format.ts';
import {visible, visibleUpTo} from '../../util/sanitize.ts';
import type {Store} from '../state/store.ts';
import {cutStart, fitText, padStart, textWidth} from '../text/cells.ts';
import {framed} from '../text/frame.ts';
import {Line} from '../text/line.ts';
import type {Theme, Token} from '../theme.ts';
import type {ListState} from './list-state.ts';
import type {Column, ListPane} from './pane.ts';

/** A column and the cells that it takes here. */
export interface Fitted<Row = unknown> {
  column: Column<Row>;
  width: number;
}

/** Borders and heading. */
const FRAME = 3;

/** The columns that fit into `width` cells, one of them before each: the least important are left out first. */
export function fitColumns<Row>(columns: readonly Column<Row>[], width: number): Fitted<Row>[] {
  const kept = [...columns];
  const taken = (): number => kept.reduce((sum, column) => sum + column.width + 1, 0);
  while (taken() > width) {
    const least = Math.max(...kept.map(({priority}) => priority));
    if (least <= 0) break;
    kept.splice(
      kept.findLastIndex(({priority}) => priority === least),
      1,
    );
  }
  const growing = kept.filter(({grow}) => grow);
  let spare = Math.max(0, width - taken());
  return kept.map((column) => {
    if (!column.grow) return {column, width: column.width};
    const more = Math.floor(spare / growing.length);
    growing.pop();
    spare -= more;
    return {column, width: column.width + more};
  });
}

/** A list with its frame. Only the rows on screen are formatted. */
export function paintList(pane: ListPane, store: Store, width: number, height: number): string[] {
  const {theme, state} = store;
  const list = store.list(pane);
  const inner = width - 2;
  const room = Math.max(1, height - FRAME);
  list.settle(room);
  const focus = store.focus === pane.id;
  const columns = fitColumns(list.columns, inner);
  const lines = [heading(columns, list, inner, theme)];
  if (list.rows.length === 0) {
    const why = list.hidden > 0 ? 'nothing matches the filter' : pane.empty(state);
    lines.push(new Line(inner, theme).add(` ${visibleUpTo(why, 400)}`, 'dim').end());
  }
  const end = Math.min(list.rows.length, list.top + room);
  for (let i = list.top; i < end; i++) {
    lines.push(rowLine(list, i, columns, inner, theme, focus && i === list.cursor));
  }
  const border = {
    title: `${pane.title} ${count(list.total)}`,
    right: remarks(list, room, width - textWidth(pane.title) - 20, theme),
    focus,
    footer: pane.note?.(state),
  };
  return framed(border, lines, width, height, theme);
}

/** How much is hidden, where the selection stands, what is sorted by: as many of them as have room. */
function remarks({hidden, rows, cursor, sort, columns}: ListState, room: number, width: number, theme: Theme): string {
  const parts: string[] = [];
  if (hidden > 0) parts.push(`${count(hidden)} hidden by the filter`);
  if (rows.length > room) parts.push(`${count(cursor + 1)} of ${count(rows.length)}`);
  const by = sort && columns.find(({id}) => id === sort.column);
  if (by) parts.push(`by ${by.title.toLowerCase()} ${arrow(sort.descending, theme)}`);
  const separator = ` ${theme.glyphs.dot} `;
  while (parts.length > 1 && textWidth(parts.join(separator)) > width) parts.pop();
  return parts.join(separator);
}

function arrow(descending: boolean, {glyphs}: Theme): string {
  return descending ? glyphs.down : glyphs.up;
}

function heading(columns: readonly Fitted[], {sort}: ListState, width: number, theme: Theme): string {
  const line = new Line(width, theme);
  for (const {column, width: cells} of columns) {
    const sorted = sort?.column === column.id;
    const mark = sorted ? arrow(sort.descending, theme) : '';
    const title = `${fitText(column.title, Math.min(textWidth(column.title), cells - textWidth(mark)))}${mark}`;
    line.add(' ').add(aligned(title, column, cells), sorted ? 'accent' : 'dim');
  }
  return line.end();
}

/** Safe, and not much longer than what can be shown. */
function cellText<Row>({text, keepEnd}: Column<Row>, row: Row, cells: number): string {
  const most = cells * 4 + 16;
  return keepEnd ? cutStart(visible(text(row).slice(-most)), cells) : visibleUpTo(text(row), most);
}

function aligned(text: string, {align}: Column<unknown>, width: number): string {
  return align === 'right' ? padStart(text, width) : fitText(text, width);
}

/** Deeper than this nothing moves to the right any more. */
const DEEPEST = 12;

/** What stands before the name of a heading, or of a row that has something above it. */
function branch(list: ListState, at: number, {glyphs}: Theme): string {
  if (list.isHeading(at)) return `${list.isFolded(list.rows[at]) ? glyphs.folded : glyphs.unfolded} `;
  const depth = list.depths[at] ?? 0;
  return depth > 0 ? `${'  '.repeat(Math.min(depth, DEEPEST) - 1)}${glyphs.branch} ` : '';
}

function rowLine(
  list: ListState,
  at: number,
  columns: readonly Fitted[],
  width: number,
  theme: Theme,
  selected: boolean,
): string {
  const heading = list.isHeading(at);
  const plain: Token = selected ? 'selected' : heading ? 'bold' : 'text';
  const {pane, shape} = list;
  const indented = shape === 'groups' ? pane.groups?.column : pane.tree?.column;
  const line = new Line(width, theme, plain);
  const row = list.rows[at];
  for (const [i, {column, width: cells}] of columns.entries()) {
    line.add(i === 0 && selected ? theme.glyphs.focus : ' ', plain);
    // A cell of many combining characters must not make a line of any length.
    const before = column.id === indented ? branch(list, at, theme) : '';
    const text = `${before}${cellText(column, row, cells)}`;
    line.add(aligned(text, column, cells), selected || heading ? plain : (column.token?.(row) ?? 'text'));
  }
  return line.end();
}
