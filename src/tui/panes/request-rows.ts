import type {State} from '../../types/state.ts';
import type {RequestInFlight} from '../../types/stream.ts';
import {bytes, duration} from '../../util/format.ts';
import {blameList} from './blame-list.ts';
import {figure, label} from './columns.ts';
import type {Limits} from './histogram.ts';
import type {ListPane} from './pane.ts';
import {latencyToken, limits, perSample, whyNothing} from './shared.ts';

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

/** Whose requests kept the disks busy for whom. */
export const diskBlame = blameList({
  subsystem: 'block',
  id: 'disk-blame',
  title: 'Who waits for a disk because of whom',
  culprit: 'BECAUSE OF',
  note: 'slow requests, last 60 s; Enter: the culprit',
  type: 'BIO_LATENCY',
  quiet: 'no slow request of the last minute is blamed on anybody',
});
