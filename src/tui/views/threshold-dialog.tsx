import {Text} from 'ink';
import {type ReactNode, useState} from 'react';
import {percentileText} from '../../util/format.ts';
import {Overlay} from '../screen/canvas.tsx';
import {setThreshold} from '../state/actions.ts';
import type {Store} from '../state/store.ts';
import {parseThreshold, thresholdOf} from '../state/thresholds.ts';
import {shortened, useTyped} from './use-typed.ts';

export interface ThresholdDialogProps {
  /** The screen's store: its selected subsystem is asked for. */
  store: Store;
  /** Columns of the terminal. */
  columns: number;
  /** Rows of the terminal. */
  rows: number;
}

const MAX_LENGTH = 16;
const TYPED = /^[0-9a-zµ. ]$/;

/** Asks for a warning threshold: Enter sets it, Esc leaves it. */
export function ThresholdDialog({store, columns, rows}: ThresholdDialogProps): ReactNode {
  const [name] = useState(() => store.selected ?? 'sched');
  const [now] = useState(() => thresholdOf(name, store.state));
  // Nothing typed leaves it as it is.
  const submit = (text: string) => {
    const parsed = parseThreshold(text);
    if ('us' in parsed) setThreshold(store, name, parsed.us);
    else if (text.trim() !== '') return parsed.problem;
    return undefined;
  };
  const shown = useTyped(store, {edited, submit});
  const width = Math.min(columns - 2, 52);
  return (
    <Overlay
      x={(columns - width) >> 1}
      y={(rows >> 1) - 3}
      width={width}
      height={6}
      theme={store.theme}
      title={`Warning threshold of ${name}`}
    >
      <Text wrap="truncate">
        now {now === undefined ? '-' : percentileText(now)}; new, e.g. 1500 (us), 500us, 2ms, 1s
      </Text>
      <Text wrap="truncate">
        {'> '}
        {shown.text}
        <Text inverse> </Text>
      </Text>
      <Text wrap="truncate" dimColor={!shown.problem}>
        {shown.problem || 'Enter sets it, Esc leaves it'}
      </Text>
    </Overlay>
  );
}

function edited(text: string, key: string): string {
  const char = key === 'space' ? ' ' : key;
  return shortened(text, key) ?? (TYPED.test(char) && text.length < MAX_LENGTH ? text + char : text);
}
