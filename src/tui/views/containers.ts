import {LOOP_RESTARTS} from '../../model/restarts.ts';
import type {ContainerRow} from '../../types/stream.ts';
import {containerLabel} from '../../util/container-label.ts';
import {bytes, compact, count, duration, percent} from '../../util/format.ts';
import {figure, label} from '../panes/columns.ts';
import type {ListPane, View} from '../panes/pane.ts';
import {perSample, whyNothing} from '../panes/shared.ts';
import type {Token} from '../theme.ts';

/** A container, over how many seconds its figures were counted, and when it is foretold to be out of memory. */
interface Row {
  row: ContainerRow;
  seconds: number;
  etaS?: number;
}

const rowsOf = perSample(({sample}): readonly Row[] => {
  if (!sample?.containers || sample.interval_ms <= 0) return [];
  const ahead = new Map(sample.predictions?.map(({scope, eta_s}) => [scope, eta_s]));
  const seconds = sample.interval_ms / 1000;
  return sample.containers.map((row) => ({row, seconds, etaS: ahead.get(row.cgroup)}));
});

const perSecond =
  (of: 'cpu_time_ms' | 'run_delay_ms' | 'throttled_ms' | 'throttled_periods', scale = 1) =>
  ({row, seconds}: Row): number | undefined => {
    const value = row[of];
    return value === undefined ? undefined : (value * scale) / seconds;
  };

/** Percent of one CPU's time, as top has it. */
const cpuPct = perSecond('cpu_time_ms', 0.1);
/** Percent of the time, summed over its threads, that they were ready to run and others ran. */
const delayPct = perSecond('run_delay_ms', 0.1);
const throttledPeriods = perSecond('throttled_periods');
const near = ({row}: Row): Token => ((row.utilization_pct ?? 0) >= 90 ? 'heat.warning' : 'text');
const soon = ({etaS = Number.POSITIVE_INFINITY}: Row): Token =>
  etaS < 60 ? 'heat.critical' : etaS < 600 ? 'heat.warning' : 'text';
const killed = ({row}: Row): Token => ((row.oom_kills ?? 0) > 0 ? 'heat.warning' : 'text');
const again = ({row: {restarts = 0}}: Row): Token =>
  restarts >= LOOP_RESTARTS ? 'heat.critical' : restarts > 0 ? 'heat.warning' : 'text';
const lastExit = ({row: {last_exit: last}}: Row) => last && (last.signal_name ?? `code ${last.exit_code}`);
const nameOf = ({row: {container}}: Row) => containerLabel(container);
const podOf = ({row: {container}}: Row) =>
  container.pod && (container.namespace ? `${container.namespace}/${container.pod}` : container.pod);

const list: ListPane<Row> = {
  kind: 'list',
  id: 'containers',
  title: 'Containers',
  note: () => 'percent of one CPU; RUNQ: ready, but others ran; SET: without idle cache',
  rows: rowsOf,
  key: ({row}) => row.cgroup,
  columns: [
    label(['name', 'NAME', 16, 0], nameOf, {grow: true}),
    label(['pod', 'POD', 16, 6], podOf, {grow: true}),
    figure(['cpu', 'CPU', 6, 0], cpuPct, percent),
    figure(['delay', 'RUNQ', 6, 3], delayPct, percent),
    figure(['throttled', 'THROT/S', 7, 2], throttledPeriods, compact, {
      token: (row) => ((throttledPeriods(row) ?? 0) > 0 ? 'heat.warning' : 'text'),
    }),
    figure(['usage', 'MEMORY', 8, 1], ({row}) => row.memory_usage_bytes, bytes),
    figure(['set', 'SET', 8, 3], ({row}) => row.working_set_bytes, bytes),
    figure(['limit', 'LIMIT', 8, 2], ({row}) => row.limit_bytes, bytes),
    figure(['utilization', 'OF LIM', 6, 0], ({row}) => row.utilization_pct, percent, {token: near}),
    figure(['eta', 'OOM IN', 7, 0], ({etaS}) => (etaS === undefined ? undefined : etaS * 1e6), duration, {token: soon}),
    figure(['kills', 'KILLS', 5, 1], ({row}) => row.oom_kills, count, {token: killed}),
    figure(['restarts', 'RESTARTS', 8, 1], ({row}) => row.restarts, count, {token: again}),
    label(['last-exit', 'LAST EXIT', 9, 1], lastExit),
    figure(['processes', 'PROCS', 5, 6], ({row}) => row.processes, count),
    figure(['threads', 'THR', 5, 8], ({row}) => row.threads, count),
    figure(['rss', 'RSS', 8, 6], ({row}) => row.rss_bytes, bytes),
    figure(['hits', 'HITS', 6, 5], ({row}) => row.limit_hits, compact),
    figure(['memory-psi', 'PSI MEM', 7, 4], ({row}) => row.pressure?.memory?.some_avg10_pct, percent),
    figure(['cpu-psi', 'PSI CPU', 7, 7], ({row}) => row.pressure?.cpu?.some_avg10_pct, percent),
    figure(['io-psi', 'PSI IO', 7, 7], ({row}) => row.pressure?.io?.some_avg10_pct, percent),
    label(['runtime', 'RUNTIME', 10, 8], ({row}) => row.container.runtime),
    label(['image', 'IMAGE', 16, 9], ({row}) => row.container.image, {grow: true, keepEnd: true}),
  ],
  sort: {column: 'cpu', descending: true},
  container: ({row: {container, cgroup}}) => ({container, cgroup}),
  subject: ({row: {container, cgroup}}) => ({container, cgroup, text: `${container.name ?? container.id} ${cgroup}`}),
  empty: (state) => whyNothing(state, 'growth', 'no container is to be seen here'),
};

/** Each container's share of the CPUs, its memory against its limit, and what is ahead of it. */
export const containers: View = {
  id: 'containers',
  title: 'Containers',
  places: [{pane: list, weight: 1, min: 4}],
};
