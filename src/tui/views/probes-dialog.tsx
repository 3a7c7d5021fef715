import {Text} from 'ink';
import {type ReactNode, useSyncExternalStore} from 'react';
import type {ProbeInfo} from '../../types/stream.ts';
import {visible} from '../../util/sanitize.ts';
import {Overlay} from '../screen/canvas.tsx';
import type {Store} from '../state/store.ts';

export interface ProbesDialogProps {
  /** The screen's store: the probes of its selected subsystem are listed. */
  store: Store;
  /** Columns of the terminal. */
  columns: number;
  /** Rows of the terminal. */
  rows: number;
}

/** The probes of a subsystem that has several: their states, and one selected that a key switches. */
export function ProbesDialog({store, columns, rows}: ProbesDialogProps): ReactNode {
  useSyncExternalStore(store.subscribe, () => `${store.probeAt} ${store.probes.map(lineOf).join()}`);
  const {probes} = store;
  const longest = Math.max(0, ...probes.map((probe) => lineOf(probe).length + 2));
  const width = Math.min(columns - 2, Math.max(40, longest + 4));
  const height = Math.min(rows - 2, probes.length + 3);
  const room = height - 3;
  const top = Math.max(0, Math.min(store.probeAt - room + 1, probes.length - room));
  return (
    <Overlay
      x={(columns - width) >> 1}
      y={(rows - height) >> 1}
      width={width}
      height={height}
      theme={store.theme}
      title={`Probes of ${store.selected}`}
    >
      {probes.slice(top, top + room).map((probe, index) => (
        <Text key={probe.id} wrap="truncate" inverse={top + index === store.probeAt}>
          {top + index === store.probeAt ? `${store.theme.glyphs.focus} ` : '  '}
          {lineOf(probe)}
        </Text>
      ))}
    </Overlay>
  );
}

function lineOf({id, state, method, reason}: ProbeInfo): string {
  const how = [method, reason].filter(Boolean).join(': ');
  return visible(`${id.padEnd(14)} ${state.padEnd(11)} ${how}`.trimEnd());
}
