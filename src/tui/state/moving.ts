import {move} from './scroll.ts';
import type {Store} from './store.ts';

/** Rows of a page where the focus is. */
export function page(store: Store): number {
  const {pane} = store;
  if (store.dialog) return 10;
  if (pane?.kind === 'heatmap') return 8;
  return Math.max(1, (pane?.kind === 'list' ? store.list(pane).height : store.scroll.height) - 1);
}

/**
 * Moves by rows whatever has the keys: a dialog, or the selection or window of the focused pane. In a replay, where left
 * and right go through the recording, down and up go through all tiles.
 */
export function step(store: Store, by: number): void {
  const {pane, dialog} = store;
  if (dialog === 'probes') store.selectProbe(store.probeAt + by);
  else if (dialog === 'help') store.scrollHelp(store.helpTop + by);
  else if (pane?.kind === 'tiles' && store.replay) store.select(by);
  else if (pane?.kind === 'tiles') store.selectRow(by > 0 ? 1 : -1);
  else if (pane?.kind === 'heatmap') store.heatTop = Math.max(0, store.heatTop + by);
  else if (pane?.kind === 'events') store.scroll = move(store.scroll, store.range, by);
  else if (pane?.kind === 'list') store.list(pane).move(by);
}

/** Moves to the first or the last row. */
export function edge(store: Store, to: 'first' | 'last'): void {
  const {pane, dialog} = store;
  const first = to === 'first';
  if (dialog === 'probes') store.selectProbe(first ? 0 : store.probes.length - 1);
  else if (dialog === 'help') store.scrollHelp(first ? 0 : Number.MAX_SAFE_INTEGER);
  else if (pane?.kind === 'tiles') store.select(to);
  else if (pane?.kind === 'heatmap') store.heatTop = first ? 0 : store.heatRows;
  else if (pane?.kind === 'events' && first) store.scroll = move(store.scroll, store.range, -Number.MAX_SAFE_INTEGER);
  else if (pane?.kind === 'events') store.scroll = {...store.scroll, cursor: undefined};
  else if (pane?.kind === 'list' && first) store.list(pane).first();
  else if (pane?.kind === 'list') store.list(pane).select(Number.MAX_SAFE_INTEGER);
}
