import type {TraceState} from '../../../types/trace.ts';
import {compact, span} from '../../../util/format.ts';
import {visible} from '../../../util/sanitize.ts';
import type {TraceBoard, TraceEntry} from '../../state/traces.ts';
import type {Token} from '../../theme.ts';
import {figure, label} from '../columns.ts';
import type {ListPane} from '../pane.ts';

/** Its id: names the focus of the view. */
export const TRACE_RUNS = 'trace-runs';

const TOKENS: Partial<Record<TraceState, Token>> = {
  running: 'accent',
  starting: 'accent',
  failed: 'heat.critical',
  refused: 'heat.warning',
};

/** Waits, starts or runs. */
export function isActive({run, result: {trace}}: TraceEntry): boolean {
  return run !== undefined && ['queued', 'starting', 'running'].includes(trace.state);
}

/** Ended early by the user, or still under way: how far it is, else how long it took. */
function timeOf({result: {trace}}: TraceEntry): string | undefined {
  const {state, ran_s, duration_s} = trace;
  if (state === 'queued' || state === 'refused' || state === 'skipped') return undefined;
  if (state === 'running') return `${Math.floor(ran_s ?? 0)} of ${span(duration_s)}`;
  return ran_s === undefined ? undefined : span(ran_s);
}

/** Traces that run, wait and ran, newest first. What is selected is shown below. */
export const traceList = (traces: TraceBoard): ListPane<TraceEntry> => ({
  kind: 'list',
  id: TRACE_RUNS,
  title: 'Traces',
  rows: (state) => traces.entries(state),
  key: ({key}) => key,
  columns: [
    figure(['number', '#', 3, 2], ({number}) => number, String),
    label(['name', 'NAME', 14, 0], ({result}) => result.trace.name, {grow: true}),
    label(['state', 'STATE', 8, 0], ({result}) => result.trace.state, {
      token: ({result}) => TOKENS[result.trace.state] ?? 'text',
    }),
    label(['time', 'TIME', 10, 1], timeOf, {align: 'right'}),
    figure(['events', 'EVENTS', 7, 0], ({result}) => result.stats.total_events, compact),
    figure(['lost', 'LOST', 6, 1], ({result}) => result.stats.lost_events, compact, {
      token: ({result}) => (result.stats.lost_events > 0 ? 'heat.warning' : 'text'),
    }),
    label(['target', 'TARGET', 18, 4], ({result}) => result.trace.target, {grow: true}),
  ],
  traces: 'runs',
  empty: () => (traces.presets ? 'none so far' : (traces.obstacle ?? 'none so far')),
  note: () => visible(traces.shown?.result.trace.reason ?? (traces.shown && isActive(traces.shown) ? 'x: stop' : '')),
});
