import type {Playback, Source} from '../../types/frame.ts';
import type {State} from '../../types/state.ts';
import type {KernelEvent, SubsystemName} from '../../types/stream.ts';
import {LocalClock} from '../../util/stamp.ts';
import type {Theme} from '../theme.ts';
import {freeze} from './freeze.ts';
import {FOLLOWING, type Range, type Scroll} from './scroll.ts';

export const PANES = ['tiles', 'heatmap', 'events'] as const;
export type Pane = (typeof PANES)[number];
export type Dialog = 'help' | 'threshold';

/** What the layout depends on. */
export interface Shape {
  subsystems: number;
  cpus: number;
}

/** A sentence for the user, shown for some seconds. */
export interface Message {
  text: string;
  kind: 'note' | 'problem';
}

const MESSAGE_MS = 5000;
const IDLE: Playback = {playing: false, speed: 1, position_ms: 0, ended: true};

/**
 * What the screen shows: the model's state (live, or the copy made when the view was paused) and where the view
 * stands. Painters read it at each repaint; React is told only of what Ink lays out: dialogs, and how many tiles and CPUs there are.
 */
export class Store {
  focus: Pane = 'tiles';
  scroll: Scroll = FOLLOWING;
  /** First row of the heatmap. */
  heatTop = 0;
  heatRows = 0;
  message: Message | undefined;
  dialog: Dialog | undefined;
  /** First line of the help screen. */
  helpTop = 0;
  /** Keys that came in one read with the one that opened the dialog. */
  typeahead: string[] = [];
  /** The panes that the layout has room for. */
  panes: readonly Pane[] = PANES;
  /** A new object whenever it changes. */
  shape: Shape;
  /** The source has delivered its last frame. */
  ended = false;
  /** Asked to stop: the last frames are being drained. */
  stopping = false;
  /** Warning thresholds asked for by key and not confirmed yet. */
  readonly wanted = new Map<SubsystemName, {from: number; to: number}>();
  /** Wall-clock text in the local zone. */
  readonly clock = new LocalClock();
  /** Called when something changed that must be seen at once. */
  onChange: () => void = () => {};
  private live: State;
  private frozen: State | undefined;
  private clearedBefore = 0;
  private subsystem: SubsystemName = 'sched';
  private messageTimer: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly source: Source,
    state: State,
    readonly theme: Theme,
  ) {
    this.live = state;
    this.shape = shapeOf(state);
  }

  /** What is shown: the frozen state while paused. */
  get state(): State {
    return this.frozen ?? this.live;
  }

  get paused(): boolean {
    return this.frozen !== undefined;
  }

  get replay(): boolean {
    return this.source.controls === undefined;
  }

  get playback(): Playback {
    return this.source.playback?.state() ?? {...IDLE, ended: this.ended};
  }

  /** Events that came since the view was paused. */
  get held(): number {
    return this.frozen ? Math.max(0, this.live.eventSeq - this.frozen.eventSeq) : 0;
  }

  /** The model's new state. */
  update(state: State): void {
    if (state.eventSeq < this.clearedBefore) this.clearedBefore = 0;
    this.live = state;
    this.reshape();
  }

  pause(on: boolean): void {
    this.frozen = on ? freeze(this.live) : undefined;
    this.reshape();
  }

  /** The selected subsystem; the first when the selected one doesn't exist. */
  get selected(): SubsystemName | undefined {
    const names = this.state.subsystems;
    return names.some((s) => s.name === this.subsystem) ? this.subsystem : names[0]?.name;
  }

  select(by: number | 'first' | 'last'): void {
    const names = this.state.subsystems.map((s) => s.name);
    const now = names.indexOf(this.selected ?? 'sched');
    const to = by === 'first' ? 0 : by === 'last' ? names.length - 1 : now + by;
    this.subsystem = names[Math.max(0, Math.min(names.length - 1, to))] ?? this.subsystem;
  }

  /** Sequence numbers of the events that the pane can show. */
  get range(): Range {
    const {events, eventSeq} = this.state;
    return {first: Math.max(eventSeq - events.length, this.clearedBefore), last: eventSeq - 1};
  }

  event(seq: number): KernelEvent | undefined {
    const {events, eventSeq} = this.state;
    return events[seq - (eventSeq - events.length)];
  }

  clear(): void {
    this.clearedBefore = this.state.eventSeq;
    this.scroll = {...FOLLOWING, height: this.scroll.height};
  }

  say(text: string, kind: Message['kind'] = 'note'): void {
    this.message = {text, kind};
    clearTimeout(this.messageTimer);
    this.messageTimer = setTimeout(() => {
      this.message = undefined;
      this.onChange();
    }, MESSAGE_MS);
    this.messageTimer.unref();
    this.onChange();
  }

  open(dialog: Dialog | undefined): void {
    this.dialog = dialog;
    this.helpTop = 0;
    this.typeahead = [];
    this.notify();
  }

  /** Scrolls the help screen. */
  scrollHelp(to: number): void {
    this.helpTop = Math.max(0, to);
    this.notify();
  }

  /** For useSyncExternalStore: told when what Ink lays out changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private notify(): void {
    for (const listener of this.listeners) listener();
    this.onChange();
  }

  private reshape(): void {
    const now = shapeOf(this.state);
    if (now.subsystems === this.shape.subsystems && now.cpus === this.shape.cpus) return;
    this.shape = now;
    this.notify();
  }
}

function shapeOf(state: State): Shape {
  return {subsystems: state.subsystems.length, cpus: state.header?.host.cpus ?? 1};
}
