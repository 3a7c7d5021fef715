import {TRACE_LIMITS, type TraceEvent, type TracePlan, type TraceResult, type TraceStats} from '../../types/trace.ts';
import {round} from '../../util/round.ts';
import {Complaints} from './complaints.ts';
import {LineCutter} from './lines.ts';
import {answerOf, numeric} from './maps.ts';
import {parseOutput} from './output.ts';
import {Tally} from './tally.ts';
import {Wire} from './wire.ts';

/** A map with all its keys is one line. */
const MAX_LINE = 4 * 1024 * 1024;

/**
 * What one trace has brought: bpftrace's output in, a result out. The first 10,000 events are kept (the begin of what happened, and what
 * was kept stays); of the rest each is counted with its process and user. Kept is the line that was printed, a few
 * hundred bytes: objects are made when somebody asks.
 */
export class Collector {
  readonly complaints = new Complaints();
  /** Told by bpftrace. */
  attached = false;
  /** `performance.now()` of the first event. */
  firstEventAt?: number;
  readonly #plan: TracePlan;
  readonly #wire: Wire;
  readonly #cutter = new LineCutter(MAX_LINE, (line) => this.#line(line));
  readonly #tally = new Tally();
  readonly #maps = new Map<string, unknown>();
  readonly #kept: string[] = [];
  #printed = 0;
  #lost = 0;
  #ended = false;
  #unreadable = 0;
  #made: TraceEvent[] = [];
  #madeBefore?: WeakRef<TraceEvent[]>;

  /** @param bootToUnix nanoseconds from the kernel's boot clock to 1970 */
  constructor(plan: TracePlan, bootToUnix: bigint) {
    this.#plan = plan;
    this.#wire = new Wire(plan.script, bootToUnix);
  }

  push(chunk: Buffer): void {
    this.#cutter.push(chunk);
  }

  /** The output has ended. */
  end(): void {
    this.#cutter.end();
    this.#ended = true;
    this.#madeBefore = new WeakRef(this.#made);
    this.#made = [];
  }

  get hasMaps(): boolean {
    return this.#plan.script.maps.some(({name}) => this.#maps.has(name));
  }

  /** Lines that couldn't be read. */
  get unreadable(): number {
    return this.#unreadable + this.#cutter.tooLong;
  }

  #line(line: string): void {
    // bpftrace sets its answers apart by empty lines.
    if (line === '' || line === '\r') return;
    const output = parseOutput(line);
    switch (output?.type) {
      case 'printf':
        this.#event(output.data);
        return;
      case 'attached':
        this.attached = true;
        return;
      case 'lost':
        this.#lost += output.events;
        return;
      case 'map':
        // Only those that were asked for: so memory is bounded by the script.
        if (this.#wants(output.name)) this.#maps.set(output.name, output.value);
        return;
      case 'warning':
        this.complaints.add(output.text);
        return;
      case 'other':
        return;
      default:
        this.#unreadable++;
    }
  }

  #wants(map: string): boolean {
    const {maps, hits} = this.#plan.script;
    return map === hits || maps.some(({name}) => name === map);
  }

  /** What the kernel counted, where the script makes it count, once that is known. */
  get #hits(): number | undefined {
    const {hits} = this.#plan.script;
    return hits === undefined ? undefined : numeric(this.#maps.get(hits));
  }

  /** As bpftrace tells it; at the end, where the kernel has counted, what wasn't printed. */
  get #lostEvents(): number {
    const told = this.#lost + this.complaints.lost;
    // Until then some are still under way.
    const counted = this.#ended && this.#prints ? this.#hits : undefined;
    return counted === undefined ? told : Math.max(told, counted - this.#printed);
  }

  get #prints(): boolean {
    return this.#plan.script.events.length > 0;
  }

  #event(data: string): void {
    const head = this.#wire.head(data);
    if (!head) {
      this.#unreadable++;
      return;
    }
    this.#printed++;
    // What prints is attached, whatever this version says of it.
    this.attached = true;
    this.firstEventAt ??= performance.now();
    if (this.#plan.keep && !this.#plan.keep(this.#wire.event(data))) return;
    this.#tally.add(head);
    if (this.#kept.length < TRACE_LIMITS.events) this.#kept.push(data);
  }

  /** The kept events. Of a trace that is over they are held by who asks for them alone. */
  #events(): TraceEvent[] {
    const known = this.#madeBefore?.deref() ?? this.#made;
    if (known.length === this.#kept.length) return known;
    const events = [...known, ...this.#kept.slice(known.length).map((data) => this.#wire.event(data))];
    if (this.#ended) this.#madeBefore = new WeakRef(events);
    else this.#made = events;
    return events;
  }

  /** @param ranS seconds that the probes were attached for */
  result(ranS: number): Pick<TraceResult, 'events' | 'stats' | 'histograms' | 'tables'> & {notes: string[]} {
    const {histograms, tables, counted, more} = answerOf(this.#plan.script.maps, this.#maps);
    const stats: TraceStats = {
      ...this.#tally.stats(ranS),
      kept_events: this.#kept.length,
      lost_events: this.#lostEvents,
    };
    const inKernel = this.#prints ? undefined : (this.#hits ?? counted);
    if (inKernel !== undefined) {
      stats.total_events = inKernel;
      stats.events_per_second = ranS > 0 ? round(inKernel / ranS, 2) : 0;
    }
    return {
      events: this.#events(),
      stats,
      ...(histograms.length > 0 && {histograms}),
      ...(tables.length > 0 && {tables}),
      notes: this.#notes(more),
    };
  }

  #notes(moreHistograms: number): string[] {
    const notes: string[] = [];
    if (this.#tally.total > this.#kept.length)
      notes.push(`the first ${this.#kept.length} events are kept, the others counted`);
    if (moreHistograms > 0) notes.push(`${moreHistograms} smaller distributions aren't shown`);
    if (this.unreadable > 0) notes.push(`${this.unreadable} lines of bpftrace's output couldn't be read`);
    return notes;
  }
}
