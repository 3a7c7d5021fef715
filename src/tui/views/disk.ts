import type {SlowFile, SlowSyscall} from '../../types/detail.ts';
import {containerLabel} from '../../util/container-label.ts';
import {count, duration, percentileText, rate} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import {type Device, deviceRows, type FileOp, fileOps} from '../panes/disk-rows.ts';
import type {Limits} from '../panes/histogram.ts';
import type {ListPane, View} from '../panes/pane.ts';
import {diskBlame, inFlight} from '../panes/request-rows.ts';
import {latencyToken, limits, p99Pane, perSample, whyNothing} from '../panes/shared.ts';
import {statusToken, type Token} from '../theme.ts';

/** Colours a figure by the row's thresholds. */
function heat<Row extends {limits: Limits}>(of: (row: Row) => number | undefined) {
  return {token: (row: Row): Token => latencyToken(of(row), row.limits)};
}

const devices: ListPane<Device> = {
  kind: 'list',
  id: 'devices',
  title: 'Devices',
  note: () => 'last 60 s; QUEUE and ON DEV: means of the slow requests',
  rows: deviceRows,
  key: ({device}) => device,
  columns: [
    label(['device', 'DEVICE', 10, 0], ({device}) => device),
    label(['status', 'STATUS', 8, 1], ({status}) => status, {token: ({status}) => statusToken(status)}),
    figure(['rate', 'REQ/S', 8, 0], ({all}) => all.per_s, rate),
    figure(['reads', 'READ/S', 8, 3], ({read}) => read.per_s, rate),
    figure(['writes', 'WRITE/S', 8, 3], ({write}) => write.per_s, rate),
    figure(['p50', 'P50', 7, 2], ({all}) => all.p50, percentileText),
    figure(
      ['p99', 'P99', 7, 0],
      ({all}) => all.p99,
      percentileText,
      heat(({all}) => all.p99),
    ),
    figure(
      ['max', 'MAX', 7, 0],
      ({all}) => all.max,
      percentileText,
      heat(({all}) => all.max),
    ),
    figure(
      ['read-p99', 'R P99', 7, 4],
      ({read}) => read.p99,
      percentileText,
      heat(({read}) => read.p99),
    ),
    figure(
      ['write-p99', 'W P99', 7, 4],
      ({write}) => write.p99,
      percentileText,
      heat(({write}) => write.p99),
    ),
    figure(['slow', 'SLOW', 6, 2], ({reports}) => reports, count),
    figure(['queue', 'QUEUE', 8, 1], (row) => row.queue_us, duration),
    figure(['on-device', 'ON DEV', 8, 1], (row) => row.device_us, duration),
    label(['submitter', 'MOSTLY BY', 16, 2], ({submitter}) => submitter, {grow: true}),
  ],
  sort: {column: 'p99', descending: true},
  empty: (state) => whyNothing(state, 'block', 'no request in the last minute'),
};

const operations: ListPane<FileOp> = {
  kind: 'list',
  id: 'file-ops',
  subsystem: 'vfs',
  title: 'Calls on files',
  note: () => 'last 60 s',
  rows: fileOps,
  key: ({op}) => op,
  columns: [
    label(['op', 'CALL', 8, 0], ({op}) => op),
    figure(['rate', 'CALLS/S', 9, 0], (row) => row.per_s, rate),
    figure(['p50', 'P50', 8, 1], ({p50}) => p50, percentileText),
    figure(
      ['p99', 'P99', 8, 0],
      ({p99}) => p99,
      percentileText,
      heat(({p99}) => p99),
    ),
    figure(
      ['max', 'MAX', 8, 0],
      ({max}) => max,
      percentileText,
      heat(({max}) => max),
    ),
  ],
  empty: (state) => whyNothing(state, 'vfs', 'no call on a file in the last minute'),
};

type FileRow = SlowFile & {limits: Limits};

