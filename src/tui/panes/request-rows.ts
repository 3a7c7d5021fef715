import type {BlameRow} from '../../types/detail.ts';
import type {State} from '../../types/state.ts';
import type {RequestInFlight} from '../../types/stream.ts';
import {bytes, count, duration, percent} from '../../util/format.ts';
import {figure, label} from './columns.ts';
import type {Limits} from './histogram.ts';
import type {ListPane} from './pane.ts';
import {latencyToken, limits, perSample, sharePct, whyNothing} from './shared.ts';

type Waiting = RequestInFlight & {limits: Limits; key: string};

/** A request is the same one from sample to sample by whose it is and when it was made. */
const waitingRows = perSample((state): Waiting[] => {
  const seen = new Map<string, number>();
  const now = Number(state.sample?.mono_ns ?? 0) / 1e6;
  return (state.sample?.in_flight ?? []).map((row) => {
    const began = Math.round((now - row.waiting_ms) / 100);
    const name = `${row.device} ${row.op} ${row.tid} ${began}`;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return {...row, limits: limits(state, 'block'), key: `${name} ${before}`};
  });
});

const waitingUs = ({waiting_ms}: Waiting) => waiting_ms * 1000;
const ownerOf = ({comm, owner}: Waiting) => comm ?? (owner === 'writeback' ? owner : undefined);

/** What waits for a disk now: seen before it ends, if it ever does. */
export const inFlight: ListPane<Waiting> = {
  kind: 'list',
  id: 'in-flight',
  subsystem: 'block',
  title: 'Requests in flight too long',
  note: () => 'past the threshold, and still waiting',
  rows: waitingRows,
  key: ({key}) => key,
  columns: [
    label(['device', 'DEVICE', 10, 0], ({device}) => device),
    label(['op', 'OP', 7, 1], ({op}) => op),
    figure(['waiting', 'WAITING', 8, 0], waitingUs, duration, {
      token: (row) => latencyToken(waitingUs(row), row.limits),
    }),
    figure(['on-device', 'ON DEV', 8, 2], ({device_ms: ms}) => (ms === undefined ? undefined : ms * 1000), duration),
    figure(['size', 'SIZE', 8, 3], ({size_bytes}) => size_bytes, bytes),
    figure(['pid', 'PID', 8, 1], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 0], ownerOf, {grow: true}),
  ],
  sort: {column: 'waiting', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, device}) => ({pid, comm, type: 'BIO_LATENCY', text: device}),
  empty: (state: State) => whyNothing(state, 'block', 'none: every request is answered in time'),
};

const blameRows = perSample((state): readonly BlameRow[] =>
  state.detail.blame.filter(({subsystem}) => subsystem === 'block'),
);

/** Whose requests kept the disks busy for whom. */
export const diskBlame: ListPane<BlameRow> = {
  kind: 'list',
  id: 'disk-blame',
  subsystem: 'block',
  title: 'Who waits for a disk because of whom',
  note: () => 'slow requests, last 60 s; Enter: the culprit',
  rows: blameRows,
  key: ({victim, culprit}) => `${victim.pid} ${victim.comm} ${culprit.pid} ${culprit.comm}`,
  columns: [
    figure(['victim-pid', 'PID', 8, 1], ({victim}) => victim.pid, String),
    label(['victim', 'WAITED', 16, 0], ({victim}) => victim.comm),
    figure(['wait', 'FOR', 8, 0], (row) => row.wait_us, duration),
    figure(['share', 'SHARE', 6, 2], sharePct, percent),
    figure(['culprit-pid', 'PID', 8, 1], ({culprit}) => culprit.pid, String),
    label(['culprit', 'BECAUSE OF', 16, 0], ({culprit}) => culprit.comm, {grow: true}),
    figure(['parts', 'WAITS', 7, 2], ({waits}) => waits, count),
    figure(['longest', 'WORST', 8, 2], (row) => row.worst_us, duration),
  ],
  sort: {column: 'wait', descending: true},
  pid: ({culprit}) => culprit.pid,
  subject: ({victim, culprit}) => ({...victim, type: 'BIO_LATENCY', text: `${culprit.comm}[${culprit.pid ?? '-'}]`}),
  empty: (state) => whyNothing(state, 'block', 'no slow request of the last minute is blamed on anybody'),
};
