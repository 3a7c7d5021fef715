import {type DropReasons, dropClass} from '../../native/drop-reasons.ts';
import {type ProbeCounts, readDropRows} from '../../native/snapshot.ts';
import {BoundedCounters} from './bounded-counters.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** Namespaces and reasons that a sample names; the drops of further ones are counted without their namespace. */
const NAMED_MAX = 512;

/** Dropped packets by reason, class and network namespace. */
export class DropReader implements ProbeReader {
  private readonly counters = new BoundedCounters(NAMED_MAX);
  private readonly last = new Map<string, number>();

  constructor(private readonly reasons: () => DropReasons) {}

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const reasons = this.reasons();
    for (const {beyond, netns, reason, count, dropClass: kind} of readDropRows(view)) {
      if (!beyond) this.add(reasons.name(reason), reasons.classOf(reason), netns, count);
      else if (count > 0) this.add('OTHER', dropClass(kind), 0, count);
    }
    into.counters.push(...this.counters.take());
  }

  private add(reason: string, kind: string, netns: number, count: number): void {
    const unplaced = {reason, class: kind};
    const key = `${reason} ${kind} ${netns}`;
    const grown = count - (this.last.get(key) ?? 0);
    this.last.set(key, count);
    this.counters.add('packet_drops', netns > 0 ? {...unplaced, netns: String(netns)} : unplaced, unplaced, grown);
  }
}
