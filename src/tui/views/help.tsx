import {Text} from 'ink';
import {type ReactNode, useSyncExternalStore} from 'react';
import {TERMS} from '../filter/terms.ts';
import {KEYS} from '../keys/table.ts';
import {Overlay} from '../screen/canvas.tsx';
import type {Store} from '../state/store.ts';

/** Columns of the keys. */
const LABEL = 18;

/** A line of the help screen: a heading or a key. */
interface HelpLine {
  heading?: string;
  label?: string;
  text?: string;
}

/** The help screen's lines, from the key table. */
export function helpLines(replay: boolean): HelpLine[] {
  const out: HelpLine[] = [];
  for (const group of [...new Set(KEYS.map((row) => row.group))]) {
    if (group === 'Replay' && !replay) continue;
    const note = group === 'Probes and thresholds' && replay ? ' (unavailable in a replay)' : '';
    if (out.length > 0) out.push({});
    out.push({heading: group + note});
    for (const row of KEYS) {
      // The arrows lead through the recording there.
      if (replay && group === 'Moving' && row.only === 'live') continue;
      if (row.group !== group || row.command === 'submit' || (replay && row.command === 'pause')) continue;
      // A command that is named differently in some panes is explained once.
      if (KEYS.find((first) => first.command === row.command) === row) out.push({label: row.label, text: row.help});
    }
  }
  out.push({}, {heading: 'What / understands'});
  for (const [label, text] of TERMS) out.push({label, text});
  return out;
}

export interface HelpProps {
  /** The screen's store: it holds where the help is scrolled to. */
  store: Store;
  /** Columns of the terminal. */
  columns: number;
  /** Rows of the terminal. */
  rows: number;
}

/** All keys, generated from the key table; scrolls where it doesn't fit. */
export function Help({store, columns, rows}: HelpProps): ReactNode {
  const lines = helpLines(store.replay);
  const width = Math.min(columns - 2, 80);
  const height = Math.min(rows - 2, lines.length + 3);
  const room = height - 3;
  const wanted = useSyncExternalStore(store.subscribe, () => store.helpTop);
  const top = Math.min(wanted, Math.max(0, lines.length - room));
  store.helpTop = top;
  const more = lines.length > room ? ` (${top + 1}-${top + room} of ${lines.length}: j k)` : '';
  return (
    <Overlay
      x={(columns - width) >> 1}
      y={(rows - height) >> 1}
      width={width}
      height={height}
      theme={store.theme}
      title={`Keys${more}`}
    >
      {lines.slice(top, top + room).map((line, index) => (
        <Text key={index} wrap="truncate" bold={line.heading !== undefined} underline={line.heading !== undefined}>
          {line.heading ?? (line.label ? `${line.label.padEnd(LABEL)}${line.text}` : ' ')}
        </Text>
      ))}
    </Overlay>
  );
}
