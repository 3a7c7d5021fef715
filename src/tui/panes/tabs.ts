import type {Store} from '../state/store.ts';
import {textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import {VIEWS} from '../views/index.ts';
import {VIEW_IDS, type ViewId} from './pane.ts';

/** What the tabs are called where their titles are too long. */
const SHORT: Record<ViewId, string> = {
  overview: 'Main',
  sched: 'Sched',
  disk: 'Disk',
  memory: 'Mem',
  network: 'Net',
  processes: 'Procs',
  containers: 'Conts',
  probes: 'Probes',
  traces: 'Traces',
};

/** A view's tab: its number, its name, and the columns that it takes. */
export interface Tab {
  id: ViewId;
  key: string;
  name: string;
  x: number;
  width: number;
}

/** The tabs as they fit: whole titles, short names, or numbers alone. */
export function tabsFor(width: number): Tab[] {
  const ways: ((id: ViewId) => string)[] = [(id) => VIEWS[id].title, (id) => SHORT[id], () => ''];
  let tabs: Tab[] = [];
  for (const nameOf of ways) {
    let x = 0;
    tabs = VIEW_IDS.map((id, i) => {
      const name = nameOf(id);
      const tab = {id, key: String(i + 1), name, x, width: textWidth(name) + (name ? 4 : 3)};
      x += tab.width;
      return tab;
    });
    if (x <= width) break;
  }
  return tabs;
}

/** The views by their numbers, the one that is shown marked. */
export function paintTabs(store: Store, width: number): string[] {
  const line = new Line(width, store.theme);
  for (const {id, key, name} of tabsFor(width)) {
    const here = store.view === id;
    line.add(` ${key}`, here ? 'selected' : 'bar.key').add(name ? ` ${name} ` : ' ', here ? 'selected' : 'dim');
  }
  return [line.end()];
}
