import {EXIT} from './exit.ts';

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * The first signal asks for a clean end; a second one ends at once. Made before there is anything to end, it remembers
 * what came meanwhile.
 */
export class Signals {
  asked = false;
  #stop?: () => void;
  readonly #listener = (): void => {
    if (this.asked) process.exit(EXIT.ok);
    this.asked = true;
    this.#stop?.();
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Names what a signal ends; at once when one has come already. */
  end(stop: () => void): void {
    this.#stop = stop;
    if (this.asked) stop();
  }

  /** Stops listening. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Calls `stop` after some seconds (0: never), also beyond what one timer can hold. Returns the cancellation. */
export function onDuration(seconds: number, stop: () => void): () => void {
  if (seconds <= 0) return () => {};
  const end = performance.now() + seconds * 1000;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = end - performance.now();
    if (left <= 0) stop();
    else timer = setTimeout(wait, Math.min(left, LONGEST_TIMEOUT_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
