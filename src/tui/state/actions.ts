import {PROBES} from '../../probes/catalog.ts';
import type {SubsystemName} from '../../types/stream.ts';
import {percentileText} from '../../util/format.ts';
import type {Command, KeyRow} from '../keys/table.ts';
import {move} from './scroll.ts';
import type {Store} from './store.ts';
import {nextStep, thresholdOf} from './thresholds.ts';

/** What commands need beyond the store. */
export interface Hands {
  quit(): void;
  suspend(): void;
  redraw(): void;
}

type Action = (store: Store, hands: Hands) => void;

const ACTIONS: Record<Command, Action> = {
  quit: (_store, hands) => hands.quit(),
  suspend: (_store, hands) => hands.suspend(),
  redraw: (_store, hands) => hands.redraw(),
  help: (store) => store.open('help'),
  close: (store) => store.open(undefined),
  // The dialog takes it: it knows what was typed.
  submit: () => {},
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
  'step-back': (store) => store.source.playback?.step(-1),
  'step-forward': (store) => store.source.playback?.step(1),
  slower: (store) => speed(store, 0.5),
  faster: (store) => speed(store, 2),
  toggle,
  raise: (store) => stepThreshold(store, 1),
  lower: (store) => stepThreshold(store, -1),
  'set-threshold': (store) => withThreshold(store, () => store.open('threshold')),
};

/** Carries a command out. */
export function act(command: Command, store: Store, hands: Hands): void {
  ACTIONS[command](store, hands);
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

function page(store: Store): number {
  if (store.dialog) return 10;
  return Math.max(1, store.focus === 'heatmap' ? 8 : store.scroll.height - 1);
}

function step(store: Store, by: number): void {
  if (store.dialog) store.scrollHelp(store.helpTop + by);
  else if (store.focus === 'tiles') store.select(by);
  else if (store.focus === 'heatmap') store.heatTop = Math.max(0, store.heatTop + by);
  else store.scroll = move(store.scroll, store.range, by);
}

function edge(store: Store, to: 'first' | 'last'): void {
  if (store.dialog) store.scrollHelp(to === 'first' ? 0 : Number.MAX_SAFE_INTEGER);
  else if (store.focus === 'tiles') store.select(to);
  else if (store.focus === 'heatmap') store.heatTop = to === 'first' ? 0 : store.heatRows;
  else if (to === 'last') store.scroll = {...store.scroll, cursor: undefined};
  else store.scroll = move(store.scroll, store.range, -Number.MAX_SAFE_INTEGER);
}

function speed(store: Store, factor: number): void {
  const {playback} = store.source;
  if (!playback) return;
  playback.speed(playback.state().speed * factor);
  store.say(`speed ${playback.state().speed}x`);
}

function toggle(store: Store): void {
  const name = store.selected;
  const probe = PROBES.find((p) => p.subsystem === name);
  if (!probe || !store.source.controls) return;
  const now = store.state.probes.find((p) => p.id === probe.id)?.state;
  const problem = store.source.controls.toggle(probe.id);
  const doing = now === 'attached' || now === 'degraded' ? 'detaching' : 'attaching';
  store.say(problem ?? `${doing} probe ${probe.id}`, problem ? 'problem' : 'note');
}

/** Runs `then` with the selected subsystem and its threshold, or says that it has none. */
export function withThreshold(store: Store, then: (name: SubsystemName, warnUs: number) => void): void {
  const name = store.selected;
  if (!name) return;
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
