import type {Engine} from '../native/engine.ts';
import {readHistRows, readNetnsRows} from '../native/snapshot.ts';
import {PROBES} from '../probes/catalog.ts';
import type {Counter, Histogram, Loss, Sample, Stamp} from '../types/stream.ts';
import {ProbeCost} from './cost.ts';
import {HostFigures} from './host.ts';
import {LiveHistograms} from './live-histograms.ts';
import type {LiveProbes} from './live-probes.ts';
import {SentSegments} from './netns.ts';

/** Makes one sample an interval from the kernel's maps and files. Statuses are the model's to fill in. */
export class LiveSampler {
  readonly sent = new SentSegments();
  private readonly host = new HostFigures();
  private readonly histograms = new LiveHistograms();
  private readonly cost: ProbeCost;
  private cpuUsage = process.cpuUsage();
  private lastCut = 0;

  constructor(
    engine: Engine,
    private readonly probes: LiveProbes,
    /** Events delivered by probe. */
    private readonly delivered: ReadonlyMap<string, number>,
    private readonly ringBytes: number,
    /** With one, retransmits are of its tasks alone, which all segments sent must not be compared with. */
    private readonly filtered = false,
  ) {
    this.cost = new ProbeCost(
      engine,
      (id) => probes.countsNow(id),
      () => probes.attached(),
    );
    this.host.host();
  }

  /** Starts a cost measurement when one is due. */
  tick(nowMs: number): void {
    this.cost.tick(nowMs);
  }

  sample(stamp: Stamp, intervalMs: number): Sample {
    const histograms: Histogram[] = [];
    const counters: Counter[] = [];
    for (const {id} of PROBES) this.read(id, histograms, counters);
    for (const [netns, value] of this.filtered ? [] : this.sent.read())
      counters.push({name: 'tcp_sent_segments', labels: {netns: String(netns)}, value});
    const pressure = this.host.pressure();
    const accuracy = this.accuracy(histograms);
    return {
      kind: 'sample',
      ...stamp,
      interval_ms: intervalMs,
      host: this.host.host(),
      subsystems: {},
      histograms,
      counters,
      ...(pressure && {pressure}),
      self: this.self(intervalMs),
      loss: this.loss(),
      ...(accuracy && {accuracy}),
    };
  }

  close(): void {
    this.cost.stop();
    this.host.close();
    this.sent.close();
  }

  private read(id: string, histograms: Histogram[], counters: Counter[]): void {
    this.probes.snapshot(id, (view) => {
      if (id === 'sched') histograms.push(...this.histograms.sched(readHistRows(view)));
      if (id === 'block') histograms.push(...this.histograms.block(readHistRows(view)));
      if (id === 'retransmit')
        for (const {netns, segments} of readNetnsRows(view))
          counters.push({name: 'tcp_retransmitted_segments', labels: {netns: String(netns)}, value: segments});
    });
    const counts = this.probes.countsOf(id);
    if (!counts || (!this.probes.isOn(id) && counts.runs === 0)) return;
    counters.push({name: 'hits', labels: {probe: id}, value: counts.hits + counts.missed});
    counters.push({name: 'delivered', labels: {probe: id}, value: this.delivered.get(id) ?? 0});
  }

  private loss(): Record<string, Loss> {
    const loss: Record<string, Loss> = {};
    for (const {id} of PROBES) {
      const counts = this.probes.countsOf(id);
      if (counts && (this.probes.isOn(id) || counts.runs > 0))
        loss[id] = {held: counts.held, lost: counts.lost, missed: counts.missed};
    }
    return loss;
  }

  /** Share of this interval's waits whose part before a migration is unknown: an upper bound of what was cut. */
  private accuracy(histograms: Histogram[]): Sample['accuracy'] {
    const cut = this.probes.countsOf('sched')?.cut;
    const sched = histograms.find(({name}) => name === 'sched');
    const grown = (cut ?? 0) - this.lastCut;
    this.lastCut = cut ?? 0;
    if (cut === undefined || !sched?.count) return undefined;
    const pct = Math.min(100, (grown / sched.count) * 100);
    return {sched: {cut_by_migration_pct: Math.round(pct * 100) / 100}};
  }

  private self(intervalMs: number): Sample['self'] {
    const used = process.cpuUsage(this.cpuUsage);
    this.cpuUsage = process.cpuUsage();
    const runs = new Map(PROBES.map(({id}) => [id, this.probes.countsOf(id)?.runs ?? 0]));
    const kernel = this.cost.percent(runs, intervalMs);
    const maps = PROBES.reduce((sum, {id}) => sum + (this.probes.countsOf(id)?.mapBytes ?? 0), this.ringBytes);
    return {
      ...(intervalMs > 0 && {cpu_pct: Math.round(((used.user + used.system) / 1000 / intervalMs) * 10_000) / 100}),
      ...residentBytes(),
      ...(kernel !== undefined && {kernel_cpu_pct: kernel}),
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
