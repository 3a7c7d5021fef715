import {type ProbeCounts, readWakeupRows} from '../../native/snapshot.ts';
import type {ProbeReader} from './reader.ts';

/** How often each process was woken up in the interval; the process table puts it into its rows. */
export class WakeupsReader implements ProbeReader {
  private last: Map<string, number> | undefined;
  private grown: Map<number, number> | undefined;

  /** `isOn`: a probe that is off counts nothing, which isn't 0. */
  constructor(private readonly isOn: () => boolean) {}

  read(view: DataView, _counts: ProbeCounts): void {
    const {last} = this;
    const now = new Map<string, number>();
    const grown = new Map<number, number>();
    for (const {pid, startNs, count} of readWakeupRows(view)) {
      const key = `${pid} ${startNs}`;
      now.set(key, count);
      const before = last?.get(key) ?? 0;
      // One that made room for others meanwhile began anew.
      grown.set(pid, (grown.get(pid) ?? 0) + (count < before ? count : count - before));
    }
    this.last = this.isOn() ? now : undefined;
    this.grown = last && this.last ? grown : undefined;
  }

  /** Undefined while it isn't known. */
  of(pid: number): number | undefined {
    return this.grown && (this.grown.get(pid) ?? 0);
  }
}
