import type {FocusSyscall} from '../../../types/stream.ts';
import {compact, duration} from '../../../util/format.ts';
import {figure, label} from '../columns.ts';
import type {ListPane} from '../pane.ts';
import {whyNothing} from '../shared.ts';

/** The system calls of the process since somebody looks, those that sleep by design too. */
export function syscallList(pid: number): ListPane<FocusSyscall> {
  return {
    kind: 'list',
    id: 'pid-syscalls',
    subsystem: 'syscall',
    title: 'Its system calls',
    rows: ({focus}) => (focus?.now.pid === pid ? focus.syscalls : []),
    key: (call) => call.syscall_name,
    columns: [
      label(['name', 'SYSCALL', 16, 0], (call) => call.syscall_name, {grow: true}),
      figure(['calls', 'CALLS', 7, 0], (call) => call.count, compact),
      figure(['total', 'TOOK', 8, 0], (call) => call.total_us, duration),
      figure(['mean', 'MEAN', 8, 2], (call) => (call.count > 0 ? call.total_us / call.count : undefined), duration),
      figure(['worst', 'WORST', 8, 1], (call) => call.max_us, duration),
    ],
    sort: {column: 'total', descending: true},
    empty: (state) => whyNothing(state, 'syscall', 'none since somebody looks'),
  };
}
