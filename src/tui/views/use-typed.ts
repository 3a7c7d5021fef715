import {useInput, usePaste} from 'ink';
import {useEffect, useRef, useState} from 'react';
import {keyNames} from '../keys/match.ts';
import type {Store} from '../state/store.ts';

export interface TypedLine {
  /** The line after a key, by the key's name as `keyNames` gives it. */
  edited: (text: string, key: string) => string;
  /** Takes the line; returns what is wrong with it, or nothing when the dialog can go. */
  submit: (text: string) => string | undefined;
}

/**
 * The one line that a dialog asks for: typed, pasted, and begun by keys that came in one read with the one that opened it.
 * Enter submits it and closes the dialog unless something is wrong. Returns the line and what is wrong, or ''.
 */
export function useTyped(store: Store, {edited, submit}: TypedLine): {text: string; problem: string} {
  const text = useRef('');
  const [shown, setShown] = useState({text: '', problem: ''});
  const show = (problem = ''): void => setShown({text: text.current, problem});
  const enter = (): void => {
    const problem = submit(text.current);
    if (problem === undefined) store.open(undefined);
    else show(problem);
  };
  const type = (key: string): void => {
    if (key === 'return') {
      enter();
      return;
    }
    text.current = edited(text.current, key);
    show();
  };
  useInput((input, key) => {
    for (const one of keyNames(input, key)) type(one);
  });
  useEffect(() => {
    for (const one of store.typeahead.splice(0)) type(one);
  });
  usePaste((pasted) => {
    for (const char of pasted.trim()) text.current = edited(text.current, char);
    show();
  });
  return shown;
}

/** Takes the last character away at the keys that do so; undefined for other keys. */
export function shortened(text: string, key: string): string | undefined {
  return key === 'backspace' || key === 'delete' ? text.slice(0, -1) : undefined;
}
