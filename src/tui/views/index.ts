import {EVENTS, HEATMAP, TILES, type View, type ViewId} from '../panes/pane.ts';
import {TraceBoard} from '../state/traces.ts';
import {containers} from './containers.ts';
import {disk} from './disk.ts';
import {memory} from './memory.ts';
import {network} from './network.ts';
import {probes} from './probes.ts';
import {processes} from './processes.ts';
import {sched} from './sched.ts';
import {tracesView} from './traces.ts';

/** The nine views, by the keys 1 to 9. */
export const VIEWS: Readonly<Record<ViewId, View>> = {
  overview: {
    id: 'overview',
    title: 'Overview',
    places: [
      {pane: TILES, weight: 0, min: 5},
      {pane: HEATMAP, weight: 1, min: 4},
      {pane: EVENTS, weight: 1, min: 6},
    ],
  },
  sched,
  disk,
  memory,
  network,
  processes,
  containers,
  probes,
  // A store shows its own in place of this one, which has no traces.
  traces: tracesView(new TraceBoard()),
};

export function viewOf(id: ViewId): View {
  return VIEWS[id];
}
