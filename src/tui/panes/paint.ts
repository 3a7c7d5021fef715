import type {Store} from '../state/store.ts';
import {framed} from '../text/frame.ts';
import {paintEvents} from './events.ts';
import {paintHeatmap} from './heatmap.ts';
import {paintList} from './list.ts';
import type {CanvasPane, Pane} from './pane.ts';
import {paintTiles} from './tiles.ts';

/** Paints any pane into `width` × `height` cells. */
export function paintPane(store: Store, pane: Pane, width: number, height: number): string[] {
  switch (pane.kind) {
    case 'tiles':
      return store.plan ? paintTiles(store, store.plan.layout, width, height) : [];
    case 'heatmap':
      return paintHeatmap(store, width, height);
    case 'events':
      return paintEvents(store, width, height);
    case 'list':
      return paintList(pane, store, width, height);
    case 'canvas':
      return paintCanvas(pane, store, width, height);
  }
}

function paintCanvas(pane: CanvasPane, store: Store, width: number, height: number): string[] {
  const {state, theme} = store;
  if (width < 4 || height < 3) return [];
  const title = typeof pane.title === 'string' ? pane.title : pane.title(state);
  const lines = pane.paint(state, theme, width - 2, height - 2);
  return framed({title, focus: store.focus === pane.id}, lines, width, height, theme);
}
