import {EXIT} from './exit.ts';

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The first signal asks for a clean end; a second one ends at once. Returns the removal of the listeners. */
export function onSignals(stop: () => void): () => void {
  let asked = false;
  const listener = (): void => {
    if (asked) process.exit(EXIT.ok);
    asked = true;
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
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
