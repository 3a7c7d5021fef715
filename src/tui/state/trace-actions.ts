import {TRACE_EVENTS} from '../panes/traces/events.ts';
import {type PresetRow, TRACE_PRESETS} from '../panes/traces/presets.ts';
import {isActive, TRACE_RUNS} from '../panes/traces/runs.ts';
import type {Store} from './store.ts';
import type {TraceEntry} from './traces.ts';

/** Enter: the settings of a preset, or the events of a trace. */
export function enterTrace(store: Store): void {
  const {pane, traces} = store;
  if (pane?.kind !== 'list') return;
  const row = store.list(pane).selected;
  if (pane.traces === 'runs') {
    if (row === undefined) store.say('no trace is selected', 'problem');
    else store.focus = TRACE_EVENTS;
    return;
  }
  if (traces.obstacle !== undefined) store.say(traces.obstacle, 'problem');
  else if (row !== undefined) openForm(store, row as PresetRow);
}

/** `x`: starts a preset as it is, or stops a trace. */
export function toggleTrace(store: Store): void {
  const {pane} = store;
  if (pane?.kind !== 'list') return;
  const row = store.list(pane).selected;
  if (row === undefined) store.say(store.traces.obstacle ?? 'no trace is selected', 'problem');
  else if (pane.traces === 'runs') stop(store, row as TraceEntry);
  else startPreset(store, row as PresetRow);
}

/** In the view of a process: the traces that suit it. */
export function traceProcess(store: Store): void {
  const {pid} = store;
  if (pid === undefined) store.say('presets are offered for a process: look into one of these', 'problem');
  else store.showTraces(pid);
}

/** After a trace was started: it is the one that is shown. */
export function showNewest(store: Store): void {
  store.listOf(TRACE_RUNS)?.first();
  store.focus = TRACE_RUNS;
}

function openForm(store: Store, {preset}: PresetRow): void {
  if (preset?.missing !== undefined) store.say(`${preset.name}: ${preset.missing}`, 'problem');
  else store.open('trace');
}

function startPreset(store: Store, row: PresetRow): void {
  const {preset} = row;
  if (!preset) {
    openForm(store, row);
    return;
  }
  const {pid} = store.traces;
  const parameters = pid === undefined ? {} : {pid};
  const problem = store.traces.start((desk) => desk.planPreset(preset.name, parameters));
  if (problem !== undefined) store.say(problem, 'problem');
  else showNewest(store);
}

function stop(store: Store, entry: TraceEntry): void {
  const {run} = entry;
  const {name} = entry.result.trace;
  if (!run || !isActive(entry)) {
    store.say(`${name} runs no more`, 'problem');
    return;
  }
  store.say(`stopping ${name}`);
  run.stop().catch((error: Error) => store.say(`${name}: ${error.message}`, 'problem'));
}

/** The preset that the form is for; the last row of the list has none. */
export function formRow(store: Store): PresetRow {
  const {pane} = store;
  return pane?.kind === 'list' && pane.id === TRACE_PRESETS ? ((store.list(pane).selected as PresetRow) ?? {}) : {};
}
