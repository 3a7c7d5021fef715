import {Box, useInput, usePaste, useStdin, useWindowSize} from 'ink';
import {type ReactNode, useSyncExternalStore} from 'react';
import {keyNames, matchKey} from './keys/match.ts';
import type {Where} from './keys/table.ts';
import {type Layout, layoutFor} from './layout.ts';
import {paintBottomLine} from './panes/bottom-line.ts';
import {paintEvents} from './panes/events.ts';
import {paintHeatmap} from './panes/heatmap.ts';
import {paintStatusLine} from './panes/status-line.ts';
import {paintTiles} from './panes/tiles.ts';
import {paintTopLine} from './panes/top-line.ts';
import {Canvas} from './screen/canvas.tsx';
import {act, explain, type Hands} from './state/actions.ts';
import {PANES, type Store} from './state/store.ts';
import {Help} from './views/help.tsx';
import {ThresholdDialog} from './views/threshold-dialog.tsx';
import {paintTooSmall} from './views/too-small.ts';

export interface AppProps {
  /** What is shown and where the view stands. */
  store: Store;
  /** Quitting, suspending and redrawing, which go beyond the view. */
  hands: Hands;
}

/** Where keys go now. */
function whereOf(store: Store, layout: Layout): Where {
  if (layout.kind === 'small') return 'small';
  return store.dialog ?? store.focus;
}

/** Turns keys into commands. The threshold dialog reads what is typed itself; here are only the keys that leave it. */
function useKeys({store, hands}: AppProps, layout: Layout): void {
  const {isRawModeSupported} = useStdin();
  const active = {isActive: isRawModeSupported};
  useInput((input, key) => {
    const wasOpen = store.dialog;
    for (const name of keyNames(input, key)) {
      const where = whereOf(store, layout);
      if (where === 'threshold' && !wasOpen) {
        store.typeahead.push(name);
        continue;
      }
      const match = matchKey(name, {where, replay: store.replay});
      if (match && 'command' in match) act(match.command, store, hands);
      else if (match) explain(match.unavailable, store);
    }
  }, active);
  // Bracketed paste is on for as long as somebody listens: a paste is then no row of keys.
  usePaste(() => {}, active);
}

/** The whole screen: Ink lays it out, canvases paint themselves from the store. */
export function App({store, hands}: AppProps): ReactNode {
  const {columns, rows} = useWindowSize();
  const shape = useSyncExternalStore(store.subscribe, () => store.shape);
  const dialog = useSyncExternalStore(store.subscribe, () => store.dialog);
  const layout = layoutFor(columns, rows, shape.subsystems, shape.cpus);
  store.panes = layout.heatmapHeight > 0 ? PANES : ['tiles', 'events'];
  if (!store.panes.includes(store.focus)) store.focus = 'tiles';
  useKeys({store, hands}, layout);
  if (layout.kind === 'small') {
    return (
      <Box width={columns} height={rows}>
        <Canvas width={columns} height={rows} paint={(w, h) => paintTooSmall(store, w, h)} />
      </Box>
    );
  }
  return (
    <Box width={columns} height={rows} flexDirection="column">
      <Canvas width={columns} height={1} paint={(w) => paintTopLine(store, w)} />
      <Canvas width={columns} height={1} paint={(w) => paintStatusLine(store, w)} />
      <Canvas width={columns} height={layout.tilesHeight} paint={(w, h) => paintTiles(store, layout, w, h)} />
      <Canvas width={columns} height={layout.heatmapHeight} paint={(w, h) => paintHeatmap(store, w, h)} />
      <Canvas width={columns} height={layout.eventsHeight} paint={(w, h) => paintEvents(store, w, h)} />
      <Canvas width={columns} height={1} paint={(w) => paintBottomLine(store, whereOf(store, layout), w)} />
      {dialog === 'help' && <Help store={store} columns={columns} rows={rows} />}
      {dialog === 'threshold' && <ThresholdDialog store={store} columns={columns} rows={rows} />}
    </Box>
  );
}
