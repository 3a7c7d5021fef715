import {endText} from '../../../model/restarts.ts';
import type {State} from '../../../types/state.ts';
import type {ContainerRow, PredictionRow, ProcessRow, Psi} from '../../../types/stream.ts';
import {bytes, count, duration, percent, rate, span} from '../../../util/format.ts';
import type {Theme} from '../../theme.ts';
import type {ContainerTarget} from '../pane.ts';
import {paintRows, type Row} from '../pid/figures.ts';
import {rowOf} from './identity.ts';

const shown = <T>(value: T | undefined, how: (value: T) => string): string => (value === undefined ? '-' : how(value));

/** What the figures pane's title says they are of. */
export const containerTitle = ({sample}: State): string =>
  sample && sample.interval_ms > 0
    ? `Figures of ${span(Number((sample.interval_ms / 1000).toPrecision(2)))}`
    : 'Figures';

/** Its figures of the last sample; `-` is unknown. */
export function paintContainerFigures(
  target: ContainerTarget,
  state: State,
  theme: Theme,
  width: number,
  height: number,
): string[] {
  const {sample} = state;
  const row = rowOf(state, target);
  const seconds = (sample?.interval_ms ?? 0) / 1000;
  const its = sample?.processes?.filter(({container}) => container?.id === target.container.id) ?? [];
  const cgroup = row?.cgroup ?? target.cgroup;
  const ahead = sample?.predictions?.find(({scope}) => scope === cgroup);
  const rows: Row[] = [...ofCpu(row, its, seconds), ...ofMemory(row, ahead), ...ofPressure(row), ...ofLives(row)];
  return paintRows(rows, theme, width, height);
}

function ofCpu(row: ContainerRow | undefined, its: readonly ProcessRow[], seconds: number): Row[] {
  const perSecond = (value: number | undefined, how: (value: number) => string): string =>
    value === undefined || seconds <= 0 ? '-' : how(value / seconds);
  const delay = its.reduce((sum, {run_delay_ms = 0}) => sum + run_delay_ms, 0);
  const waits = perSecond(its.length > 0 ? delay : undefined, (ms) => `${duration(ms * 1000)} a second`);
  const throttled = perSecond(row?.throttled_ms, (ms) => `${duration(ms * 1000)} a second`);
  const periods = perSecond(row?.throttled_periods, (each) => `, ${rate(each)} periods`);
  return [
    ['CPU', perSecond(row?.cpu_time_ms, (ms) => `${percent(ms / 10)} of one CPU`)],
    ['CPU waits', its.length > 0 ? `${waits}, of the ${count(its.length)} processes below` : waits],
    ['throttled', throttled === '-' ? throttled : `${throttled}${periods === '-' ? '' : periods}`],
  ];
}

function ofMemory(row: ContainerRow | undefined, ahead: PredictionRow | undefined): Row[] {
  const {memory_usage_bytes: usage, working_set_bytes: set, limit_bytes: limit} = row ?? {};
  const share = row?.utilization_pct === undefined ? '' : `, ${percent(row.utilization_pct)} of it in use`;
  const without = set === undefined ? '' : `, ${bytes(set)} without idle cache`;
  // Whose memory nobody has read has no known limit either.
  const most = limit === undefined ? (usage === undefined ? '-' : 'none') : bytes(limit);
  const rows: Row[] = [
    ['memory', usage === undefined ? '-' : `${bytes(usage)}${without}`],
    ['its limit', `${most}${share}; met: ${shown(row?.limit_hits, count)}`],
    ['OOM kills', shown(row?.oom_kills, count)],
  ];
  if (ahead) rows.push(['OOM in', foretold(ahead)]);
  return rows;
}

const foretold = ({eta_s, eta_low_s, eta_high_s, confidence_pct, comm}: PredictionRow): string =>
  `${span(Math.round(eta_s))} (${span(Math.round(eta_low_s))} to ${span(Math.round(eta_high_s))}), ` +
  `${percent(confidence_pct)} sure${comm === undefined ? '' : `; ${comm} grows`}`;

/** How often its main process began again, and how it ended last. */
function ofLives({restarts, last_exit: last}: Partial<ContainerRow> = {}): Row[] {
  return [['restarts', `${shown(restarts, count)}${last ? `, last after ${endText(last)}` : ''}`]];
}

/** Percent of the last 10 s in which some of its tasks stalled, and in which all did. */
function ofPressure({pressure}: Partial<ContainerRow> = {}): Row[] {
  const stalls = (psi: Psi | undefined): string =>
    `${shown(psi?.some_avg10_pct, percent)}/${shown(psi?.full_avg10_pct, percent)}`;
  return [
    ['stalls', `CPU ${stalls(pressure?.cpu)}, mem ${stalls(pressure?.memory)}, I/O ${stalls(pressure?.io)} (some/all)`],
  ];
}
