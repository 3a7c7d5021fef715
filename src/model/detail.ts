import type {CounterRate, Detail, DeviceRow, DropPlace, DropRow, SlowRequests, TrendName} from '../types/detail.ts';
import type {Distribution, State} from '../types/state.ts';
import type {
  Blame,
  KernelEvent,
  OomKillEvent,
  ProcessExecEvent,
  ProcessExitEvent,
  Sample,
  Status,
  Summary,
} from '../types/stream.ts';
import type {Increase} from './counters.ts';
import {BlameLog, byContainer} from './leaders/blame.ts';
import {Leaders} from './leaders/leaders.ts';
import {RunLog} from './run/run-log.ts';
import type {DropCount} from './status/drops.ts';
import {limitsOf} from './status/latency.ts';
import {emptyTrends, TrendLog} from './trends.ts';

const MAX_OOMS = 50;
const MAX_STARTS = 500;

/** What a sample brings, completed by the judgement. */
export interface SampleDetail {
  sample: Sample;
  startMs: number;
  endMs: number;
  increases: readonly Increase[];
  /** Dropped packets of the last minute. */
  drops: () => readonly DropCount[];
  /** Devices whose percentiles are over a threshold. */
  levels: ReadonlyMap<string, Status>;
}

/** Before the first sample. */
export function emptyDetail(): Detail {
  const lists = {
    waiters: [],
    blame: [],
    containerBlame: [],
    files: [],
    syscalls: [],
    devices: [],
    faulters: [],
    peers: [],
    drops: [],
    ooms: [],
    starts: [],
    rates: [],
  };
  return {...lists, trends: emptyTrends()};
}

/** What the views of single subsystems show: bounded, whatever comes. */
export class Details {
  #leaders = new Leaders();
  #blame = new BlameLog();
  #trends = new TrendLog();
  readonly #run = new RunLog();
  #ooms: OomKillEvent[] = [];
  readonly #starts: (ProcessExecEvent | ProcessExitEvent)[] = [];

  event(event: KernelEvent, atMs: number): void {
    this.#leaders.event(event, atMs);
    this.#blame.event(event, atMs);
    this.#run.event(event);
    if (event.type === 'OOM_KILL') this.#ooms = [...this.#ooms, event as OomKillEvent].slice(-MAX_OOMS);
    if (event.type === 'PROCESS_EXEC' || event.type === 'PROCESS_EXIT') this.#start(event as ProcessExecEvent);
  }

  /** Thousands may come in a second: they are thrown out by the hundreds. */
  #start(event: ProcessExecEvent | ProcessExitEvent): void {
    this.#starts.push(event);
    if (this.#starts.length >= 2 * MAX_STARTS) this.#starts.splice(0, this.#starts.length - MAX_STARTS);
  }

