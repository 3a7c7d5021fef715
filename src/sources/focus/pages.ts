import {readPageRows} from '../../native/snapshot.ts';
import type {FocusPages} from '../../types/stream.ts';
import type {ProbeReader} from '../readers/reader.ts';
import type {CodeMap} from './maps.ts';
import {PageStacks} from './page-stacks.ts';

/** How long a key has the pages counted. */
const COUNT_MS = 10_000;

/** What the counting needs of the probe `pages` and of the process that is looked into. */
export interface PageHands {
  isOn(): boolean;
  /** Why it is not on, where nobody switched it off. */
  reason(): string | undefined;
  /** Attaches or detaches it; returns why that failed. */
  turn(on: boolean): string | undefined;
  /** Begins to count a process's pages anew; 0: nobody's. */
  count(pid: number): void;
  symbol(address: bigint): string;
  code(): CodeMap | undefined;
}

interface Run {
  stacks: PageStacks;
  startMs: number;
  /** When it was read last. */
  readMs: number;
  endMs?: number;
  reason?: string;
  /** Ends it; absent where the probe was on already, by --probes or its own key. */
  timer?: NodeJS.Timeout;
}

/**
 * Where the pages of the process that is looked into come from: for ten seconds by a key, or for as long as the probe is
 * on. It ends with the look at the process; what it attached it detaches.
 */
export class PageCount implements ProbeReader {
  private pid = 0;
  private run: Run | undefined;
  /** What was read and not told yet. */
  private fresh: Run | undefined;

  constructor(
    private readonly hands: PageHands,
    private readonly forMs = COUNT_MS,
  ) {}

  /** The key: begins, or ends what runs. Returns why it can't. */
  key(): string | undefined {
    const {hands, pid} = this;
    if (pid === 0) return 'no process is looked into, or it has ended';
    if (this.isRunning) {
      this.end(undefined, true);
      return undefined;
    }
    if (hands.isOn()) return hands.turn(false);
    hands.count(pid);
    const problem = hands.turn(true);
    if (problem !== undefined) {
      hands.count(0);
      return problem;
    }
    const timer = setTimeout(() => this.end(), this.forMs);
    timer.unref();
    this.run = {...this.begin(), timer};
    return undefined;
  }

  /** Another process is looked into now; 0: none. */
  turnTo(pid: number): void {
    this.end();
    if (this.run) this.hands.count(0);
    this.run = undefined;
    this.fresh = undefined;
    this.pid = pid;
  }

  /** Reads what was counted until now. What has ended is told once more. */
  read(view: DataView): void {
    const {hands} = this;
    const isOn = hands.isOn();
    if (!this.run && isOn && this.pid !== 0) {
      hands.count(this.pid);
      this.run = this.begin();
      return;
    }
    const {run} = this;
    if (!run) return;
    if (!isOn && this.isRunning) this.end(hands.reason());
    run.stacks.keep(readPageRows(view));
    run.readMs = performance.now();
    this.fresh = run;
    if (run.endMs === undefined) return;
    hands.count(0);
    this.run = undefined;
  }

  /** What the last reading found, for the sample that it was made for. Looking up names takes its time. */
  take(): FocusPages | undefined {
    const run = this.fresh;
    this.fresh = undefined;
    if (!run) return undefined;
    const {startMs, readMs, endMs, reason} = run;
    return {
      duration_ms: Math.round((endMs ?? readMs) - startMs),
      ...(endMs !== undefined && {ended: true}),
      ...(reason !== undefined && {reason}),
      ...run.stacks.told(),
    };
  }

  private get isRunning(): boolean {
    return this.run !== undefined && this.run.endMs === undefined;
  }

  /** A probe that was attached for this is detached, also where it is paused. */
  private end(reason?: string, detach = this.run?.timer !== undefined): void {
    const {run} = this;
    if (!run || run.endMs !== undefined) return;
    run.endMs = performance.now();
    run.reason = reason;
    clearTimeout(run.timer);
    if (detach) this.hands.turn(false);
  }

  private begin(): Run {
    const {symbol, code} = this.hands;
    const startMs = performance.now();
    return {stacks: new PageStacks(symbol, code), startMs, readMs: startMs};
  }
}
