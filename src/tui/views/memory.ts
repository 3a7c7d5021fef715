import type {Faulter} from '../../types/detail.ts';
import type {ContainerRef, LeakRow, OomKillEvent, PredictionRow} from '../../types/stream.ts';
import {containerLabel} from '../../util/container-label.ts';
import {bytes, count, duration, percent, span} from '../../util/format.ts';
import {fromZero, paintChart} from '../panes/chart.ts';
import {figure, label} from '../panes/columns.ts';
import type {CanvasPane, Column, ListPane, View} from '../panes/pane.ts';
import {paintRates} from '../panes/rates-pane.ts';
import {perSample, sentence, whyNothing} from '../panes/shared.ts';
import type {Token} from '../theme.ts';
import {clockOf} from './clock.ts';
import {sinceOf} from './leak.ts';

/** Pressure that is drawn as high as the pane at least (percent). */
const LEAST_PCT = 10;

const pressure: CanvasPane = {
  kind: 'canvas',
  id: 'memory-pressure',
  title: ({detail, sample}) => {
    const {some_avg10_pct: some, full_avg10_pct: full} = sample?.pressure?.memory ?? {};
    const now = (value: number | undefined) => (value === undefined ? '-' : percent(value));
    const period = span(Math.max(1, detail.trends.memory_some_pct.length));
    return `Stalled for memory: some ${now(some)}, all ${now(full)}; ${period}`;
  },
  paint({detail, sample}, theme, width, height) {
    const {memory_some_pct: some, memory_full_pct: full} = detail.trends;
    const all = [...some, ...full];
    if (all.every((value) => value === undefined))
      return sentence(
        sample ? 'this kernel says nothing of pressure (no PSI)' : 'waiting for the first sample',
        theme,
        width,
      );
    const series = [
      {name: 'some tasks', values: some, token: 'spark' as const},
      {name: 'all tasks', values: full, token: 'heat.warning' as const, mark: '•'},
    ];
    return paintChart(series, fromZero(all, percent, LEAST_PCT), theme, width, height);
  },
};

const faults: CanvasPane = {
  kind: 'canvas',
  id: 'fault-rates',
  title: ({detail}) => `Page faults and swapped pages, ${span(Math.max(1, detail.trends.major_faults_per_s.length))}`,
  paint(state, theme, width) {
    const {trends} = state.detail;
    if ([...trends.major_faults_per_s, ...trends.minor_faults_per_s].every((value) => value === undefined))
      return sentence(whyNothing(state, 'faults', 'no second sample yet'), theme, width);
    const rows = [
      ['major faults', 'major_faults_per_s'],
      ['minor faults', 'minor_faults_per_s'],
      ['swapped in', 'swap_in_per_s'],
      ['swapped out', 'swap_out_per_s'],
    ] as const;
    return paintRates(rows, state, theme, width);
  },
};

const faulters: ListPane<Faulter> = {
  kind: 'list',
  id: 'faulters',
  title: 'Who faults most',
  note: () => 'page faults, last 60 s',
  rows: ({detail}) => detail.faulters,
  key: ({pid, comm}) => String(pid ?? comm),
  columns: [
    figure(['pid', 'PID', 8, 1], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 0], ({comm}) => comm, {grow: true}),
    figure(['major', 'MAJOR', 8, 0], ({major}) => major, count),
    figure(['minor', 'MINOR', 10, 0], ({minor}) => minor, count),
    figure(['worst', 'WORST', 8, 2], (row) => row.worst_us, duration),
  ],
  sort: {column: 'major', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container}) => ({pid, comm, container, type: 'PAGE_FAULT'}),
  empty: (state) => whyNothing(state, 'faults', 'no process had faults in the last minute'),
};

/** The container, else the cgroup's path, of which the end says most. */
function where<Row extends {container?: ContainerRef}>(path: (row: Row) => string | undefined): Column<Row> {
  const known = ({container}: Row) => container && containerLabel(container);
  return label(['where', 'WHERE', 14, 0], (row) => known(row) ?? path(row), {grow: true, keepEnd: true});
}

/** Newest first. */
const oomRows = perSample(({detail}): OomKillEvent[] => [...detail.ooms].reverse());

const ooms: ListPane<OomKillEvent> = {
  kind: 'list',
  id: 'oom-log',
  title: 'OOM kills',
  note: () => 'newest first',
  rows: oomRows,
  key: (row) => `${row.mono_ns} ${row.victim_pid}`,
  columns: [
    label(['time', 'TIME', 9, 1], ({time}) => clockOf(time)),
    figure(['pid', 'PID', 7, 0], (row) => row.victim_pid, String),
    label(['comm', 'COMMAND', 16, 0], (row) => row.victim_comm),
    figure(['rss', 'RESIDENT', 8, 0], (row) => row.rss_bytes, bytes),
    label(['constraint', 'LIMIT OF', 8, 2], ({constraint}) => constraint),
    figure(['limit', 'LIMIT', 8, 2], (row) => row.limit_bytes, bytes),
    where((row) => row.memcg ?? row.cgroup),
    label(['trigger', 'ASKED BY', 16, 3], (row) => row.trigger_comm),
    label(['memcg', 'CGROUP', 12, 4], ({memcg, cgroup}) => memcg ?? cgroup, {grow: true, keepEnd: true}),
  ],
  pid: (row) => row.victim_pid,
  subject: (row) => ({
    pid: row.victim_pid,
    comm: row.victim_comm,
    type: row.type,
    severity: row.severity,
    container: row.container,
    cgroup: row.cgroup,
    text: row.memcg ?? row.cgroup,
  }),
  empty: (state) => whyNothing(state, 'oom', 'nothing was killed'),
};

