import type {State} from '../../types/state.ts';
import type {ContainerRef, SubsystemName} from '../../types/stream.ts';
import type {FilterSubject} from '../filter/filter.ts';
import type {Theme, Token} from '../theme.ts';

/** The views on the keys 1 to 9, in this order. */
export const VIEW_IDS = [
  'overview',
  'sched',
  'disk',
  'memory',
  'network',
  'processes',
  'containers',
  'probes',
  'traces',
] as const;
export type ViewId = (typeof VIEW_IDS)[number];

/** What is sorted by. */
export interface Sort {
  /** Id of a column that has a `value`. */
  column: string;
  descending: boolean;
}

/** One column of a list. */
export interface Column<Row> {
  /** Names the sort. */
  id: string;
  /** Heading. */
  title: string;
  /** Cells; with `grow` at least this, and a share of what is left. */
  width: number;
  grow?: boolean;
  align?: 'left' | 'right';
  /** What is too long loses its start, as paths do. */
  keepEnd?: boolean;
  /** 0 is always shown; the highest go first where the terminal is narrow. */
  priority: number;
  /** As it comes: the list makes control characters visible and fits the width. `-` for unknown. */
  text(row: Row): string;
  /** Semantic colour of the cell. */
  token?(row: Row): Token;
  /** What the list is sorted by; absent: not sortable. Undefined comes last, whichever way round. */
  value?(row: Row): number | string | undefined;
}

/** A container that can be looked into, and its cgroup where that is known. */
export interface ContainerTarget {
  container: ContainerRef;
  cgroup?: string;
}

/** How rows are shown by group: a heading row with the sums of its rows, and these below it unless it is folded. */
export interface Grouping<Row> {
  /** What the rows of a group have in common. */
  of(row: Row): string;
  /** The heading of a group's rows: sorted and selected as any row is, so it needs a key of its own. */
  heading(rows: readonly Row[]): Row;
  /** Does a heading stand below all others, whatever is sorted by? */
  isRest(heading: Row): boolean;
  /** Instead of the list's own. */
  columns: readonly Column<Row>[];
  /** The column that is indented, and in which a heading says whether it is folded. */
  column: string;
}

/** A list of rows: scrolled, sorted and filtered by the framework, of which only visible rows are formatted. */
export interface ListPane<Row = unknown> {
  kind: 'list';
  /** Unique among all panes. */
  id: string;
  title: string;
  /** Unsorted and unfiltered. The same array again says that nothing has changed. */
  rows(state: State): readonly Row[];
  /** Identity: the selection stays on its row as data moves. */
  key(row: Row): string;
  columns: readonly Column<Row>[];
  /** Rows may be shown as a tree: whose child a row is, by key, and the column that is indented by it. */
  tree?: {column: string; parent(row: Row): string | undefined};
  /** Rows may be shown by group. */
  groups?: Grouping<Row>;
  /** As it starts; absent: in the order of `rows()`. */
  sort?: Sort;
  /** The process that Enter looks into; absent: Enter says that there is none. */
  pid?(row: Row): number | undefined;
  /** The container that Enter looks into instead, in a list of containers. */
  container?(row: Row): ContainerTarget;
  /** The subsystem that `x`, `+`, `-` and `=` act on, where it isn't the view's. */
  subsystem?: SubsystemName;
  /** Rows that Enter and `x` start (presets) or stop (runs). */
  traces?: 'presets' | 'runs';
  /** The probe that these keys act on, in a list of probes. */
  probe?(row: Row): string | undefined;
  /** What the filter can ask of a row; absent: the filter does not apply. */
  subject?(row: Row): FilterSubject;
  /** Why there is nothing, in a few words. */
  empty(state: State): string;
  /** A remark that stands in the lower border. */
  note?(state: State): string;
}

/** A pane that paints lines of its own. */
export interface CanvasPane {
  kind: 'canvas';
  id: string;
  title: string | ((state: State) => string);
  /** The inside only, each line exactly `width` cells; the frame is drawn around it. */
  paint(state: State, theme: Theme, width: number, height: number): string[];
}

/** A pane that keys treat in a way of its own; it paints itself from the store, frame and all. */
export interface OwnPane {
  kind: 'tiles' | 'heatmap' | 'events';
  id: string;
  title: string;
}

export type Pane = ListPane | CanvasPane | OwnPane;

/** Where a pane stands in a view: the places of a view stand one below the other. */
export interface Place {
  pane: Pane;
  /** Share of the rows (of the columns, in a row of several) that are left over. */
  weight: number;
  /** Rows without which it isn't shown, border included. */
  min: number;
  /** Rows beyond which it has nothing more to show, border included. */
  most?(host: {cpus: number}): number;
  /** To the right where the terminal is at least 120 columns wide, else below. */
  beside?: Place;
}

/** What one of the keys 1 to 9 shows, or (`pid`, `container`) what is shown of one process or container. */
export interface View {
  id: ViewId | 'pid' | 'container';
  title: string;
  places: readonly Place[];
  /** The subsystem that `x`, `+`, `-` and `=` act on here; the overview has its selected tile. */
  subsystem?: SubsystemName;
}

/** The health tiles of the overview. */
export const TILES: OwnPane = {kind: 'tiles', id: 'tiles', title: 'Health'};
/** The scheduling heatmap, a row a CPU. */
export const HEATMAP: OwnPane = {kind: 'heatmap', id: 'heatmap', title: 'Run-queue wait by CPU'};
/** The live events. */
export const EVENTS: OwnPane = {kind: 'events', id: 'events', title: 'Events'};