  /**
   * The detail as of a sample; only `trends` is the same object every time. A list is made when it is first looked at:
   * most never are, and all of them at each sample would cost a busy host more than the rest of the model.
   */
  sample(now: SampleDetail, state: State): Detail {
    const {sample, startMs, endMs, increases} = now;
    this.#leaders.sample(sample, endMs);
    this.#run.sample(sample);
    this.#trends.push(startMs, endMs, figuresOf(sample, state, perSecond(increases, sample.interval_ms)));
    const [leaders, blame, ooms, starts] = [this.#leaders, this.#blame, this.#ooms, this.#starts];
    const {trends} = this.#trends;
    const rates = once(() => ratesOf(now));
    const blamed = once(() => blame.rows(endMs));
    return lazily<Detail>({
      waiters: () => leaders.waiters(endMs),
      blame: blamed,
      containerBlame: () => byContainer(blamed()),
      files: () => leaders.files(endMs),
      syscalls: () => leaders.syscalls(endMs),
      devices: () => devicesOf(state, leaders.requests(endMs), now.levels),
      faulters: () => leaders.faulters(endMs),
      peers: () => leaders.peers(endMs),
      drops: () => dropsOf(now.drops(), leaders.dropPlaces(endMs), rates()),
      ooms: () => ooms,
      starts: () => starts.slice(-MAX_STARTS),
      rates,
      trends: () => trends,
    });
  }

  /** Who waited because of whom since the last call, for the sample that ends the interval. */
  takeBlame(): Blame[] {
    this.#run.blame(this.#blame.interval());
    return this.#blame.take();
  }

  /** What the summary says of the whole run, which has lasted so long (milliseconds). */
  ofRun(ranMs: number): Pick<Summary, 'processes' | 'blame' | 'syscalls'> {
    return this.#run.lists(ranMs, this.#blame.interval());
  }

  /** Time went backwards: only what has no time stays. */
  forget(): void {
    this.takeBlame();
    this.#leaders = new Leaders();
    this.#blame = new BlameLog();
    this.#trends = new TrendLog();
  }
}

function once<T>(make: () => T): () => T {
  let made: {value: T} | undefined;
  return () => {
    made ??= {value: make()};
    return made.value;
  };
}

/** An object whose values are made when they are first read. */
function lazily<T extends object>(makers: {[Key in keyof T]: () => T[Key]}): T {
  const made = {} as T;
  for (const key of Object.keys(makers) as (keyof T)[])
    Object.defineProperty(made, key, {enumerable: true, get: once(makers[key])});
  return made;
}

function ratesOf({sample: {counters, interval_ms}, increases}: SampleDetail): CounterRate[] {
  return counters.map((counter, i) => {
    const {by = 0, first = true, grown = 0} = increases[i] ?? {};
    const known = !first && interval_ms > 0;
    return {...counter, grown, per_s: known ? (by * 1000) / interval_ms : undefined};
  });
}

/** Increase a second of a counter by name and one label; undefined where it isn't counted. */
function perSecond(increases: readonly Increase[], intervalMs: number) {
  return (name: string, label: string, value: string): number | undefined => {
    const found = increases.find((each) => each.name === name && each.labels[label] === value);
    return found && !found.first && intervalMs > 0 ? (found.by * 1000) / intervalMs : undefined;
  };
}

function figuresOf(
  {subsystems, pressure}: Sample,
  {network}: State,
  rate: ReturnType<typeof perSecond>,
): Partial<Record<TrendName, number>> {
  return {
    sched_p99_us: subsystems.sched?.p99_us,
    block_p99_us: subsystems.block?.p99_us,
    vfs_p99_us: subsystems.vfs?.p99_us,
    syscall_p99_us: subsystems.syscall?.p99_us,
    memory_some_pct: pressure?.memory?.some_avg10_pct,
    memory_full_pct: pressure?.memory?.full_avg10_pct,
    major_faults_per_s: rate('page_faults', 'kind', 'major'),
    minor_faults_per_s: rate('page_faults', 'kind', 'minor'),
    swap_in_per_s: rate('swap_pages', 'direction', 'in'),
    swap_out_per_s: rate('swap_pages', 'direction', 'out'),
    resent_pct: network.resent_pct,
    fault_drops_per_s: network.fault_drops_per_s,
  };
}

/** Every device with requests in the last minute. */
function devicesOf(state: State, requests: readonly SlowRequests[], levels: SampleDetail['levels']): DeviceRow[] {
  const known = state.subsystems.some(({name, status}) => name === 'block' && status !== 'UNKNOWN');
  const critUs = limitsOf(state.thresholds, 'block')?.crit ?? Number.POSITIVE_INFINITY;
  const byDevice = Map.groupBy(
    state.recent.filter(({name}) => name === 'block'),
    ({labels}) => labels.device ?? '',
  );
  return [...byDevice].map(([device, all]) => {
    const slow: SlowRequests = requests.find((each) => each.device === device) ?? {device, reports: 0};
    const status = known ? (levels.get(device) ?? one(all, critUs)) : 'UNKNOWN';
    return {...slow, status};
  });
}

/** As for the subsystem, one request at or above the critical threshold is a warning. */
function one(all: readonly Distribution[], critUs: number): Status {
  return all.some(({max}) => max >= critUs) ? 'WARNING' : 'OK';
}

function dropsOf(counts: readonly DropCount[], places: readonly DropPlace[], rates: readonly CounterRate[]): DropRow[] {
  return counts.map(({class: kind, reason, n}) => {
    const counted = rates.filter(
      ({name, labels, per_s}) =>
        name === 'packet_drops' && labels.class === kind && labels.reason === reason && per_s !== undefined,
    );
    const {reports: _, ...place} = places.find((each) => each.class === kind && each.reason === reason) ?? {reports: 0};
    const per_s = counted.length > 0 ? counted.reduce((sum, each) => sum + (each.per_s ?? 0), 0) : undefined;
    return {...place, class: kind, reason, packets: n, per_s};
  });
}
