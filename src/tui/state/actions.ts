import type {SubsystemName} from '../../types/stream.ts';
import {percentileText} from '../../util/format.ts';
import type {Command, KeyRow} from '../keys/table.ts';
import {VIEW_IDS} from '../panes/pane.ts';
import {PID_PAGES} from '../panes/pid/pages.ts';
import {edge, page, step} from './moving.ts';
import type {Store} from './store.ts';
import {nextStep, thresholdOf} from './thresholds.ts';
import {enterTrace, toggleTrace, traceProcess} from './trace-actions.ts';

/** What commands need beyond the store. */
export interface Hands {
  quit(): void;
  suspend(): void;
  redraw(): void;
  /** Writes a snapshot. */
  export(): void;
  /** Starts or stops a recording. */
  record(): void;
}

const NOTHING_SELECTED = 'nothing here has a probe: select a tile of the Overview (1) or a row of Probes (8)';

/** How far one key goes in a recording. */
const SEEK_MS = 10_000;

type Action = (store: Store, hands: Hands, key: string) => void;

const ACTIONS: Record<Command, Action> = {
  quit: (_store, hands) => hands.quit(),
  suspend: (_store, hands) => hands.suspend(),
  redraw: (_store, hands) => hands.redraw(),
  export: (_store, hands) => hands.export(),
  record: (_store, hands) => hands.record(),
  help: (store) => store.open('help'),
  close: (store) => {
    if (store.dialog === 'filter') store.refilter(() => store.filter.cancel());
    store.open(undefined);
  },
  filter: (store) => {
    store.filter.open();
    store.open('filter');
  },
  // Other dialogs take it themselves: they know what was typed.
  submit: (store) => {
    if (store.dialog === 'filter' && store.filter.submit()) store.open(undefined);
  },
  view: (store, _hands, key) => store.show(VIEW_IDS[Number(key) - 1] ?? 'overview'),
  'next-pane': (store) => focus(store, 1),
  'previous-pane': (store) => focus(store, -1),
  up: (store) => step(store, -1),
  down: (store) => step(store, 1),
  left: (store) => store.select(-1),
  right: (store) => store.select(1),
  'page-up': (store) => step(store, -page(store)),
  'page-down': (store) => step(store, page(store)),
  first: (store) => edge(store, 'first'),
  last: (store) => edge(store, 'last'),
  pause: (store) => store.pause(!store.paused),
  clear: (store) => store.clear(),
  'play-pause': (store) => store.source.playback?.playPause(),
  'step-back': (store) => answer(store, store.source.playback?.step(-1)),
  'step-forward': (store) => answer(store, store.source.playback?.step(1)),
  'seek-back': (store) => seek(store, -SEEK_MS),
  'seek-forward': (store) => seek(store, SEEK_MS),
  slower: (store) => speed(store, 0.5),
  faster: (store) => speed(store, 2),
  drill,
  'drill-pid': (store) => store.open('pid'),
  back: (store) => store.back(),
  sort: (store) => sorted(store, 'next'),
  reverse: (store) => sorted(store, 'reverse'),
  tree,
  group,
  toggle,
  pages,
  trace: (store) => traceProcess(store),
  raise: (store) => stepThreshold(store, 1),
  lower: (store) => stepThreshold(store, -1),
  'set-threshold': (store) => withThreshold(store, () => store.open('threshold')),
};

/** Carries a command out; `key` is the key that asked for it. */
export function act(command: Command, store: Store, hands: Hands, key = ''): void {
  ACTIONS[command](store, hands, key);
  store.onChange();
}

/** Says why a key does nothing here. */
export function explain(row: KeyRow, store: Store): void {
  if (row.only === 'live') store.say(`${row.label}: unavailable in a replay, it needs the live kernel`, 'problem');
}

function focus(store: Store, by: number): void {
  const {panes} = store;
  const at = Math.max(0, panes.indexOf(store.focus));
  store.focus = panes[(at + by + panes.length) % panes.length]!;
}

/** Looks into a process, or says why not. */
function lookInto(store: Store, pid: number): void {
  const problem = store.drill(pid);
  if (problem !== undefined) store.say(problem, 'problem');
}

/** Looks into the process, or the container, of the selected row; folds a heading; of traces, their settings or their events. */
function drill(store: Store): void {
  const {pane} = store;
  if (pane?.kind === 'list' && pane.traces) {
    enterTrace(store);
    return;
  }
  if (pane?.kind === 'list' && pane.container) {
    const row = store.list(pane).selected;
    if (row === undefined) store.say('no container is selected', 'problem');
    else store.drillContainer(pane.container(row));
    return;
  }
  if (pane?.kind === 'list' && store.list(pane).fold()) return;
  if (pane?.kind === 'list' && !pane.pid) {
    store.say('the rows of this list are no processes', 'problem');
    return;
  }
  const pid = selectedPid(store);
  if (pid === undefined) store.say('no process is known for this row', 'problem');
  else lookInto(store, pid);
}

