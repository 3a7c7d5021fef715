import {cpus} from 'node:os';
import {PROBES} from '../probes/catalog.ts';
import type {Counter, FocusPages, FocusSyscall, Histogram, KernelEvent, Loss, Sample, Stamp} from '../types/stream.ts';
import {HostFigures} from './host.ts';
import type {LiveProbes} from './live-probes.ts';
import type {Overhead} from './overhead.ts';
import type {ProbeReader, SampleParts} from './readers/reader.ts';

/** What the probes keep apart of the process that is looked into. */
export interface OfFocus {
  histograms: Histogram[];
  syscalls: FocusSyscall[];
  pages?: FocusPages;
}

export const noFocus = (): OfFocus => ({histograms: [], syscalls: []});

const noParts = (intervalMs: number, focus: OfFocus): SampleParts => ({
  intervalMs,
  histograms: [],
  focus: focus.histograms,
  focusSyscalls: focus.syscalls,
  counters: [],
  accuracy: {},
  processes: [],
  requests: [],
  predictions: [],
  leaks: [],
  containers: [],
});

/** Makes one sample an interval from the kernel's maps and files. Statuses are the model's to fill in. */
export class LiveSampler {
  private readonly host = new HostFigures();
  private readonly cpus = cpus().length;
  private cpuUsage = process.cpuUsage();
  private costNs = 0;

  constructor(
    private readonly probes: LiveProbes,
    /** By probe; one that has none adds only its counts. */
    private readonly readers: Readonly<Record<string, ProbeReader>>,
    /** Events delivered by probe. */
    private readonly delivered: ReadonlyMap<string, number>,
    private readonly ringBytes: number,
    private readonly overhead: Overhead,
  ) {
    this.host.host();
  }

  /**
   * The interval's sample, and the events that probes of files alone found in it. `focus` gets the distributions and the
   * system calls of the process that is looked into.
   */
  sample(stamp: Stamp, intervalMs: number, found: (event: KernelEvent) => void, focus: OfFocus = noFocus()): Sample {
    const parts = noParts(intervalMs, focus);
    const own = this.overhead.sampling(() => {
      for (const {id} of PROBES) this.read(id, parts);
      return this.probes.sampleFiles(parts, stamp, intervalMs);
    });
    for (const event of own) found(event);
    for (const {id} of PROBES) parts.counters.push(...this.countersOf(id));
    const pressure = this.host.pressure();
    const self = this.self(intervalMs);
    parts.counters.push(...this.overhead.counters());
    const {histograms, counters, accuracy, processes, requests, predictions, leaks, containers} = parts;
    const time_bucket = Math.floor(Date.parse(stamp.time) / 1000);
    return {
      kind: 'sample',
      ...stamp,
      interval_ms: intervalMs,
      host: this.host.host(),
      subsystems: {},
      histograms,
      counters,
      ...(processes.length > 0 && {
        processes: processes.map((row) => ({time_bucket, ...row})),
      }),
      ...(containers.length > 0 && {containers: containers.map((row) => ({time_bucket, ...row}))}),
      ...(predictions.length > 0 && {predictions}),
      ...(leaks.length > 0 && {leaks}),
      ...(requests.length > 0 && {in_flight: requests}),
      ...(pressure && {pressure}),
      self,
      loss: this.loss(),
      ...(Object.keys(accuracy).length > 0 && {accuracy}),
    };
  }

  /** Takes what figures of the first interval are compared with. */
  begin(): void {
    const parts = noParts(0, noFocus());
    this.overhead.sampling(() => this.read('tasks', parts));
  }

  close(): void {
    this.host.close();
    for (const reader of Object.values(this.readers)) reader.close?.();
  }

  private read(id: string, parts: SampleParts): void {
    if (!this.probes.isNative(id)) return;
    this.probes.snapshot(id, (view, counts) => this.readers[id]?.read(view, counts, parts));
  }

  /** The kernel's own count of what a probe found, and how much of it has been delivered. */
  private countersOf(id: string): Counter[] {
    const hits = this.probes.hitsOf(id);
    if (hits === undefined) return [];
    return [
      {name: 'hits', labels: {probe: id}, value: hits},
      {name: 'delivered', labels: {probe: id}, value: this.delivered.get(id) ?? 0},
    ];
  }

  private loss(): Record<string, Loss> {
    const loss: Record<string, Loss> = {};
    for (const {id} of PROBES) {
      const counts = this.probes.countsOf(id);
      if (this.probes.hitsOf(id) === undefined) continue;
      loss[id] = {held: counts?.held ?? 0, lost: counts?.lost ?? 0, missed: this.probes.missedOf(id)};
    }
    return loss;
  }

  private self(intervalMs: number): Sample['self'] {
    const used = process.cpuUsage(this.cpuUsage);
    this.cpuUsage = process.cpuUsage();
    const before = this.costNs;
    this.costNs = this.overhead.totalNs();
    const costMs = (this.costNs - before) / 1e6;
    const maps = PROBES.reduce((sum, {id}) => sum + (this.probes.countsOf(id)?.mapBytes ?? 0), this.ringBytes);
    return {
      ...(intervalMs > 0 && {cpu_pct: Math.round(((used.user + used.system) / 1000 / intervalMs) * 10_000) / 100}),
      ...residentBytes(),
      ...(intervalMs > 0 && {kernel_cpu_pct: Math.round((costMs / intervalMs / this.cpus) * 100 * 1000) / 1000}),
      map_bytes: maps,
    };
  }
}

/** Own memory; absent without /proc or a descriptor to read it by. */
function residentBytes(): {rss_bytes?: number} {
  try {
    return {rss_bytes: process.memoryUsage.rss()};
  } catch {
    return {};
  }
}
