import type {BlameRow} from '../../types/detail.ts';
import type {SubsystemName} from '../../types/stream.ts';
import {containerLabel} from '../../util/container-label.ts';
import {count, duration, percent} from '../../util/format.ts';
import {figure, label} from './columns.ts';
import type {ListPane} from './pane.ts';
import {perSample, sharePct, whyNothing} from './shared.ts';

/** What tells one list of victims and culprits from another. */
interface Kind {
  subsystem: SubsystemName;
  id: string;
  title: string;
  /** Heading of the culprits. */
  culprit: string;
  note: string;
  /** Type of the events that it is made of, for the filter. */
  type: string;
  /** Why there is nothing, while the probe runs. */
  quiet: string;
}

const containerOf = (name: string | undefined) => name && containerLabel(name);

/** Who waits because of whom in a subsystem. Enter looks into the culprit. */
export function blameList({subsystem, id, title, culprit: heading, note, type, quiet}: Kind): ListPane<BlameRow> {
  return {
    kind: 'list',
    id,
    subsystem,
    title,
    note: () => note,
    rows: perSample((state): readonly BlameRow[] => state.detail.blame.filter((row) => row.subsystem === subsystem)),
    key: ({victim, culprit}) => `${victim.pid} ${victim.comm} ${culprit.pid} ${culprit.comm}`,
    columns: [
      figure(['victim-pid', 'PID', 8, 1], ({victim}) => victim.pid, String),
      label(['victim', 'WAITED', 16, 0], ({victim}) => victim.comm),
      figure(['wait', 'FOR', 8, 0], (row) => row.wait_us, duration),
      figure(['share', 'SHARE', 6, 2], sharePct, percent),
      figure(['culprit-pid', 'PID', 8, 1], ({culprit}) => culprit.pid, String),
      label(['culprit', heading, 16, 0], ({culprit}) => culprit.comm, {grow: true}),
      figure(['parts', 'WAITS', 7, 2], ({waits}) => waits, count),
      figure(['longest', 'WORST', 8, 2], (row) => row.worst_us, duration),
      label(['victim-container', 'ITS CONTAINER', 14, 4], ({victim}) => containerOf(victim.container)),
      label(['culprit-container', 'OF CONTAINER', 14, 4], ({culprit}) => containerOf(culprit.container)),
    ],
    sort: {column: 'wait', descending: true},
    pid: ({culprit}) => culprit.pid,
    subject: ({victim, culprit}) => ({...victim, type, text: `${culprit.comm}[${culprit.pid ?? '-'}]`}),
    empty: (state) => whyNothing(state, subsystem, quiet),
  };
}
