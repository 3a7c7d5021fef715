import {Problem} from '../../util/problem.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {askCri, readCri} from './cri.ts';
import {askDocker, readDocker} from './docker.ts';
import {type KnownContainer, type Limits, NoList, type RuntimeSocket} from './types.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A container that has left the list is still known for so long: who died is asked about after the death. */
const KEEP_MS = 300_000;
/** A runtime that fails again and again is told of this often at most. */
const TELL_AGAIN_MS = 300_000;

const REMEDY = "kstop asks again; until it answers, containers that it doesn't know go without name, image and pod";

interface Listed {
  container: KnownContainer;
  /** When the list no longer had it. */
  goneMs?: number;
}

/** What one runtime says of its containers, and how it is to be asked. */
export class Runtime {
  private listed = new Map<string, Listed>();
  private failures = 0;
  private notBefore = 0;
  private toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly socket: RuntimeSocket,
    private readonly limits: Limits,
    private readonly tell: (problem: Problem) => void,
  ) {}

  find(id: string): KnownContainer | undefined {
    return this.listed.get(id)?.container;
  }

  all(): KnownContainer[] {
    return [...this.listed.values()].map(({container}) => container);
  }

  /**
   * Asks for the list, unless the last failure was a short time ago (1 s, twice as long after each more, up to 60 s).
   * A failure is told once, and changes nothing about what is known.
   *
   * @param now a monotonic clock in milliseconds
   * @returns milliseconds that reading the answer kept the event loop from everything else; undefined without a list
   */
  async refresh(now: () => number, signal: AbortSignal): Promise<number | undefined> {
    if (now() < this.notBefore) return undefined;
    try {
      const read = await this.ask(signal);
      const begun = performance.now();
      this.take(read(), now());
      this.failures = 0;
      return performance.now() - begun;
    } catch (error) {
      this.failed(error, now());
      return undefined;
    }
  }

  private async ask(signal: AbortSignal): Promise<() => KnownContainer[]> {
    const {path, runtime, protocol} = this.socket;
    const {limits} = this;
    if (protocol === 'cri') {
      const answers = await askCri(path, limits, signal);
      return () => readCri(answers, runtime, limits.maxContainers);
    }
    const answer = await askDocker(path, limits, signal);
    return () => readDocker(answer, runtime, limits.maxContainers);
  }

  private take(list: readonly KnownContainer[], nowMs: number): void {
    const before = this.listed;
    this.listed = new Map(list.map((container) => [container.id, {container}]));
    for (const [id, {container, goneMs = nowMs}] of before) {
      if (this.listed.size >= this.limits.maxContainers) break;
      if (!this.listed.has(id) && nowMs - goneMs < KEEP_MS) this.listed.set(id, {container, goneMs});
    }
  }

  private failed(error: unknown, nowMs: number): void {
    const quiet = error instanceof NoList && error.quiet;
    const pause = quiet ? LONGEST_PAUSE_MS : FIRST_PAUSE_MS * 2 ** this.failures;
    this.notBefore = nowMs + Math.min(pause, LONGEST_PAUSE_MS);
    this.failures++;
    if (quiet || this.failures > 1 || nowMs - this.toldMs < TELL_AGAIN_MS) return;
    this.toldMs = nowMs;
    const {path, runtime} = this.socket;
    const {message} = error as Error;
    const why = error instanceof NoList ? message : `its answer can't be read: ${visibleUpTo(message, 200)}`;
    this.tell(new Problem(`socket of ${runtime}, ${path}`, why, REMEDY));
  }
}
