import type {PresetInfo} from '../../../types/trace.ts';
import {visible} from '../../../util/sanitize.ts';
import type {TraceBoard} from '../../state/traces.ts';
import {label} from '../columns.ts';
import type {ListPane} from '../pane.ts';

/** Its id: names the focus of the view. */
export const TRACE_PRESETS = 'trace-presets';

/** A preset; the last row is a trace of one's own. */
export interface PresetRow {
  /** Absent: a trace that one describes oneself. */
  preset?: PresetInfo;
}

const NONE: readonly PresetRow[] = [];
const CUSTOM: PresetRow = {};
const made = new WeakMap<readonly PresetInfo[], PresetRow[]>();

function rowsOf(presets: readonly PresetInfo[]): readonly PresetRow[] {
  let rows = made.get(presets);
  if (!rows) {
    rows = [...presets.map((preset) => ({preset})), CUSTOM];
    made.set(presets, rows);
  }
  return rows;
}

/** What can be asked, and by which hook it would be answered here. */
export const presetList = (traces: TraceBoard): ListPane<PresetRow> => ({
  kind: 'list',
  id: TRACE_PRESETS,
  title: 'Presets',
  rows: () => (traces.presets ? rowsOf(traces.presets) : NONE),
  key: ({preset}) => preset?.name ?? '',
  columns: [
    label(['name', 'NAME', 16, 0], ({preset}) => preset?.name ?? 'custom ...', {
      token: ({preset}) => (preset?.missing === undefined ? 'text' : 'dim'),
    }),
    label(
      ['help', 'WHAT IT TELLS', 28, 0],
      ({preset}) => (preset ? preset.help : 'a tracepoint, kernel function or USDT probe of your choice'),
      {grow: true},
    ),
    label(['hook', 'BY', 18, 3], ({preset}) => (preset ? (preset.missing ?? preset.hook) : 'bpftrace'), {grow: true}),
  ],
  traces: 'presets',
  empty: () => traces.obstacle ?? 'no preset suits one process',
  note: () => remark(traces),
});

function remark({obstacle, pid, presets}: TraceBoard): string {
  if (presets && obstacle !== undefined) return visible(obstacle);
  return `Enter: with settings; x: start${pid === undefined ? '' : `, of process ${pid} (Esc: back to it)`}`;
}
