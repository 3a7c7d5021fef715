import type {MouseReport} from '../keys/stdin.ts';
import {tabsFor} from '../panes/tabs.ts';
import {tileAt} from '../panes/tiles.ts';
import type {Placed} from '../views/arrange.ts';
import {step} from './moving.ts';
import type {Store} from './store.ts';

const LEFT = 0;
/** Rows of a turn of the wheel, by its button. */
const WHEEL: Record<number, number> = {64: -3, 65: 3};
/** Border and heading above the rows of lists and events. */
const HEAD = 2;

/** The wheel scrolls what it is over; a click gives a pane the keys, selects what is under it, or shows a tab's view. */
export function pointed(store: Store, {button, x, y, pressed}: MouseReport): void {
  const rows = WHEEL[button];
  if (!pressed || !store.plan || (rows === undefined && button !== LEFT)) return;
  if (store.dialog) {
    if (rows !== undefined) step(store, rows);
  } else if (y === store.plan.tabsY && rows === undefined) {
    const tab = tabsFor(store.plan.layout.columns).find((each) => x >= each.x && x < each.x + each.width);
    if (tab) store.show(tab.id);
  } else {
    const spot = store.plan.placed.find((each) => inside(each, x, y));
    if (!spot) return;
    store.focus = spot.pane.id;
    if (rows !== undefined) step(store, rows);
    else select(store, spot, x - spot.x, y - spot.y);
  }
  store.onChange();
}

function inside(spot: Placed, x: number, y: number): boolean {
  return x >= spot.x && x < spot.x + spot.width && y >= spot.y && y < spot.y + spot.height;
}

/** Selects what stands at a cell of a pane. */
function select(store: Store, {pane, width, height}: Placed, x: number, y: number): void {
  const row = y - HEAD;
  if (pane.kind === 'tiles' && store.plan) store.selectTile(tileAt(store.plan.layout, width, x, y));
  if (row < 0 || y >= height - 1) return;
  if (pane.kind === 'list') {
    const list = store.list(pane);
    if (list.top + row < list.rows.length) list.select(list.top + row);
  } else if (pane.kind === 'events') {
    const number = store.scroll.top + row;
    if (number <= store.range.last) store.scroll = {...store.scroll, cursor: number};
  }
}
