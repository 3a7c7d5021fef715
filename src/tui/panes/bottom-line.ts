import {rowsFor} from '../keys/match.ts';
import type {Command, KeyRow, Where} from '../keys/table.ts';
import type {Store} from '../state/store.ts';
import {textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';
import type {Theme} from '../theme.ts';
import {paintFilterLine} from './filter-line.ts';

/** Which keys are named first where the line is short; how to leave and where to read more always are. */
const WEIGHT: Command[] = [
  'quit',
  'help',
  'close',
  'back',
  'submit',
  'pause',
  'play-pause',
  'view',
  'toggle',
  'lower',
  'next-pane',
  'right',
  'seek-forward',
  'step-forward',
  'faster',
  'filter',
  'drill',
  'sort',
  'group',
  'reverse',
  'drill-pid',
  'pages',
  'trace',
  'down',
  'last',
  'export',
  'record',
  'clear',
];

/** Keys that belong together are named together: the line has no room for both. */
const PAIRED: Partial<Record<Command, string>> = {
  down: '↑↓',
  right: '←→',
  lower: '+ - =',
  'seek-forward': '←→',
  'step-forward': ', .',
  faster: '< >',
};

/** What keys do where the focus is, in place of what the table says. */
type Shorts = Partial<Record<Command, string>>;

/** In lists of traces. */
const TRACING: Record<'presets' | 'runs', Shorts> = {
  presets: {drill: 'settings', toggle: 'start'},
  runs: {drill: 'its events', toggle: 'stop'},
};

/** Keys that need something selected that has a probe. */
const OF_PROBES: Command[] = ['toggle', 'lower'];

/** The line as painted last: it changes with the focus, not with the data. */
const painted = new WeakMap<Store, {key: string; lines: string[]}>();

/** The keys that work where the focus is, from the key table. */
export function paintBottomLine(store: Store, where: Where, width: number): string[] {
  if (where === 'filter') return paintFilterLine(store, width);
  const context = {where, replay: store.replay, drilled: store.context};
  const selected = store.selected !== undefined;
  const {pane} = store;
  const list = pane?.kind === 'list' ? pane : undefined;
  const state = list && store.list(list);
  const traces = list?.traces;
  const enter = list?.container ? 'container' : state?.isHeading(state.cursor) ? 'fold' : undefined;
  const shorts: Shorts = traces ? TRACING[traces] : enter ? {drill: enter} : {};
  const groups = list?.groups !== undefined;
  const key = [where, context.replay, context.drilled, selected, enter, traces, groups, width].join(' ');
  const last = painted.get(store);
  if (last?.key === key) return last.lines;
  const rows = rowsFor(context)
    .filter(({short, command}) => short && (selected || !OF_PROBES.includes(command) || shorts[command]))
    .filter(({command}) => groups || command !== 'group')
    .map((row) => ({...row, short: shorts[row.command] ?? row.short}));
  const lines = [keyLine(rows, width, store.theme)];
  painted.set(store, {key, lines});
  return lines;
}

/** As many keys as fit, the weightiest of them, in the table's order. */
function keyLine(rows: readonly KeyRow[], width: number, theme: Theme): string {
  const kept = new Set<KeyRow>();
  let room = width;
  for (const command of WEIGHT) {
    const row = rows.find((each) => each.command === command);
    const cells = row ? textWidth(keyOf(row) + row.short) + 3 : 0;
    if (!row || cells > room) continue;
    kept.add(row);
    room -= cells;
  }
  const leaving = (row: KeyRow): boolean => row.command === 'help' || row.command === 'quit';
  const shown = [...rows.filter((row) => !leaving(row)), ...rows.filter(leaving)].filter((row) => kept.has(row));
  const line = new Line(width, theme);
  for (const row of shown) line.add(` ${keyOf(row)}`, 'bar.key').add(` ${row.short} `, 'dim');
  return line.end();
}

function keyOf({command, label}: KeyRow): string {
  return PAIRED[command] ?? label.split(' ')[0] ?? '';
}