const fileRows = perSample((state): FileRow[] =>
  state.detail.files.map((row) => ({...row, limits: limits(state, 'vfs')})),
);

const files: ListPane<FileRow> = {
  kind: 'list',
  id: 'slow-files',
  subsystem: 'vfs',
  title: 'Slow files',
  note: () => 'calls past the threshold, last 60 s',
  rows: fileRows,
  key: ({op, file}) => `${op} ${file}`,
  columns: [
    label(['op', 'CALL', 6, 0], ({op}) => op),
    label(['file', 'FILE', 20, 0], ({file}) => file, {grow: true, keepEnd: true}),
    label(['fs', 'FS', 8, 3], ({fs}) => fs),
    figure(['calls', 'CALLS', 7, 1], ({calls}) => calls, count),
    figure(['total', 'TOOK', 8, 2], (row) => row.total_us, duration),
    figure(
      ['worst', 'WORST', 8, 0],
      (row) => row.worst_us,
      duration,
      heat((row) => row.worst_us),
    ),
    figure(['pid', 'PID', 8, 2], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 1], ({comm}) => comm),
    label(['container', 'CONTAINER', 14, 4], ({container}) => container && containerLabel(container)),
  ],
  sort: {column: 'total', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container, file}) => ({pid, comm, container, type: 'VFS_SLOW', text: file}),
  empty: (state) => whyNothing(state, 'vfs', 'no call of the last minute was past the threshold'),
};

type SyscallRow = Omit<SlowSyscall, 'failed' | 'worst_us'> & {failed?: number; worst_us?: number; limits: Limits};

/** The slow ones; of the cgroup that is watched alone all that it makes. */
const syscallRows = perSample((state): SyscallRow[] => {
  const limit = {limits: limits(state, 'syscall')};
  if (!state.syscalls) return state.detail.syscalls.map((row) => ({...row, ...limit}));
  return state.syscalls.map(({syscall_name: name, count: calls, total_us, max_us: worst_us}) => ({
    ...{name, calls, total_us, worst_us},
    ...limit,
  }));
});

const syscalls: ListPane<SyscallRow> = {
  kind: 'list',
  id: 'slow-syscalls',
  subsystem: 'syscall',
  title: 'System calls',
  note: ({syscalls}) => (syscalls ? 'all of the cgroup’s, since the start' : 'past the threshold, last 60 s'),
  rows: syscallRows,
  key: ({name}) => name,
  columns: [
    label(['name', 'SYSCALL', 16, 0], ({name}) => name, {grow: true}),
    figure(['calls', 'CALLS', 6, 1], ({calls}) => calls, count),
    figure(['failed', 'FAILED', 6, 3], ({failed}) => failed, count),
    figure(['total', 'TOOK', 8, 2], (row) => row.total_us, duration),
    figure(
      ['worst', 'WORST', 8, 0],
      (row) => row.worst_us,
      duration,
      heat((row) => row.worst_us),
    ),
    figure(['pid', 'PID', 8, 2], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 1], ({comm}) => comm),
  ],
  sort: {column: 'total', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container, name}) => ({pid, comm, container, type: 'SYSCALL_SLOW', text: name}),
  empty: (state) => whyNothing(state, 'syscall', 'no call of the last minute was past the threshold'),
};

/** Requests by device, calls on files by kind, the files that were slow, and the system calls. */
export const disk: View = {
  id: 'disk',
  title: 'Disk & files',
  subsystem: 'block',
  places: [
    {pane: devices, weight: 2, min: 4},
    {
      pane: p99Pane('block-p99', 'requests', 'block'),
      weight: 3,
      min: 5,
      beside: {pane: operations, weight: 2, min: 4},
    },
    {pane: diskBlame, weight: 2, min: 4, beside: {pane: inFlight, weight: 2, min: 4}},
    {pane: files, weight: 3, min: 4, beside: {pane: syscalls, weight: 2, min: 4}},
  ],
};
