import {rowsFor} from '../keys/match.ts';
import type {Where} from '../keys/table.ts';
import type {Store} from '../state/store.ts';
import {Line} from '../text/line.ts';

/** What to leave out first where the line is short. */
const LAST = ['quit', 'help'];

/** The keys that work where the focus is, from the key table. */
export function paintBottomLine(store: Store, where: Where, width: number): string[] {
  const line = new Line(width, store.theme);
  const rows = rowsFor({where, replay: store.replay}).filter((row) => row.short);
  const ordered = [...rows.filter((r) => !LAST.includes(r.command)), ...rows.filter((r) => LAST.includes(r.command))];
  const items = ordered.map((row) => ({row, cells: keyLabel(row.label, row.command).length + row.short!.length + 3}));
  let room = width;
  const kept = new Set<string>();
  for (const {row, cells} of [...items].reverse()) {
    if (LAST.includes(row.command) && cells <= room) {
      kept.add(row.command);
      room -= cells;
    }
  }
  for (const {row, cells} of items) {
    if (kept.has(row.command) || cells > room) continue;
    kept.add(row.command);
    room -= cells;
  }
  for (const {row} of items) {
    if (!kept.has(row.command)) continue;
    line.add(` ${keyLabel(row.label, row.command)}`, 'bar.key').add(` ${row.short} `, 'dim');
  }
  return [line.end()];
}

/** Pairs of keys are named together: the line has no room for both. */
const PAIRED: Record<string, string> = {down: '↑↓', right: '←→', lower: '+ - =', 'step-forward': ', .', faster: '< >'};

function keyLabel(label: string, command: string): string {
  return PAIRED[command] ?? label.split(' ')[0]!;
}
