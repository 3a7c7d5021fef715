import type {State} from '../../types/state.ts';
import type {ProcessRow, Sample} from '../../types/stream.ts';

/** A process, or several summed up, and over how many seconds its figures were counted. */
export interface Row {
  process: Omit<ProcessRow, 'pid'> & {pid?: number};
  seconds: number;
  /** How many processes its container has, those too that the sample leaves out. */
  inContainer?: number;
  /** Of the heading of a container. `processes`: those that stand below. */
  heading?: {key: string; processes: number};
}

const ofSample = new WeakMap<Sample, Row[]>();

/** A row for each process of the last sample. */
export function processRows({sample}: State): readonly Row[] {
  if (!sample?.processes || sample.interval_ms <= 0) return [];
  let rows = ofSample.get(sample);
  if (!rows) {
    const seconds = sample.interval_ms / 1000;
    const all = new Map(sample.containers?.map(({container, processes}) => [container.id, processes]));
    rows = sample.processes.map((process) => ({
      process,
      seconds,
      inContainer: process.container && all.get(process.container.id),
    }));
    ofSample.set(sample, rows);
  }
  return rows;
}
