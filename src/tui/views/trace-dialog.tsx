import {Text, useInput, usePaste} from 'ink';
import {type ReactNode, useEffect, useRef, useState} from 'react';
import {readSpec} from '../../trace/spec/read-spec.ts';
import {visible} from '../../util/sanitize.ts';
import {keyNames} from '../keys/match.ts';
import {Overlay} from '../screen/canvas.tsx';
import type {Store} from '../state/store.ts';
import {formRow, showNewest} from '../state/trace-actions.ts';
import {type FormField, formFor, parametersOf, pasted, specOf, type TraceForm, typed} from '../state/trace-form.ts';
import {refusalText} from '../state/traces.ts';

export interface TraceDialogProps {
  /** The screen's store: its traces start the one that is described here. */
  store: Store;
  /** Columns of the terminal. */
  columns: number;
  /** Rows of the terminal. */
  rows: number;
}

const LABEL = 11;

/** Asks for the settings of a preset, or for a whole trace: Enter starts it, Esc leaves it. */
export function TraceDialog({store, columns, rows}: TraceDialogProps): ReactNode {
  const [{preset}] = useState(() => formRow(store));
  const form = useRef<TraceForm | undefined>(undefined);
  form.current ??= formFor(preset, store.traces.pid);
  const [problem, setProblem] = useState('');
  const [, setShown] = useState(form.current);
  const show = (next: TraceForm): void => {
    form.current = next;
    setShown(next);
    setProblem('');
  };
  const press = (key: string): void => {
    const now = form.current!;
    if (key !== 'return') {
      show(typed(now, key));
      return;
    }
    const wrong = start(store, preset?.name, now);
    if (wrong !== undefined) setProblem(wrong);
    else {
      store.open(undefined);
      showNewest(store);
    }
  };
  useInput((input, key) => {
    for (const name of keyNames(input, key)) press(name);
  });
  useEffect(() => {
    for (const name of store.typeahead.splice(0)) press(name);
  });
  usePaste((text) => show(pasted(form.current!, text)));

  const {fields, at} = form.current;
  const width = Math.min(columns - 2, 90);
  const height = fields.length + 4;
  return (
    <Overlay
      x={(columns - width) >> 1}
      y={Math.max(0, (rows - height) >> 1)}
      width={width}
      height={height}
      theme={store.theme}
      title={preset ? `Trace: ${preset.name}` : 'A trace of your own'}
    >
      {fields.map((field, i) => (
        <Field key={field.id} field={field} focused={i === at} width={width - 4} />
      ))}
      <Text wrap="truncate" dimColor={problem === ''}>
        {visible(problem) || 'Tab: next field, Enter starts it, Esc leaves it'}
      </Text>
    </Overlay>
  );
}

/** One field. What doesn't fit loses its beginning, where one isn't typing. */
function Field({field, focused, width}: {field: FormField; focused: boolean; width: number}): ReactNode {
  const room = width - LABEL - 4;
  const text = field.text.slice(-room);
  return (
    <Text wrap="truncate" bold={focused}>
      {`${focused ? '> ' : '  '}${field.label.padEnd(LABEL)}`}
      {text}
      {focused && <Text inverse> </Text>}
      {text === '' && <Text dimColor>{` ${field.hint}`}</Text>}
    </Text>
  );
}

/** Starts what the form describes; returns what is wrong with it. */
function start(store: Store, preset: string | undefined, form: TraceForm): string | undefined {
  if (preset === undefined) {
    const spec = readSpec(specOf(form), '');
    return 'why' in spec ? refusalText(spec) : store.traces.start((desk) => desk.planSpec(spec));
  }
  const parameters = parametersOf(form);
  if ('problem' in parameters) return parameters.problem;
  return store.traces.start((desk) => desk.planPreset(preset, parameters));
}
