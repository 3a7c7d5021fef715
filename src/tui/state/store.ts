import type {Playback, Source} from '../../types/frame.ts';
import type {State} from '../../types/state.ts';
import {type KernelEvent, type ProbeInfo, SUBSYSTEMS, type SubsystemName, type Summary} from '../../types/stream.ts';
import {LocalClock} from '../../util/stamp.ts';
import {FilterBox} from '../filter/box.ts';
import {ListState} from '../panes/list-state.ts';
import type {ContainerTarget, ListPane, Pane, View, ViewId} from '../panes/pane.ts';
import {TRACE_PRESETS} from '../panes/traces/presets.ts';
import {TRACE_RUNS} from '../panes/traces/runs.ts';
import type {Theme} from '../theme.ts';
import {viewOf} from '../views/index.ts';
import {panesOf} from '../views/places.ts';
import {tracesView} from '../views/traces.ts';
import {EventWindow} from './event-window.ts';
import {freeze} from './freeze.ts';
import type {Plan} from './plan.ts';
import {FOLLOWING, type Range, type Scroll} from './scroll.ts';
import {TraceBoard, type TraceEntry} from './traces.ts';
import {CONTAINER_PROCESSES, PID_EVENTS, Trail} from './trail.ts';

export type Dialog = 'help' | 'threshold' | 'probes' | 'filter' | 'pid' | 'trace';

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
  /** What is where on the screen, as it was laid out last. */
  plan: Plan | undefined;
  /** What of events and lists is shown. */
  readonly filter = new FilterBox();
  /** Rises with each state that is shown: lists are made anew when it has. */
  version = 0;
  scroll: Scroll = FOLLOWING;
  /** First row of the heatmap. */
  heatTop = 0;
  heatRows = 0;
  message: Message | undefined;
  dialog: Dialog | undefined;
  /** First line of the help screen. */
  helpTop = 0;
  /** The selected row of the list of probes. */
  probeAt = 0;
  /** Keys that came in one read with the one that opened the dialog. */
  typeahead: string[] = [];
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
  /** The recording that was begun by key, while it runs. */
  recording: {readonly bytes: number} | undefined;
  /** Makes the summary of the run until now; given by who has the model. */
  summarise: (() => Summary) | undefined;
  /** Called when something changed that must be seen at once. */
  onChange: () => void = () => {};
  private live: State;
  private frozen: State | undefined;
  private frozenSummary: Summary | undefined;
  private clearedBefore = 0;
  private readonly window = new EventWindow();
  /** Sequence number of the event that is to be selected once the filter has been asked of it. */
  private sought: number | undefined;
  private looking = false;
  private readonly lists = new WeakMap<ListPane, ListState>();
  private readonly focusBy = new Map<View['id'], string>();
  private readonly trail: Trail;
  private readonly tracesView: View;
  private shown: ViewId = 'overview';
  private subsystem: SubsystemName = 'sched';
  private messageTimer: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly source: Source,
    state: State,
    readonly theme: Theme,
    /** Ad-hoc traces: those that were started here, or the recording's. */
    readonly traces = new TraceBoard(),
  ) {
    this.live = state;
    this.shape = shapeOf(state);
    this.trail = new Trail(source);
    this.tracesView = tracesView(traces);
    traces.selection = () => this.listOf(TRACE_RUNS)?.selected as TraceEntry | undefined;
    traces.onChange = () => {
      this.version++;
      this.onChange();
    };
  }

  /** What is shown: the frozen state while paused. */
  get state(): State {
    return this.frozen ?? this.live;
  }

  /** What the model has now, also while the view is frozen. */
  get current(): State {
    return this.live;
  }

  /** The summary of what is shown. */
  get summary(): Summary | undefined {
    return this.frozen ? this.frozenSummary : this.summarise?.();
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
    this.version++;
    this.reshape();
    if (this.dialog === 'probes') this.notify();
  }

  pause(on: boolean): void {
    this.frozen = on ? freeze(this.live) : undefined;
    this.traces.freeze(on);
    this.version++;
    this.frozenSummary = on ? this.summarise?.() : undefined;
    this.reshape();
  }

  /** The view that is shown. */
  get viewNow(): View {
    return this.trail.view ?? (this.shown === 'traces' ? this.tracesView : viewOf(this.shown));
  }

  get view(): View['id'] {
    return this.viewNow.id;
  }

  /** Shows a view; it has the focus where it had it last. */
  show(view: ViewId): void {
    this.trail.leave();
    this.traces.pid = undefined;
    this.shown = view;
    if (view === 'traces') this.traces.open();
    this.version++;
    this.notify();
  }

  /** Shows the traces that suit a process. */
  showTraces(pid: number): void {
    this.show('traces');
    this.traces.pid = pid;
    this.focusBy.set('traces', TRACE_PRESETS);
    this.listOf(TRACE_PRESETS)?.first();
    this.notify();
  }

  /** Looks into a process, beside all others; returns why not, when nothing is known of it. */
  drill(pid: number): string | undefined {
    const problem = this.trail.look(pid, this.state);
    if (problem === undefined) this.arrive();
    return problem;
  }

  /** Looks into a container. */
  drillContainer(target: ContainerTarget): void {
    this.trail.lookAtContainer(target);
    this.arrive();
  }

  /** From a process or container to the one that was looked into before, or to the view where that began. */
  back(): void {
    const {pid} = this.traces;
    if (this.context === 'traces' && pid !== undefined) {
      this.traces.pid = undefined;
      const problem = this.trail.look(pid, this.state);
      if (problem !== undefined) this.say(problem, 'problem');
    } else this.trail.back();
    this.arrive();
  }

  /** The process that is looked into. */
  get pid(): number | undefined {
    return this.trail.pid;
  }

  /** Where `Esc` leads back. */
  get context(): 'process' | 'container' | 'traces' | undefined {
    if (this.view === 'pid') return 'process';
    if (this.view === 'container') return 'container';
    return this.view === 'traces' && this.traces.pid !== undefined ? 'traces' : undefined;
  }

  private arrive(): void {
    this.focusBy.set('pid', PID_EVENTS);
    this.focusBy.set('container', CONTAINER_PROCESSES);
    this.notify();
  }

  /** Ids of the view's panes, in the order of Tab. */
  get panes(): readonly string[] {
    return this.plan?.view === this.viewNow ? this.plan.cycle : panesOf(this.viewNow).map(({id}) => id);
  }

  /** Id of the pane that has the keys. */
  get focus(): string {
    const {panes} = this;
    const wanted = this.focusBy.get(this.view);
    return wanted !== undefined && panes.includes(wanted) ? wanted : (panes[0] ?? '');
  }

  set focus(id: string) {
    this.focusBy.set(this.view, id);
    if (this.plan?.partial) this.notify();
  }

  /** The pane that has the keys. */
  get pane(): Pane | undefined {
    const {focus} = this;
    return panesOf(this.viewNow).find(({id}) => id === focus);
  }

  /** What Ink's layout depends on beyond size and shape. */
  get scene(): string {
    return this.plan?.partial ? `${this.viewNow.title} ${this.focus}` : this.viewNow.title;
  }

  /** Where a list of the view Traces stands. */
  listOf(id: string): ListState | undefined {
    const pane = panesOf(this.tracesView).find((each) => each.id === id);
    return pane?.kind === 'list' ? this.list(pane) : undefined;
  }

  /** Where a list stands, with its rows up to date. */
  list(pane: ListPane): ListState {
    let list = this.lists.get(pane);
    if (!list) {
      list = new ListState(pane);
      this.lists.set(pane, list);
    }
    list.refresh(this.state, this.version, this.filter.active);
    return list;
  }

  /** The tiles there are, in their order. */
  get tiles(): SubsystemName[] {
    const names = this.state.subsystems.map((s) => s.name);
    return this.plan?.layout.kind === 'reduced' || names.length === 0 ? names : [...SUBSYSTEMS];
  }

  /** The probe of the selected row, in a list of probes. */
  get selectedProbe(): ProbeInfo | undefined {
    const {pane} = this;
    if (pane?.kind !== 'list' || !pane.probe) return undefined;
    const row = this.list(pane).selected;
    const id = row === undefined ? undefined : pane.probe(row);
    return this.live.probes.find((probe) => probe.id === id);
  }

  /** The subsystem that keys act on: of the selected probe, of the pane, of the view, or of the selected tile. */
  get selected(): SubsystemName | undefined {
    const {pane} = this;
    if (pane?.kind === 'list' && pane.probe) return this.selectedProbe?.subsystem;
    if (pane?.kind === 'list' && pane.subsystem) return pane.subsystem;
    if (this.view !== 'overview') return this.viewNow.subsystem;
    const {tiles} = this;
    return tiles.includes(this.subsystem) ? this.subsystem : tiles[0];
  }

  select(by: number | 'first' | 'last'): void {
    const {tiles} = this;
    const now = tiles.indexOf(this.selected ?? 'sched');
    const to = by === 'first' ? 0 : by === 'last' ? tiles.length - 1 : now + by;
    this.subsystem = tiles[Math.max(0, Math.min(tiles.length - 1, to))] ?? this.subsystem;
  }

  /** Selects a tile by its name; none leaves it as it is. */
  selectTile(name: SubsystemName | undefined): void {
    if (name && this.tiles.includes(name)) this.subsystem = name;
  }

  /** Selects the tile above or below; where there is one row only, the one beside. */
  selectRow(by: 1 | -1): void {
    const {tiles} = this;
    const across = Math.max(1, this.plan?.layout.tilesAcross ?? 1);
    const to = tiles.indexOf(this.selected ?? 'sched') + by * (across < tiles.length ? across : 1);
    this.subsystem = tiles[to] ?? this.subsystem;
  }

  /** The selected subsystem's probes as they are now, also while the view is frozen: keys act on these. */
  get probes(): ProbeInfo[] {
    return this.live.probes.filter((probe) => probe.subsystem === this.selected);
  }

  /** Numbers of the events that the pane can show. */
  get range(): Range {
    const {window} = this;
    window.sync(this.state, this.clearedBefore);
    if (this.sought !== undefined && window.reached(this.sought)) {
      const now = window.numberOf(this.sought);
      this.sought = undefined;
      if (this.scroll.cursor === undefined && now !== undefined) this.scroll = {...this.scroll, cursor: now, top: now};
    }
    if (window.searching) this.lookOn();
    return window.range;
  }

  /** The filter hasn't been asked of all events yet. */
  get searching(): boolean {
    return this.window.searching;
  }

  /** Has the next events looked through with another repaint, once keys had their turn. */
  private lookOn(): void {
    if (this.looking) return;
    this.looking = true;
    setImmediate(() => {
      this.looking = false;
      this.onChange();
    }).unref();
  }

  /** Events that the filter hides. */
  get hiddenEvents(): number {
    return this.window.hidden;
  }

  /** Changes the filter; the selected event stays selected, or the next one that is shown. */
  refilter(change: () => void): void {
    const {active} = this.filter;
    change();
    if (this.filter.active === active) return;
    const {cursor} = this.scroll;
    const seq = cursor === undefined ? this.sought : this.window.seqOf(cursor);
    this.window.use(this.filter.active);
    this.sought = seq;
    this.scroll = {...FOLLOWING, height: this.scroll.height};
    const {last} = this.range;
    this.scroll = {...this.scroll, seen: last};
  }

  event(number: number): KernelEvent | undefined {
    return this.window.at(number);
  }

  clear(): void {
    this.clearedBefore = this.state.eventSeq;
    this.sought = undefined;
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
    this.probeAt = 0;
    this.typeahead = [];
    this.notify();
  }

  /** Selects a row of the list of probes. */
  selectProbe(to: number): void {
    this.probeAt = Math.max(0, Math.min(this.probes.length - 1, to));
    this.notify();
  }

  /** Scrolls the help screen. */
  scrollHelp(to: number): void {
    this.helpTop = Math.max(0, to);
    this.notify();
  }

  /** Takes the layout that the screen has now. */
  use(plan: Plan): void {
    this.plan = plan;
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
  return {subsystems: state.subsystems.length > 0 ? SUBSYSTEMS.length : 0, cpus: state.header?.host.cpus ?? 1};
}