const predictionRows = perSample(({sample}): readonly PredictionRow[] => sample?.predictions ?? []);
const seconds = (s: number) => duration(s * 1e6);
/** Below ten minutes and below one, as the status has it. */
const nearness = ({eta_s}: PredictionRow): Token =>
  eta_s < 60 ? 'heat.critical' : eta_s < 600 ? 'heat.warning' : 'text';

/** Who grows most below it. */
const most = ({growers, pid, comm}: PredictionRow) => growers?.[0] ?? {pid, comm};

const predictions: ListPane<PredictionRow> = {
  kind: 'list',
  id: 'predictions',
  title: 'Out of memory soon',
  note: () => 'if it grows on; SURE: that it comes within FROM-TO',
  rows: predictionRows,
  key: ({scope}) => scope,
  columns: [
    figure(['eta', 'IN', 7, 0], ({eta_s}) => eta_s, seconds, {token: nearness}),
    {
      ...figure<PredictionRow>(['within', 'FROM-TO', 11, 1], (row) => row.eta_low_s, seconds),
      text: (row) => `${seconds(row.eta_low_s)}-${seconds(row.eta_high_s)}`,
    },
    figure(['confidence', 'SURE', 5, 1], (row) => row.confidence_pct, percent),
    figure(['growth', 'GROWTH/S', 9, 2], (row) => row.growth_bytes_per_s, bytes),
    figure(['usage', 'USAGE', 8, 3], (row) => row.usage_bytes, bytes),
    figure(['limit', 'LIMIT', 8, 3], (row) => row.limit_bytes, bytes),
    where(({scope}) => scope),
    label(['comm', 'BY', 16, 1], (row) => most(row).comm),
    figure(['pid', 'PID', 8, 3], (row) => most(row).pid, String),
    figure(['by-growth', 'BY/S', 8, 4], ({growers}) => growers?.[0]?.growth_bytes_per_s, bytes),
    figure(['share', 'SHARE', 5, 4], ({growers}) => growers?.[0]?.share_pct, percent),
    label(['scope', 'CGROUP', 14, 5], ({scope}) => scope, {grow: true, keepEnd: true}),
  ],
  sort: {column: 'eta', descending: false},
  pid: (row) => most(row).pid,
  subject: (row) => ({...most(row), container: row.container, type: 'OOM_PREDICTION', text: row.scope}),
  empty: (state) => whyNothing(state, 'growth', 'nothing grows towards its limit'),
};

type Leak = LeakRow & {since: string};

const leakRows = perSample(({sample}): readonly Leak[] =>
  (sample?.leaks ?? []).map((row) => ({...row, since: sinceOf(sample?.time, row)})),
);

const leaks: ListPane<Leak> = {
  kind: 'list',
  id: 'leaks',
  title: 'Only grows',
  note: () => 'for ten minutes or longer, without a fall',
  rows: leakRows,
  key: ({scope, pid}) => scope ?? String(pid),
  columns: [
    figure(['growth', 'GROWTH/S', 9, 0], (row) => row.growth_bytes_per_s, bytes),
    label(['since', 'SINCE', 9, 0], ({since}) => since),
    figure(['grown', 'GROWN', 8, 1], (row) => row.grown_bytes, bytes),
    figure(['pid', 'PID', 8, 1], ({pid}) => pid, String),
    label(['comm', 'COMMAND', 16, 0], ({comm}) => comm),
    where(({scope}) => scope),
    label(['scope', 'CGROUP', 10, 3], ({scope}) => scope, {grow: true, keepEnd: true}),
  ],
  sort: {column: 'growth', descending: true},
  pid: ({pid}) => pid,
  subject: ({pid, comm, container, scope}) => ({pid, comm, container, type: 'LEAK', text: scope}),
  empty: (state) => whyNothing(state, 'growth', 'nothing has only grown for ten minutes'),
};

/** Whether memory is short, who will be killed for it, who was, what only grows, and who reads it back: the first where there is little room. */
export const memory: View = {
  id: 'memory',
  title: 'Memory',
  subsystem: 'memory',
  places: [
    {pane: pressure, weight: 3, min: 6, beside: {pane: predictions, weight: 3, min: 4}},
    {pane: ooms, weight: 2, min: 4, beside: {pane: leaks, weight: 2, min: 4}},
    {pane: faults, weight: 3, min: 5, beside: {pane: faulters, weight: 3, min: 4}},
  ],
};
