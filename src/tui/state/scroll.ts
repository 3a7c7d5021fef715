/** The rows that exist: sequence numbers of the oldest and the newest; `last` is `first - 1` when there are none. */
export interface Range {
  first: number;
  last: number;
}

/** Where a list of rows stands that grows at its end and loses rows at its start. */
export interface Scroll {
  /** The selected row; undefined: the newest, whatever comes (following). */
  cursor: number | undefined;
  /** The first row shown. */
  top: number;
  /** The newest row that has been on screen. */
  seen: number;
  /** Rows shown at the last paint: what a page is. */
  height: number;
}

export const FOLLOWING: Scroll = {cursor: undefined, top: 0, seen: -1, height: 1};

/** Brings a scroll position into the rows that exist and into the window: the selection stays on its row. */
export function settle(scroll: Scroll, range: Range, height: number): Scroll {
  const {first, last} = range;
  if (last < first) return {...FOLLOWING, height};
  if (scroll.cursor === undefined || scroll.cursor > last) {
    return {cursor: undefined, top: Math.max(first, last - height + 1), seen: last, height};
  }
  const cursor = Math.max(first, scroll.cursor);
  const lowest = Math.max(first, last - height + 1);
  const top = Math.min(Math.max(first, Math.min(cursor, Math.max(scroll.top, cursor - height + 1))), lowest);
  return {cursor, top, seen: Math.max(scroll.seen, Math.min(last, top + height - 1)), height};
}

/** Moves the selection by rows. Moving down onto the newest row follows again. */
export function move(scroll: Scroll, range: Range, by: number): Scroll {
  if (range.last < range.first) return scroll;
  const from = scroll.cursor ?? range.last;
  const cursor = Math.max(range.first, from + by);
  return {...scroll, cursor: cursor >= range.last && by > 0 ? undefined : Math.min(cursor, range.last)};
}

/** How many rows have come that were never on screen. */
export function newBelow(scroll: Scroll, range: Range): number {
  return scroll.cursor === undefined ? 0 : Math.max(0, range.last - scroll.seen);
}
