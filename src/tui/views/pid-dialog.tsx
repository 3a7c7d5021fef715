import {Text} from 'ink';
import type {ReactNode} from 'react';
import {visible} from '../../util/sanitize.ts';
import {Overlay} from '../screen/canvas.tsx';
import type {Store} from '../state/store.ts';
import {shortened, useTyped} from './use-typed.ts';

export interface PidDialogProps {
  /** The screen's store: it looks into the process. */
  store: Store;
  /** Columns of the terminal. */
  columns: number;
  /** Rows of the terminal. */
  rows: number;
}

const MAX_LENGTH = 10;

/** Asks for a process by its number: Enter looks into it, Esc leaves it. */
export function PidDialog({store, columns, rows}: PidDialogProps): ReactNode {
  const submit = (text: string) => {
    const pid = parsed(text);
    return typeof pid === 'string' ? pid : store.drill(pid);
  };
  const shown = useTyped(store, {edited, submit});
  const width = Math.min(columns - 2, 60);
  return (
    <Overlay
      x={(columns - width) >> 1}
      y={(rows >> 1) - 3}
      width={width}
      height={6}
      theme={store.theme}
      title="Look into a process"
    >
      <Text wrap="truncate">its number (PID), as events and lists have it</Text>
      <Text wrap="truncate">
        {'> '}
        {shown.text}
        <Text inverse> </Text>
      </Text>
      <Text wrap="truncate" dimColor={!shown.problem}>
        {visible(shown.problem) || 'Enter looks into it, Esc leaves it'}
      </Text>
    </Overlay>
  );
}

/** The number, or what is wrong with it. */
function parsed(text: string): number | string {
  if (text === '') return 'type a number first';
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid > 2 ** 22) return `${text} is no process number: they go from 1 to 4194304`;
  return pid === 0 ? '0 is the idle task, no process' : pid;
}

function edited(text: string, key: string): string {
  return shortened(text, key) ?? (/^[0-9-]$/.test(key) && text.length < MAX_LENGTH ? text + key : text);
}
