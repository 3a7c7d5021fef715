import {type Layout, LINES, layoutFor} from '../layout.ts';
import type {View} from '../panes/pane.ts';
import {arrange, arrangeOverview, type Placed} from '../views/arrange.ts';
import {panesOf} from '../views/places.ts';
import type {Shape} from './store.ts';

/** From so many rows on the views have a line of tabs. */
const TABS_ROWS = 30;
/** From so many rows on a replay has a time bar. */
const BAR_ROWS = 16;

/** What is where on the screen. */
export interface Plan {
  view: View;
  layout: Layout;
  placed: Placed[];
  /** Ids of the panes that Tab goes through. */
  cycle: string[];
  /** Panes had to be left out, so what is shown depends on the focus. */
  partial: boolean;
  /** The row of the tabs; undefined where there is none. */
  tabsY: number | undefined;
  /** The row of the time bar; undefined where there is none. */
  barY: number | undefined;
}

/** Lays out a view on a terminal of this size; a replay has a time bar above the bottom line. */
export function planFor(view: View, focus: string, shape: Shape, columns: number, rows: number, replay = false): Plan {
  const tabs = rows >= TABS_ROWS;
  const bar = replay && rows >= BAR_ROWS;
  const lines = LINES + (tabs ? 1 : 0) + (bar ? 1 : 0);
  const layout = layoutFor(columns, rows, shape.subsystems, shape.cpus, lines);
  const tabsY = tabs ? 2 : undefined;
  const barY = bar ? rows - 2 : undefined;
  if (layout.kind === 'small') return {view, layout, placed: [], cycle: [], partial: false, tabsY, barY};
  const area = {x: 0, y: tabs ? 3 : 2, width: columns, height: rows - lines};
  if (view.id === 'overview') {
    const placed = arrangeOverview(layout, area);
    return {view, layout, placed, cycle: placed.map(({pane}) => pane.id), partial: false, tabsY, barY};
  }
  const placed = arrange(view, area, focus, shape.cpus);
  const cycle = panesOf(view).map(({id}) => id);
  return {view, layout, placed, cycle, partial: placed.length < cycle.length, tabsY, barY};
}