function selectedPid(store: Store): number | undefined {
  const {pane, range, scroll} = store;
  if (pane?.kind === 'events') return store.event(scroll.cursor ?? range.last)?.pid;
  if (pane?.kind !== 'list') return undefined;
  const row = store.list(pane).selected;
  return row === undefined ? undefined : pane.pid?.(row);
}

function sorted(store: Store, how: 'next' | 'reverse'): void {
  const {pane} = store;
  if (pane?.kind !== 'list') return;
  const list = store.list(pane);
  const sort = how === 'next' ? list.nextSort() : list.reverse();
  if (!sort) store.say('this list keeps its own order', 'problem');
}

/** Begins or ends counting where the pages of the process come from, and shows the list. */
function pages(store: Store): void {
  if (store.view !== 'pid') {
    store.say('pages are counted of a process: look into one of these', 'problem');
    return;
  }
  const problem = store.source.controls?.pages();
  if (problem !== undefined) store.say(problem, 'problem');
  store.focus = PID_PAGES;
}

/** Turns a list into a tree and back. */
function tree(store: Store): void {
  const {pane} = store;
  if (pane?.kind !== 'list') return;
  if (pane.tree) store.list(pane).turn('tree');
  else store.say('the rows of this list have no parents', 'problem');
}

/** Shows a list by group and back. */
function group(store: Store): void {
  const {pane} = store;
  if (pane?.kind !== 'list') return;
  if (pane.groups) store.list(pane).turn('groups');
  else store.say('only the list of all processes (6) is shown by container', 'problem');
}

/** Says why the playback can't. */
function answer(store: Store, problem: string | undefined): void {
  if (problem) store.say(problem, 'problem');
}

function seek(store: Store, byMs: number): void {
  const {playback} = store.source;
  if (playback) answer(store, playback.seek(playback.state().position_ms + byMs));
}

function speed(store: Store, factor: number): void {
  const {playback} = store.source;
  if (!playback) return;
  playback.speed(playback.state().speed * factor);
  store.say(`speed ${playback.state().speed}x`);
}

/** Switches the selected probe of the list, or the subsystem's only one; of several, opens their list. */
function toggle(store: Store): void {
  const {probes, selected, selectedProbe, pane} = store;
  if (pane?.kind === 'list' && pane.traces && !store.dialog) {
    toggleTrace(store);
    return;
  }
  if (!selected) {
    store.say(NOTHING_SELECTED, 'problem');
    return;
  }
  if (store.dialog !== 'probes' && !selectedProbe && probes.length > 1) {
    store.open('probes');
    return;
  }
  const probe = selectedProbe ?? probes[store.dialog === 'probes' ? store.probeAt : 0];
  if (!probe) store.say(`${selected} has no probe here`, 'problem');
  if (!probe || !store.source.controls) return;
  const problem = store.source.controls.toggle(probe.id);
  const doing = probe.state === 'attached' || probe.state === 'degraded' ? 'detaching' : 'attaching';
  store.say(problem ?? `${doing} probe ${probe.id}`, problem ? 'problem' : 'note');
}

/** Runs `then` with the selected subsystem and its threshold, or says that it has none. */
export function withThreshold(store: Store, then: (name: SubsystemName, warnUs: number) => void): void {
  const name = store.selected;
  if (!name) {
    store.say(NOTHING_SELECTED, 'problem');
    return;
  }
  const stated = thresholdOf(name, store.state);
  if (stated === undefined) {
    store.say(`${name} has no threshold`, 'problem');
    return;
  }
  const wanted = store.wanted.get(name);
  then(name, wanted && wanted.from === stated ? wanted.to : stated);
}

function stepThreshold(store: Store, direction: 1 | -1): void {
  withThreshold(store, (name, warnUs) => {
    const to = nextStep(warnUs, direction);
    if (to === warnUs) store.say(`${name} warns from ${percentileText(warnUs)}: no further step`, 'problem');
    else setThreshold(store, name, to);
  });
}

/** Asks the source for a new warning threshold. */
export function setThreshold(store: Store, name: SubsystemName, warnUs: number): void {
  const problem = store.source.controls?.threshold(name, warnUs);
  if (problem) {
    store.say(problem, 'problem');
    return;
  }
  store.wanted.set(name, {from: thresholdOf(name, store.state) ?? warnUs, to: warnUs});
  store.say(`${name} warns from ${percentileText(warnUs)}`);
}
