import type {State} from '../../types/state.ts';
import type {Filter} from '../filter/filter.ts';
import type {Column, ListPane, Sort} from './pane.ts';
import {treeOf} from './tree.ts';

/** Below this many rows sorting anew costs nothing worth saving. */
const FEW = 500;

/** Where a list stands: its sort, its selected row, and the rows as shown, made anew only when something changed. */
export class ListState {
  sort: Sort | undefined;
  /** Sorted and filtered. */
  rows: readonly unknown[] = [];
  /** Rows that the filter hides. */
  hidden = 0;
  /** Shown as a tree; then `depths` says how deep each of the rows stands. */
  tree = false;
  depths: readonly number[] = [];
  /** Index of the selected row. */
  cursor = 0;
  /** Index of the first row on screen. */
  top = 0;
  /** Rows on screen at the last paint: what a page is. */
  height = 1;
  /** Key of the row that the selection stays on; undefined: on the first one, whichever it is. */
  private pinned: string | undefined;
  private made: {version: number; source: readonly unknown[]; filter?: Filter; sort?: Sort; tree: boolean} | undefined;

  constructor(readonly pane: ListPane) {
    this.sort = pane.sort;
  }

  get selected(): unknown {
    return this.rows[this.cursor];
  }

  /** Brings the rows up to date. `version` tells one state of the data from the next. */
  refresh(state: State, version: number, filter: Filter | undefined): void {
    const {made, sort, pane} = this;
    const asked = made?.filter === filter && made?.sort === sort && made?.tree === this.tree;
    if (made && asked && made.version === version) return;
    const source = pane.rows(state);
    const same = made && asked && made.source === source && source.length > FEW;
    this.made = {version, source, filter, sort, tree: this.tree};
    if (same) return;
    const kept = filter && pane.subject ? source.filter((row) => filter.matches(pane.subject!(row))) : source;
    this.hidden = source.length - kept.length;
    const column = sort && pane.columns.find(({id}) => id === sort.column);
    this.rows = column ? sortRows(kept, column, sort.descending) : kept;
    this.depths = [];
    if (this.tree && pane.tree) {
      const {rows, depths} = treeOf(this.rows, (row) => pane.key(row), pane.tree.parent);
      this.rows = rows;
      this.depths = depths;
    }
    this.follow();
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
    const columns = this.pane.columns.filter(({value}) => value);
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
