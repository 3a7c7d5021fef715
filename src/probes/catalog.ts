import type {SubsystemName} from '../types/stream.ts';

/**
 * A probe, described once. Its attach chain is described once too, in native/chains.c, under the same id.
 * `types` are the event types it emits; `warnUs`/`critUs` the default thresholds in microseconds where it has one.
 */
export interface ProbeSpec {
  id: string;
  subsystem: SubsystemName;
  types: string[];
  default: boolean;
  help: string;
  warnUs?: number;
  critUs?: number;
}

export const PROBES: readonly ProbeSpec[] = [
  {
    id: 'sched',
    subsystem: 'sched',
    types: ['SCHED_LATENCY'],
    default: true,
    help: 'run-queue latency: how long a runnable task waited for a CPU',
    warnUs: 1000,
    critUs: 10_000,
  },
  {
    id: 'block',
    subsystem: 'block',
    types: ['BIO_LATENCY'],
    default: true,
    help: 'block request latency, queue and device time apart',
    warnUs: 10_000,
    critUs: 100_000,
  },
  {
    id: 'oom',
    subsystem: 'memory',
    types: ['OOM_KILL'],
    default: true,
    help: 'processes killed by the OOM killer',
  },
  {
    id: 'retransmit',
    subsystem: 'network',
    types: ['TCP_RETRANSMIT'],
    default: true,
    help: 'TCP segments sent again',
  },
];

/** Bounds of a warning threshold in microseconds: 1 µs to the histogram's end. */
export const THRESHOLD_MIN_US = 1;
export const THRESHOLD_MAX_US = 60_000_000;

export function findProbe(id: string): ProbeSpec | undefined {
  return PROBES.find((probe) => probe.id === id);
}
