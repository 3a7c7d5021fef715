import type {BioLatencyEvent, SchedLatencyEvent, SubsystemName, VfsSlowEvent} from '../../../src/types/stream.ts';
import type {Kstop} from './kstop.ts';

/** An event is judged for 60 s and its status clears 30 s later. */
const JUDGED_NS = 90_000_000_000n;

export type Judged = SchedLatencyEvent | BioLatencyEvent | VfsSlowEvent;

const TYPES: Partial<Record<SubsystemName, Judged['type']>> = {
  sched: 'SCHED_LATENCY',
  block: 'BIO_LATENCY',
  vfs: 'VFS_SLOW',
};

/**
 * The events that a subsystem's status may rest on at a monotonic time (ns): critical ones, and where few are enough for
 * a percentile (block, vfs) warnings. `beneath`: those that nobody on this machine made. A shared virtual machine's own
 * disk may be truly slow, and its CPUs may not be run: then a task waits for one that idles, or while as much time was
 * stolen as half its wait (/proc/stat). The test's own runner is no part of the host, either. `isOurs` says whose file it was.
 */
export function judged(
  kstop: Kstop,
  name: SubsystemName,
  atNs: bigint,
  isOurs: (path: string | undefined) => boolean,
): {ours: Judged[]; beneath: Judged[]} {
  const type = TYPES[name];
  const all: Judged[] = type ? kstop.events(type) : [];
  const recent = all.filter(
    ({severity, mono_ns}) =>
      (severity === 'critical' || (severity === 'warning' && name !== 'sched')) &&
      BigInt(mono_ns) > atNs - JUDGED_NS &&
      BigInt(mono_ns) <= atNs,
  );
  const parts = Map.groupBy(recent, (event) => isBeneath(kstop, event, isOurs));
  return {ours: parts.get(false) ?? [], beneath: parts.get(true) ?? []};
}

function isBeneath(kstop: Kstop, event: Judged, isOurs: (path: string | undefined) => boolean): boolean {
  if (event.type === 'BIO_LATENCY') return !/^(loop|nullb)/.test(event.device ?? '');
  if (event.type === 'VFS_SLOW') return !isOurs(event.path);
  // The collector of the runner's V8 has threads that wait for each other.
  if (event.pid === process.pid || event.pid === process.ppid) return true;
  return (event.prev_pid === 0 && event.cause === 'queue') || stolenMs(kstop, event) >= event.latency_us / 2000;
}

/** What was stolen of all CPUs' time in the samples that saw the wait. */
function stolenMs(kstop: Kstop, {mono_ns, latency_us}: SchedLatencyEvent): number {
  const end = Number(mono_ns) / 1e6;
  const seen = kstop.samples.filter((sample) => {
    const at = Number(sample.mono_ns) / 1e6;
    return at >= end - latency_us / 1000 && at - sample.interval_ms <= end;
  });
  const {cpus} = kstop.header.host;
  return seen.reduce((sum, {host, interval_ms}) => sum + ((host.steal_pct ?? 0) / 100) * interval_ms * cpus, 0);
}
