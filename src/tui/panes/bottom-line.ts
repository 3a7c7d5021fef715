import {rowsFor} from '../keys/match.ts';
import type {Command, KeyRow, Where} from '../keys/table.ts';
import type {Store} from '../state/store.ts';
import {textWidth} from '../text/cells.ts';
import {Line} from '../text/line.ts';

/** Which keys are named first where the line is short; how to leave and where to read more always are. */
const WEIGHT: Command[] = [
  'quit',
  'help',
  'close',
  'submit',
  'pause',
  'play-pause',
  'next-pane',
  'right',
  'toggle',
  'lower',
  'step-forward',
  'faster',
  'down',
  'last',
  'clear',
];

/** Keys that belong together are named together: the line has no room for both. */
const PAIRED: Partial<Record<Command, string>> = {
  down: '↑↓',
  right: '←→',
  lower: '+ - =',
  'step-forward': ', .',
  faster: '< >',
};

/** The keys that work where the focus is, from the key table. */
export function paintBottomLine(store: Store, where: Where, width: number): string[] {
  const rows = rowsFor({where, replay: store.replay}).filter((row) => row.short);
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
  const line = new Line(width, store.theme);
  for (const row of shown) line.add(` ${keyOf(row)}`, 'bar.key').add(` ${row.short} `, 'dim');
  return [line.end()];
}

function keyOf({command, label}: KeyRow): string {
  return PAIRED[command] ?? label.split(' ')[0] ?? '';
}
