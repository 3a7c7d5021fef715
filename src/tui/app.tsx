import {Box, useInput, usePaste, useStdin, useWindowSize} from 'ink';
import {type ReactNode, useSyncExternalStore} from 'react';
import {keyNames, matchKey} from './keys/match.ts';
import type {Where} from './keys/table.ts';
import {paintBottomLine} from './panes/bottom-line.ts';
import {paintPane} from './panes/paint.ts';
import {paintStatusLine} from './panes/status-line.ts';
import {paintTabs} from './panes/tabs.ts';
import {paintTimeBar} from './panes/time-bar.ts';
import {paintTopLine} from './panes/top-line.ts';
import {Canvas} from './screen/canvas.tsx';
import {act, explain, type Hands} from './state/actions.ts';
import {type Plan, planFor} from './state/plan.ts';
import type {Store} from './state/store.ts';
import {Help} from './views/help.tsx';
import {PidDialog} from './views/pid-dialog.tsx';
import {ProbesDialog} from './views/probes-dialog.tsx';
import {ThresholdDialog} from './views/threshold-dialog.tsx';
import {paintTooSmall} from './views/too-small.ts';
import {TraceDialog} from './views/trace-dialog.tsx';

export interface AppProps {
  /** What is shown and where the view stands. */
  store: Store;
  /** Quitting, suspending and redrawing, which go beyond the view. */
  hands: Hands;
}

/** Dialogs that read what is typed themselves. */
const TYPED: readonly Where[] = ['threshold', 'pid', 'trace'];

/** Where keys go now. */
function whereOf(store: Store, {layout}: Plan): Where {
  if (layout.kind === 'small') return 'small';
  return store.dialog ?? store.pane?.kind ?? 'canvas';
}

/** Turns keys into commands. Dialogs that ask for something read what is typed themselves; here are the keys that leave them. */
function useKeys({store, hands}: AppProps, plan: Plan): void {
  const {isRawModeSupported} = useStdin();
  const active = {isActive: isRawModeSupported};
  useInput((input, key) => {
    const wasOpen = store.dialog;
    for (const name of keyNames(input, key)) {
      const where = whereOf(store, plan);
      if (TYPED.includes(where) && !wasOpen) {
        store.typeahead.push(name);
        continue;
      }
      const match = matchKey(name, {where, replay: store.replay, drilled: store.context});
      if (match && 'command' in match) act(match.command, store, hands, name);
      else if (match) explain(match.unavailable, store);
      else if (where === 'filter') edit(store, () => store.filter.key(name));
    }
  }, active);
  // Bracketed paste is on for as long as somebody listens: a paste is then no row of keys.
  usePaste((text) => store.dialog === 'filter' && edit(store, () => store.filter.paste(text)), active);
}

function edit(store: Store, change: () => void): void {
  store.refilter(change);
  store.onChange();
}

/** The whole screen: Ink lays it out, canvases paint themselves from the store. */
export function App({store, hands}: AppProps): ReactNode {
  const {columns, rows} = useWindowSize();
  const shape = useSyncExternalStore(store.subscribe, () => store.shape);
  const dialog = useSyncExternalStore(store.subscribe, () => store.dialog);
  useSyncExternalStore(store.subscribe, () => store.scene);
  const plan = planFor(store.viewNow, store.focus, shape, columns, rows, store.replay);
  store.use(plan);
  useKeys({store, hands}, plan);
  if (plan.layout.kind === 'small') {
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
      {plan.tabsY !== undefined && <Canvas width={columns} height={1} paint={(w) => paintTabs(store, w)} />}
      {plan.placed.map(({pane, x, y, width, height}) => (
        <Box key={`${plan.view.title} ${pane.id}`} position="absolute" marginLeft={x} marginTop={y}>
          <Canvas width={width} height={height} paint={(w, h) => paintPane(store, pane, w, h)} />
        </Box>
      ))}
      {plan.barY !== undefined && (
        <Box position="absolute" marginTop={plan.barY}>
          <Canvas width={columns} height={1} paint={(w) => paintTimeBar(store, w)} />
        </Box>
      )}
      <Box position="absolute" marginTop={rows - 1}>
        <Canvas width={columns} height={1} paint={(w) => paintBottomLine(store, whereOf(store, plan), w)} />
      </Box>
      {dialog === 'help' && <Help store={store} columns={columns} rows={rows} />}
      {dialog === 'probes' && <ProbesDialog store={store} columns={columns} rows={rows} />}
      {dialog === 'pid' && <PidDialog store={store} columns={columns} rows={rows} />}
      {dialog === 'trace' && <TraceDialog store={store} columns={columns} rows={rows} />}
      {dialog === 'threshold' && <ThresholdDialog store={store} columns={columns} rows={rows} />}
    </Box>
  );
}
