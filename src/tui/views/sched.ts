import type {BlameRow, Waiter} from '../../types/detail.ts';
import type {Distribution, State} from '../../types/state.ts';
import {count, duration, percent} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import {containerBlame} from '../panes/container-blame.ts';
import {figuresText, type Limits, paintHistogram} from '../panes/histogram.ts';
import {type CanvasPane, HEATMAP, type ListPane, type View} from '../panes/pane.ts';
import {latencyToken, limits, p99Pane, perSample, sentence, sharePct, whyNothing} from '../panes/shared.ts';

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
    label(['container', 'CONTAINER', 16, 3], ({container}) => container),
  ],
  sort: {column: 'total', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container, behind}) => ({pid, comm, container, type: 'SCHED_LATENCY', text: behind}),
  empty: (state) => whyNothing(state, 'sched', 'no wait of the last minute was past the threshold'),
};

const blameRows = perSample((state): readonly BlameRow[] =>
  state.detail.blame.filter(({subsystem}) => subsystem === 'sched'),
);

const blame: ListPane<BlameRow> = {
  kind: 'list',
  id: 'blame',
  title: 'Who waits because of whom',
  note: () => 'reported waits, last 60 s; Enter: the culprit',
  rows: blameRows,
  key: ({victim, culprit}) => `${victim.pid} ${victim.comm} ${culprit.pid} ${culprit.comm}`,
  columns: [
    figure(['victim-pid', 'PID', 8, 1], ({victim}) => victim.pid, String),
    label(['victim', 'WAITED', 16, 0], ({victim}) => victim.comm),
    figure(['wait', 'FOR', 8, 0], (row) => row.wait_us, duration),
    figure(['share', 'SHARE', 6, 2], sharePct, percent),
    figure(['culprit-pid', 'PID', 8, 1], ({culprit}) => culprit.pid, String),
    label(['culprit', 'BEHIND', 16, 0], ({culprit}) => culprit.comm, {grow: true}),
    figure(['parts', 'WAITS', 7, 2], ({waits: n}) => n, count),
    figure(['longest', 'WORST', 8, 2], (row) => row.worst_us, duration),
    label(['victim-container', 'ITS CONTAINER', 14, 4], ({victim}) => victim.container),
    label(['culprit-container', 'OF CONTAINER', 14, 4], ({culprit}) => culprit.container),
  ],
  sort: {column: 'wait', descending: true},
  pid: ({culprit}) => culprit.pid,
  subject: ({victim, culprit}) => ({...victim, type: 'SCHED_LATENCY', text: `${culprit.comm}[${culprit.pid}]`}),
  empty: (state) => whyNothing(state, 'sched', 'no wait of the last minute is blamed on anybody'),
};

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
