import type {ProbeCounts} from '../../native/snapshot.ts';
import type {Counter} from '../../types/stream.ts';
import {ProcFile} from '../host.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** The lines `name value` of /proc/vmstat that are asked for; undefined for those that this kernel doesn't keep. */
export function vmstat(text: string, names: readonly string[]): (number | undefined)[] {
  const values = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]));
  return names.map((name) => {
    const value = values.get(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  });
}

/** The whole host's counts since it started, from what the kernel keeps anyway. */
export function faultCounters(text: string): Counter[] {
  const [all, major, swapIn, swapOut] = vmstat(text, ['pgfault', 'pgmajfault', 'pswpin', 'pswpout']);
  // The two are summed over the CPUs one after the other, so that a fault between them may be in one only.
  const minor = all === undefined || major === undefined ? undefined : Math.max(0, all - major);
  const counters: [name: string, labels: Record<string, string>, value: number | undefined][] = [
    ['page_faults', {kind: 'major'}, major],
    ['page_faults', {kind: 'minor'}, minor],
    ['swap_pages', {direction: 'in'}, swapIn],
    ['swap_pages', {direction: 'out'}, swapOut],
  ];
  return counters.flatMap(([name, labels, value]) => (value === undefined ? [] : [{name, labels, value}]));
}

/** Page faults and swapped pages of the host, beside the events of major faults. */
export class FaultsReader implements ProbeReader {
  private readonly file = new ProcFile('/proc/vmstat');

  /** `wanted`: not while the probe is off, nor under a filter, where the host's counts would pass for its tasks'. */
  constructor(private readonly wanted: () => boolean) {}

  read(_view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    const text = this.wanted() ? this.file.read() : undefined;
    if (text !== undefined) into.counters.push(...faultCounters(text));
  }

  close(): void {
    this.file.close();
  }
}
