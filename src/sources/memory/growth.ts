import type {NativeProbeState} from '../../native/engine.ts';
import {Predictor, type ScopePrediction} from '../../predict/predictor.ts';
import type {
  ContainerRef,
  Filter,
  Grower,
  KernelEvent,
  LeakRow,
  OomPredictionEvent,
  PredictionRow,
  Stamp,
} from '../../types/stream.ts';
import {round} from '../../util/round.ts';
import type {ContainerRows} from '../containers/rows.ts';
import type {FileProbe} from '../file-probe.ts';
import type {SampleParts} from '../readers/reader.ts';
import type {MemoryCgroups, MemoryNow} from './cgroups.ts';
import {hostScope} from './detail.ts';
import {Growers} from './growers.ts';
import {leakRow} from './leak-row.ts';
import {headroomOf, pointOf} from './point.ts';
import {ProcessLeaks} from './process-leaks.ts';

const HOST = 'host';
/** Rows of a sample. */
const MAX_ROWS = 100;
/** A process owns a prediction when it makes so much of the growth. */
const OWNER_PCT = 50;

export interface GrowthOptions {
  filter?: Filter;
  /** The container that a path belongs to. */
  container?(path: string): ContainerRef | undefined;
  /** Do process numbers mean here what they mean in the cgroups' files and in /proc? */
  sameNumbers: boolean;
  /** Where processes are; for tests. */
  proc?: string;
  /** Adds the rows of containers, which are found and read by the same walk. */
  rows?: ContainerRows;
}

/** When the host and the cgroups with a limit will be out of memory: the files' figures, and what the predictor makes of them. */
export class GrowthProbe implements FileProbe {
  private readonly growers: Growers;
  private predictor = new Predictor();
  private readonly processes: ProcessLeaks;

  constructor(
    private readonly cgroups: MemoryCgroups,
    private readonly options: GrowthOptions,
  ) {
    this.growers = new Growers(options.proc);
    this.processes = new ProcessLeaks(options.proc);
  }

  start(): NativeProbeState {
    const {pid, comm} = this.options.filter ?? {};
    this.predictor = new Predictor();
    this.processes.forget();
    const lacking = this.cgroups.start(this);
    if (pid !== undefined || comm !== undefined)
      return degraded("no predictions under a filter by process: memory is the cgroup's and the host's");
    if (lacking) {
      const whole = hostScope(this.cgroups.read(0, 0).host);
      if (!whole) return {state: 'unavailable', method: '', reason: `file: ${lacking}, and no /proc/meminfo`};
      return degraded(`${lacking}: predictions for the host alone`);
    }
    return {state: 'attached', method: 'file', reason: ''};
  }

  stop(): void {
    this.cgroups.stop(this);
    this.options.rows?.stop();
  }

  sample(into: SampleParts, stamp: Stamp, intervalMs: number): KernelEvent[] {
    const {filter} = this.options;
    const ms = Number(BigInt(stamp.mono_ns) / 1000n) / 1000;
    const byProcess = filter?.pid !== undefined || filter?.comm !== undefined;
    const events = byProcess ? [] : this.foretell(into, stamp, ms, intervalMs);
    into.leaks.push(...this.leaks(into, ms));
    return events;
  }

  private foretell(into: SampleParts, stamp: Stamp, ms: number, intervalMs: number): KernelEvent[] {
    this.feed(this.cgroups.read(ms, intervalMs), ms);
    into.containers.push(...(this.options.rows?.rows(ms) ?? []));
    const events: KernelEvent[] = [];
    this.growers.begin();
    const told = this.predictor.predict().slice(0, MAX_ROWS);
    // Whoever will be named must have been looked at before.
    for (const id of this.predictor.suspects()) if (id !== HOST) this.growersOf(id, 0, ms);
    for (const prediction of told) {
      const row = this.row(prediction, ms);
      into.predictions.push(row);
      if (prediction.alarm) events.push(event(row, prediction.alarm, stamp));
    }
    return events;
  }

  /** What has only grown for long: scopes, and the processes that the sample has rows of. The quickest first. */
  private leaks({processes}: SampleParts, ms: number): LeakRow[] {
    const scopes = this.predictor.leaks().map(({id, ...hint}) => {
      const container = id === HOST ? undefined : this.options.container?.(id);
      return leakRow(hint, ms, {scope: id, ...(container && {container})});
    });
    const found = this.options.sameNumbers ? this.processes.after(processes, ms) : [];
    const own = found.map(({pid, comm, container, ...hint}) =>
      leakRow(hint, ms, {pid, comm, ...(container && {container})}),
    );
    return [...scopes, ...own].sort((a, b) => b.growth_bytes_per_s - a.growth_bytes_per_s).slice(0, MAX_ROWS);
  }

  private feed({cgroups, above, host}: MemoryNow, ms: number): void {
    const byNode = new Map([...cgroups, ...above].map((each) => [each.node, each]));
    for (const each of cgroups) {
      const {node, usage, limit, detail, fresh} = each;
      if (fresh && detail)
        this.predictor.push(node.path, pointOf({usage, limit, detail}, ms, node.inode, headroomOf(each, byNode)));
      else this.predictor.keep(node.path, node.inode);
    }
    const whole = this.options.filter === undefined ? hostScope(host) : undefined;
    if (whole) this.predictor.push(HOST, pointOf(whole, ms));
  }

  private row(prediction: ScopePrediction, ms: number): PredictionRow {
    const {id, growth_bytes_per_s, eta_s, eta_low_s, eta_high_s, confidence_pct, usage_bytes, limit_bytes} = prediction;
    const growers = id === HOST ? [] : this.growersOf(id, growth_bytes_per_s, ms);
    const owner = growers.find(({share_pct}) => share_pct >= OWNER_PCT);
    const container = id === HOST ? undefined : this.options.container?.(id);
    return {
      scope: id,
      ...(owner && {pid: owner.pid, comm: owner.comm}),
      growth_bytes_per_s: Math.round(growth_bytes_per_s),
      eta_s: round(eta_s, 1),
      eta_low_s: round(eta_low_s, 1),
      eta_high_s: round(eta_high_s, 1),
      confidence_pct: round(confidence_pct, 1),
      usage_bytes,
      limit_bytes: limit_bytes ?? usage_bytes,
      ...(growers.length > 0 && {growers}),
      ...(container && {container}),
    };
  }

  private growersOf(path: string, bytesPerS: number, ms: number): Grower[] {
    if (!this.options.sameNumbers) return [];
    const folders = this.cgroups.pathsBelow(path).flatMap((each) => this.cgroups.folder(each) ?? []);
    return this.growers.of(folders, bytesPerS, ms);
  }
}

function degraded(reason: string): NativeProbeState {
  return {state: 'degraded', method: 'file', reason};
}

function event({container, ...row}: PredictionRow, severity: 'warning' | 'critical', stamp: Stamp): OomPredictionEvent {
  return {
    kind: 'event',
    time: stamp.time,
    mono_ns: stamp.mono_ns,
    type: 'OOM_PREDICTION',
    subsystem: 'memory',
    severity,
    ...row,
    ...(row.scope !== HOST && {cgroup: row.scope}),
    ...(container && {container}),
  };
}
