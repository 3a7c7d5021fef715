import type {Waiter} from '../../types/detail.ts';
import type {Distribution, State} from '../../types/state.ts';
import {containerLabel} from '../../util/container-label.ts';
import {count, duration} from '../../util/format.ts';
import {blameList} from '../panes/blame-list.ts';
import {figure, label} from '../panes/columns.ts';
import {containerBlame} from '../panes/container-blame.ts';
import {figuresText, type Limits, paintHistogram} from '../panes/histogram.ts';
import {type CanvasPane, HEATMAP, type ListPane, type View} from '../panes/pane.ts';
import {latencyToken, limits, p99Pane, perSample, sentence, whyNothing} from '../panes/shared.ts';

function waitsOf({recent}: State): Distribution | undefined {
  return recent.find(({name, count: n}) => name === 'sched' && n > 0);
}

const waits: CanvasPane = {
  kind: 'canvas',
  id: 'waits',
  title: (state) => {
    const cells = waitsOf(state);
    return cells ? `Waits, last 60 s: ${figuresText(cells)}` : 'Waits';
  },
  paint(state, theme, width, height) {
    const cells = waitsOf(state);
    if (!cells) return sentence(whyNothing(state, 'sched', 'no task has waited'), theme, width);
    return paintHistogram(cells, limits(state, 'sched'), theme, width, height);
  },
};

type WaiterRow = Waiter & {limits: Limits};

const waiterRows = perSample((state): WaiterRow[] =>
  state.detail.waiters.map((row) => ({...row, limits: limits(state, 'sched')})),
);

const waiters: ListPane<WaiterRow> = {
  kind: 'list',
  id: 'waiters',
  title: 'Who waits most',
  note: () => 'waits past the threshold, last 60 s',
  rows: waiterRows,
  key: ({pid, comm}) => `${pid} ${comm}`,
  columns: [
    figure(['pid', 'PID', 8, 1], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 0], ({comm}) => comm),
    figure(['waits', 'WAITS', 7, 1], (row) => row.waits, count),
    figure(['total', 'WAITED', 8, 0], (row) => row.total_us, duration),
    figure(['worst', 'WORST', 8, 0], (row) => row.worst_us, duration, {
      token: (row) => latencyToken(row.worst_us, row.limits),
    }),
    label(['behind', 'MOSTLY BEHIND', 20, 2], ({behind}) => behind, {grow: true}),
    label(['container', 'CONTAINER', 16, 3], ({container}) => container && containerLabel(container)),
  ],
  sort: {column: 'total', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container, behind}) => ({pid, comm, container, type: 'SCHED_LATENCY', text: behind}),
  empty: (state) => whyNothing(state, 'sched', 'no wait of the last minute was past the threshold'),
};

const blame = blameList({
  subsystem: 'sched',
  id: 'blame',
  title: 'Who waits because of whom',
  culprit: 'BEHIND',
  note: 'reported waits, last 60 s; Enter: the culprit',
  type: 'SCHED_LATENCY',
  quiet: 'no wait of the last minute is blamed on anybody',
});

/** Border and axis of the heatmap. */
const HEAT_FRAME = 3;

/** How long tasks wait for a CPU: where, how it is distributed, since when, and who. */
export const sched: View = {
  id: 'sched',
  title: 'Sched',
  subsystem: 'sched',
  places: [
    {pane: HEATMAP, weight: 3, min: 5, most: ({cpus}) => cpus + HEAT_FRAME},
    {pane: waits, weight: 3, min: 5, beside: {pane: p99Pane('sched-p99', 'waits', 'sched'), weight: 3, min: 5}},
    {pane: waiters, weight: 3, min: 4, beside: {pane: blame, weight: 3, min: 4}},
    {pane: containerBlame, weight: 1, min: 4, most: () => 8},
  ],
};
