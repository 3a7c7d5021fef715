import type {BlameRow} from '../../types/detail.ts';
import {containerLabel} from '../../util/container-label.ts';
import {count, duration, percent} from '../../util/format.ts';
import {figure, label} from './columns.ts';
import type {ListPane} from './pane.ts';
import {perSample, sharePct, whyNothing} from './shared.ts';

const RESOURCES: Readonly<Record<string, string>> = {sched: 'CPU', block: 'disk'};

/** Which container waits because of which: what is in none is the host's. */
export const containerBlame: ListPane<BlameRow> = {
  kind: 'list',
  id: 'container-blame',
  title: 'Which container waits because of which',
  note: () => 'reported waits, last 60 s',
  rows: perSample((state): readonly BlameRow[] => state.detail.containerBlame),
  key: ({subsystem, victim, culprit}) => `${subsystem} ${victim.container} ${culprit.container}`,
  columns: [
    label(['victim', 'WAITED', 20, 0], ({victim}) => victim.container && containerLabel(victim.container), {
      grow: true,
    }),
    label(['resource', 'FOR A', 6, 1], ({subsystem}) => RESOURCES[subsystem] ?? subsystem),
    figure(['wait', 'TIME', 8, 0], (row) => row.wait_us, duration),
    figure(['share', 'SHARE', 6, 1], sharePct, percent),
    label(['culprit', 'BECAUSE OF', 20, 0], ({culprit}) => culprit.container && containerLabel(culprit.container), {
      grow: true,
    }),
    figure(['parts', 'WAITS', 7, 2], ({waits}) => waits, count),
    figure(['longest', 'WORST', 8, 2], (row) => row.worst_us, duration),
  ],
  sort: {column: 'wait', descending: true},
  subject: ({victim, culprit}) => ({container: victim.container, text: `${victim.container} ${culprit.container}`}),
  empty: (state) => whyNothing(state, 'sched', 'no wait of the last minute has to do with a container'),
};
