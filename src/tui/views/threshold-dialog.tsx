import {Text, useInput, usePaste} from 'ink';
import {type ReactNode, useEffect, useRef, useState} from 'react';
import {percentileText} from '../../util/format.ts';
import {keyNames} from '../keys/match.ts';
import {Overlay} from '../screen/canvas.tsx';
import {setThreshold} from '../state/actions.ts';
import type {Store} from '../state/store.ts';
import {parseThreshold, thresholdOf} from '../state/thresholds.ts';

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
  const text = useRef('');
  const [shown, setShown] = useState({text: '', problem: ''});
  const show = (problem = ''): void => setShown({text: text.current, problem});
  const submit = (): void => {
    const parsed = parseThreshold(text.current);
    if (text.current.trim() !== '' && 'problem' in parsed) {
      show(parsed.problem);
      return;
    }
    if ('us' in parsed) setThreshold(store, name, parsed.us);
    store.open(undefined);
  };
  const type = (key: string): void => {
    if (key === 'return') submit();
    else {
      text.current = edited(text.current, key);
      show();
    }
  };
  useInput((input, key) => {
    for (const one of keyNames(input, key)) type(one);
  });
  useEffect(() => {
    for (const one of store.typeahead.splice(0)) type(one);
  });
  usePaste((pasted) => {
    for (const char of pasted) text.current = edited(text.current, char);
    show();
  });
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
  if (key === 'backspace' || key === 'delete') return text.slice(0, -1);
  const char = key === 'space' ? ' ' : key;
  return TYPED.test(char) && text.length < MAX_LENGTH ? text + char : text;
}
