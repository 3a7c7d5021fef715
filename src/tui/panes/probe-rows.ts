import {findProbe} from '../../probes/catalog.ts';
import type {CounterRate} from '../../types/detail.ts';
import type {State} from '../../types/state.ts';
import type {Loss, ProbeInfo} from '../../types/stream.ts';

export interface ProbeRow extends ProbeInfo {
  /** What it found a second over the last sample, delivered or not. */
  per_s?: number;
  /** Its programs' run time: nanoseconds a run and percent of all CPUs, over the last sample. */
  ns?: number;
  cpu_pct?: number;
  loss?: Loss;
  /** Off because nobody asked for it, not by a key or a problem. */
  optional: boolean;
}

/** Every probe with what the last sample says of it. */
export function probeRows(state: State): ProbeRow[] {
  const {probes, detail, loss, sample, header} = state;
  return probes.map((probe) => {
    const counter = (name: string) => detail.rates.find((each) => is(each, name, probe.id));
    const [runs, ns] = [counter('probe_runs')?.per_s, counter('probe_run_ns')?.per_s];
    const cpus = header?.host.cpus ?? 0;
    return {
      ...probe,
      per_s: sample && probe.state !== 'off' ? counter('hits')?.per_s : undefined,
      ns: ns !== undefined && runs !== undefined && runs > 0 ? ns / runs : undefined,
      cpu_pct: ns !== undefined && cpus > 0 ? (100 * ns) / 1e9 / cpus : undefined,
      loss: loss[probe.id],
      optional: findProbe(probe.id)?.default === false,
    };
  });
}

function is({name, labels}: CounterRate, wanted: string, probe: string): boolean {
  return name === wanted && labels.probe === probe;
}
