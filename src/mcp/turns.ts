import {Problem} from '../util/problem.ts';

/** Calls that have the kernel at once, and that wait for it. A client that asks for more has lost count. */
const AT_ONCE = 3;
const WAITING = 16;

/** Lets a few calls run at once, the others in the order in which they came. */
export class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #idle: (() => void)[] = [];

  /** Runs `work` when there's room. Gives up without it when the signal comes first, or when too many wait. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#begin(signal);
    try {
      return await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Resolves when nothing runs any more; what still waits must have been given up. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #begin(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < AT_ONCE) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= WAITING)
      throw new Problem('kstop mcp', `${AT_ONCE} calls are running and ${WAITING} waiting`, 'wait for their answers');
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        this.#running++;
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, {once: true});
      this.#waiting.push(go);
    });
  }
}
