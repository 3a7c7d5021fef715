import type {View} from '../panes/pane.ts';
import {traceEvents} from '../panes/traces/events.ts';
import {presetList} from '../panes/traces/presets.ts';
import {traceResult} from '../panes/traces/result.ts';
import {traceList} from '../panes/traces/runs.ts';
import type {TraceBoard} from '../state/traces.ts';

/** What bpftrace can be asked, what it was asked, and what the selected trace brought. */
export function tracesView(traces: TraceBoard): View {
  return {
    id: 'traces',
    title: 'Traces',
    places: [
      {pane: presetList(traces), weight: 4, min: 6, beside: {pane: traceList(traces), weight: 3, min: 5}},
      {pane: traceEvents(traces), weight: 3, min: 6, beside: {pane: traceResult(traces), weight: 2, min: 6}},
    ],
  };
}
