import type {State} from '../../types/state.ts';
import type {Filter} from '../filter/filter.ts';
import {groupsOf} from './groups.ts';
import type {Column, ListPane, Sort} from './pane.ts';
import {type Tree, treeOf} from './tree.ts';

/** One below the other, each below its parent, or each below the heading of its group. */
export type Shape = 'list' | 'tree' | 'groups';

/** What the rows are made by, beside the data. */
interface Asked {
  filter?: Filter;
  sort?: Sort;
  shape: Shape;
  folded: ReadonlySet<string>;
}

/** Below this many rows sorting anew costs nothing worth saving. */
const FEW = 500;

/** Where a list stands: its sort, its selected row, and the rows as shown, made anew only when something changed. */
export class ListState {
  sort: Sort | undefined;
  /** Sorted and filtered. */
  rows: readonly unknown[] = [];
  /** Rows that the filter hides. */
  hidden = 0;
  /** Rows without headings, folded ones too. */
  total = 0;
  /** In a tree or groups `depths` says how deep each of the rows stands. */
  shape: Shape = 'list';
  depths: readonly number[] = [];
  /** Index of the selected row. */
  cursor = 0;
  /** Index of the first row on screen. */
  top = 0;
  /** Rows on screen at the last paint: what a page is. */
  height = 1;
  /** Key of the row that the selection stays on; undefined: on the first one, whichever it is. */
  private pinned: string | undefined;
  /** Keys of the headings whose rows are not shown. */
  private folded: ReadonlySet<string> = new Set();
  private made: (Asked & {version: number; source: readonly unknown[]}) | undefined;

  constructor(readonly pane: ListPane) {
    this.sort = pane.sort;
  }

  get selected(): unknown {
    return this.rows[this.cursor];
  }

  get columns(): readonly Column<unknown>[] {
    return (this.shape === 'groups' ? this.pane.groups : this.pane)?.columns ?? [];
  }

  /** Is the row at an index the heading of a group? */
  isHeading(at: number): boolean {
    return this.shape === 'groups' && this.depths[at] === 0;
  }

  isFolded(heading: unknown): boolean {
    return this.folded.has(this.pane.key(heading));
  }

  /** Turns to another shape, and back from it. */
  turn(shape: Shape): void {
    this.shape = this.shape === shape ? 'list' : shape;
  }

  /** Folds the selected heading, or unfolds it; false where none is selected. */
  fold(): boolean {
    if (!this.isHeading(this.cursor)) return false;
    const key = this.pane.key(this.selected);
    const folded = new Set(this.folded);
    if (!folded.delete(key)) folded.add(key);
    this.folded = folded;
    this.select(this.cursor);
    return true;
  }

  /** Brings the rows up to date. `version` tells one state of the data from the next. */
  refresh(state: State, version: number, filter: Filter | undefined): void {
    const {made, sort, shape, folded, pane} = this;
    const asked = made?.filter === filter && made?.sort === sort && made?.shape === shape && made?.folded === folded;
    if (made && asked && made.version === version) return;
    const source = pane.rows(state);
    const same = made && asked && made.source === source && source.length > FEW;
    this.made = {version, source, filter, sort, shape, folded};
    if (same) return;
    const kept = filter && pane.subject ? source.filter((row) => filter.matches(pane.subject!(row))) : source;
    this.hidden = source.length - kept.length;
    this.total = kept.length;
    this.arrange(kept);
    this.follow();
  }

  /** Puts rows in their order, below their parents or headings. */
  private arrange(kept: readonly unknown[]): void {
    const {sort, shape, pane} = this;
    const column = sort && this.columns.find(({id}) => id === sort.column);
    const order = (rows: readonly unknown[]) => (column ? sortRows(rows, column, sort.descending) : rows);
    let tree: Tree<unknown> | undefined;
    if (shape === 'tree' && pane.tree) tree = treeOf(order(kept), (row) => pane.key(row), pane.tree.parent);
    if (shape === 'groups' && pane.groups) tree = groupsOf(kept, pane.groups, order, (row) => this.isFolded(row));
    this.rows = tree?.rows ?? order(kept);
    this.depths = tree?.depths ?? [];
  }

  /** Moves the window so that the selected row is in it. */
  settle(height: number): void {
    this.height = Math.max(1, height);
    const lowest = Math.max(0, this.rows.length - this.height);
    const wanted = Math.min(this.cursor, Math.max(this.top, this.cursor - this.height + 1));
    this.top = Math.max(0, Math.min(wanted, lowest));
  }

  /** Moves the selection by rows. */
  move(by: number): void {
    this.select(this.cursor + by);
  }

  /** Selects a row by its index; the nearest there is. */
  select(index: number): void {
    this.cursor = Math.max(0, Math.min(this.rows.length - 1, index));
    const row = this.selected;
    this.pinned = row === undefined ? undefined : this.pane.key(row);
  }

  /** Selects the first row, whichever it is as data moves. */
  first(): void {
    this.cursor = 0;
    this.pinned = undefined;
  }

  /** Sorts by the next column that can be sorted by, the first way round that one looks for. */
  nextSort(): Sort | undefined {
    const columns = this.columns.filter(({value}) => value);
    const at = columns.findIndex(({id}) => id === this.sort?.column);
    const next = columns[(at + 1) % Math.max(1, columns.length)];
    if (next) this.sort = {column: next.id, descending: next.align === 'right'};
    return this.sort;
  }

  /** Turns the order round. */
  reverse(): Sort | undefined {
    if (this.sort) this.sort = {...this.sort, descending: !this.sort.descending};
    return this.sort;
  }

  /** A row that is gone keeps its claim: it may be back with the next sample. */
  private follow(): void {
    const {pane, pinned} = this;
    const found = pinned === undefined ? -1 : this.rows.findIndex((row) => pane.key(row) === pinned);
    if (found >= 0) this.cursor = found;
    else if (pinned === undefined) this.cursor = 0;
    else this.cursor = Math.max(0, Math.min(this.cursor, this.rows.length - 1));
  }
}

/** Rows by a column's values; those without one last, equal ones in the order in which they came. */
export function sortRows<Row>(rows: readonly Row[], column: Column<Row>, descending: boolean): Row[] {
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row) => ({row, value: known(column.value?.(row))}));
  keyed.sort((a, b) => compare(a.value, b.value, sign));
  return keyed.map(({row}) => row);
}

type Value = number | string | undefined;

function known(value: Value): Value {
  return typeof value === 'number' && Number.isNaN(value) ? undefined : value;
}

function compare(a: Value, b: Value, sign: number): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -sign : a > b ? sign : 0;
}
