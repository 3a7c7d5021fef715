import {SMALLEST} from '../layout.ts';
import type {Store} from '../state/store.ts';
import {fitText} from '../text/cells.ts';

/** What is shown on a terminal below the smallest layout. */
export function paintTooSmall(store: Store, width: number, height: number): string[] {
  const {subsystems, overall, header} = store.state;
  const bad = subsystems.filter((s) => s.status === 'WARNING' || s.status === 'CRITICAL');
  const lines = [
    `kstop needs ${SMALLEST.columns}x${SMALLEST.rows}`,
    `this terminal is ${width}x${height}`,
    header ? overall : '',
    ...bad.map((s) => `${s.name} ${s.status}`),
    'q quits',
  ];
  return lines
    .filter((line) => line !== '')
    .slice(0, height)
    .map((line) => fitText(line, width, ''));
}
