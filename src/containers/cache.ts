import {setTimeout as sleep} from 'node:timers/promises';
import type {ContainerRef} from '../types/stream.ts';
import type {Problem} from '../util/problem.ts';
import {containerOf, type PathContainer} from './path.ts';
import {Recent} from './recent.ts';
import type {Runtime} from './runtimes/runtime.ts';
import {type KnownContainer, LIMITS, type Limits, type RuntimeSocket} from './runtimes/types.ts';
import {knownSockets, presentSockets} from './sockets.ts';

/** Cgroup paths that are remembered, and for how long (milliseconds): then their runtime is asked anew. */
const SIZE = 10_000;
const TTL_MS = 300_000;
/** Runtimes are asked this often at most, and so seldom that reading their answers takes 1 % of the time at most. */
const SPACING_MS = 1000;
const SHARE = 100;
/** A container that no runtime knows is asked for after 1 s, 4 s, 16 s … */
const AGAIN_MS = 1000;
const AGAIN_FACTOR = 4;

interface Entry {
  /** What the path says; undefined: no container. */
  own: ContainerRef | undefined;
  /** With what the runtimes said. */
  ref: ContainerRef | undefined;
  /** Which of the runtimes' answers is in it. */
  answer: number;
  /** When a runtime is to be asked (again); whole, which takes less memory. */
  askMs: number;
  tries: number;
}

export interface ContainersOptions {
  sockets?: readonly RuntimeSocket[];
  limits?: Limits;
  /** A monotonic clock in milliseconds. */
  now?: () => number;
  /** Is told once of each runtime that can't be asked. */
  tell: (problem: Problem) => void;
}

/**
 * Containers by cgroup path. A lookup never waits: it gives what the path says, and asks the runtimes beside, all of them
 * at once and for all that is unknown, so that later lookups give names too. A container that has ended keeps its names
 * for five minutes.
 */
export class Containers {
  private readonly entries = new Recent<Entry>(SIZE, TTL_MS);
  private readonly runtimes = new Map<string, Runtime>();
  private readonly refused = new Set<string>();
  private readonly stop = new AbortController();
  private readonly sockets: readonly RuntimeSocket[];
  private readonly limits: Limits;
  private readonly now: () => number;
  private readonly tell: (problem: Problem) => void;
  private answer = 0;
  private notBefore = 0;
  private asking: Promise<void> | undefined;

  constructor({sockets = knownSockets(), limits = LIMITS, now = () => performance.now(), tell}: ContainersOptions) {
    this.sockets = sockets;
    this.limits = limits;
    this.now = now;
    this.tell = tell;
  }

  /** Asks for all that runs already, so that what was never looked up has its names when it dies. */
  begin(): void {
    this.ask(this.now());
  }

  /** The container that a path belongs to (see `containerOf`); undefined: none. What it returns never changes. */
  lookup(path: string, memoryPath?: string): ContainerRef | undefined {
    const now = this.now();
    const byMemory = memoryPath === undefined || memoryPath === path ? undefined : this.at(memoryPath, now);
    return byMemory ?? this.at(path, now);
  }

  /** All that the runtimes listed last, and what has left their lists lately; with restarts, where they count them. */
  list(): KnownContainer[] {
    return [...this.runtimes.values()].flatMap((runtime) => runtime.all());
  }

  /** How many paths are remembered. */
  get size(): number {
    return this.entries.count;
  }

  /** Resolves when no runtime is being asked. */
  async idle(): Promise<void> {
    await this.asking;
  }

  /** Hangs up; lookups go on with what is known. */
  close(): void {
    this.stop.abort();
  }

  private at(path: string, now: number): ContainerRef | undefined {
    const entry = this.entries.get(path, now) ?? this.add(path, now);
    if (entry.own && (entry.answer !== this.answer || now >= entry.askMs)) this.renew(entry, now);
    return entry.ref;
  }

  private add(path: string, now: number): Entry {
    const found = containerOf(path);
    const own = found && bare(found);
    const entry: Entry = {own, ref: own, answer: -1, askMs: Math.floor(now), tries: 0};
    this.entries.set(path, entry, now);
    return entry;
  }

  private renew(entry: Entry, now: number): void {
    const own = entry.own!;
    const known = this.find(own.id);
    if (entry.answer !== this.answer) {
      entry.answer = this.answer;
      if (known) {
        const {attempt: _, ...said} = known;
        entry.ref = {...own, ...said};
        entry.tries = 0;
        entry.askMs = Math.floor(now + TTL_MS);
      }
    }
    if (now < entry.askMs) return;
    entry.askMs = Math.floor(now + (known ? TTL_MS : Math.min(TTL_MS, AGAIN_MS * AGAIN_FACTOR ** entry.tries++)));
    this.ask(now);
  }

  private find(id: string): KnownContainer | undefined {
    for (const runtime of this.runtimes.values()) {
      const found = runtime.find(id);
      if (found) return found;
    }
    return undefined;
  }

  private ask(now: number): void {
    if (this.asking || this.stop.signal.aborted) return;
    this.asking = this.refreshAfter(Math.max(0, this.notBefore - now)).finally(() => {
      this.asking = undefined;
    });
  }

  /** Begins later even when it need not wait: who looks something up doesn't look for sockets. */
  private async refreshAfter(ms: number): Promise<void> {
    try {
      // What waits for its turn keeps no program from ending.
      await sleep(ms, undefined, {ref: false, signal: this.stop.signal});
    } catch {
      return;
    }
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    const present = presentSockets(this.sockets);
    for (const {path, problem} of present) {
      if (!problem || this.refused.has(path)) continue;
      this.refused.add(path);
      this.tell(problem);
    }
    const usable = present.filter(({problem}) => !problem);
    const read = usable.length > 0 ? await this.askAll(usable) : [];
    const cost = read.reduce((sum: number, ms) => sum + (ms ?? 0), 0);
    if (read.some((ms) => ms !== undefined)) this.answer++;
    this.notBefore = this.now() + Math.max(SPACING_MS, cost * SHARE);
  }

  /** Loads the clients when the first socket is there: most machines need none of them. */
  private async askAll(sockets: readonly RuntimeSocket[]): Promise<(number | undefined)[]> {
    const {Runtime} = await import('./runtimes/runtime.ts');
    return Promise.all(
      sockets.map((socket) => {
        const runtime = this.runtimes.get(socket.path) ?? new Runtime(socket, this.limits, this.tell);
        this.runtimes.set(socket.path, runtime);
        return runtime.refresh(this.now, this.stop.signal);
      }),
    );
  }
}

/** What a reference has of it. Written out: what is put together by spreading takes twice the memory. */
function bare({id, runtime, pod_uid}: PathContainer): ContainerRef {
  if (runtime === undefined) return pod_uid === undefined ? {id} : {id, pod_uid};
  return pod_uid === undefined ? {id, runtime} : {id, runtime, pod_uid};
}
