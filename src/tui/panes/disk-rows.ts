import {percentile} from '../../model/percentile.ts';
import {merge} from '../../model/status/timeline.ts';
import type {DeviceRow} from '../../types/detail.ts';
import type {Distribution, State} from '../../types/state.ts';
import type {Histogram, VfsOp} from '../../types/stream.ts';
import type {Limits} from './histogram.ts';
import {isOn, limits, perSample} from './shared.ts';

/** Figures of a kind of requests or calls: a second over the last sample, percentiles over the last 60 s. */
export interface Latencies {
  per_s?: number;
  p50?: number;
  p99?: number;
  max?: number;
}

export interface Device extends DeviceRow {
  all: Latencies;
  read: Latencies;
  write: Latencies;
  limits: Limits;
}

export interface FileOp extends Latencies {
  op: VfsOp;
  limits: Limits;
}

const OPS: readonly VfsOp[] = ['read', 'write', 'fsync', 'open'];

/** One row a device that had requests in the last minute. */
export const deviceRows = perSample((state: State): Device[] => {
  const {detail, recent, sample} = state;
  const block = limits(state, 'block');
  const before = byDevice(recent);
  const now = byDevice(sample?.histograms ?? []);
  return detail.devices.map((row) => {
    const of = (wanted?: string) => {
      const is = ({labels: {op}}: Pick<Histogram, 'labels'>) => wanted === undefined || op === wanted;
      const [old = [], fresh = []] = [before.get(row.device), now.get(row.device)];
      return latencies(old.filter(is), fresh.filter(is), sample?.interval_ms);
    };
    return {...row, all: of(), read: of('read'), write: of('write'), limits: block};
  });
});

function byDevice<T extends Pick<Histogram, 'name' | 'labels'>>(all: readonly T[]): Map<string, T[]> {
  return Map.groupBy(
    all.filter(({name}) => name === 'block'),
    ({labels}) => labels.device ?? '',
  );
}

/** One row an operation, also for those that nobody used; none while nothing looks. */
export const fileOps = perSample((state: State): FileOp[] => {
  const {recent, sample, probes} = state;
  const vfs = limits(state, 'vfs');
  const known = probes.some((probe) => probe.id === 'vfs' && isOn(probe)) || recent.some(({name}) => name === 'vfs');
  if (!known || !sample) return [];
  return OPS.map((op) => {
    const is = ({name, labels}: {name: string; labels: Record<string, string>}) => name === 'vfs' && labels.op === op;
    return {op, limits: vfs, ...latencies(recent.filter(is), sample.histograms.filter(is), sample.interval_ms)};
  });
});

function latencies(recent: Distribution[], now: Histogram[] = [], intervalMs = 0): Latencies {
  const n = now.reduce((sum, {count}) => sum + count, 0);
  const per_s = intervalMs > 0 ? (n * 1000) / intervalMs : undefined;
  const all = merge(recent);
  if (!all) return {per_s};
  return {per_s, p50: percentile(all, 0.5), p99: percentile(all, 0.99), max: all.max > 0 ? all.max : undefined};
}
