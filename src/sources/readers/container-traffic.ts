import {type ProbeCounts, readTrafficRows, type TrafficRow} from '../../native/snapshot.ts';
import {BoundedCounters} from './bounded-counters.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** Cgroups that a sample names; what further ones receive and send is summed as `other`. */
const NAMED_MAX = 256;
const FIGURES = [
  ['container_net_bytes', 'rx', 'rxBytes'],
  ['container_net_packets', 'rx', 'rxPackets'],
  ['container_net_bytes', 'tx', 'txBytes'],
  ['container_net_packets', 'tx', 'txPackets'],
] as const;

/** Bytes and packets by the cgroup of the socket. */
export class ContainerTrafficReader implements ProbeReader {
  private readonly counters = new BoundedCounters(NAMED_MAX * FIGURES.length);
  /** The rows of the last snapshot, with the paths: a cgroup that has been removed keeps the one it had. */
  private last = new Map<bigint, {row: TrafficRow; cgroup: string}>();

  /** `pathOf`: of a cgroup by its id, while it exists. */
  constructor(private readonly pathOf: (id: bigint) => string | undefined) {}

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const now = new Map<bigint, {row: TrafficRow; cgroup: string}>();
    for (const row of readTrafficRows(view)) {
      // A cgroup that is pushed out while the map is read makes the reading begin anew.
      if (now.has(row.cgroup)) continue;
      const before = this.last.get(row.cgroup);
      // `gone`: removed before its path could be looked up.
      const cgroup = before?.cgroup ?? this.pathOf(row.cgroup) ?? 'gone';
      now.set(row.cgroup, {row, cgroup});
      for (const [name, direction, field] of FIGURES) {
        const grown = grownBy(before?.row[field] ?? 0, row[field]);
        this.counters.add(name, {cgroup, direction}, {cgroup: 'other', direction}, grown);
      }
    }
    this.last = now;
    into.counters.push(...this.counters.take());
  }
}

/** The map makes room for the busy: a cgroup that was pushed out and comes back begins at 0. */
function grownBy(before: number, now: number): number {
  return now >= before ? now - before : now;
}
