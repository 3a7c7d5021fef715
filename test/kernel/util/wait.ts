/** An emulated guest takes its time. */
export const SLOW = process.env.KSTOP_VM ? 4 : 1;

/** How much longer a load runs there, to do about as much. Waits end when something has happened: those take SLOW. */
export const LONGER = process.env.KSTOP_VM ? 2 : 1;

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Polls until `what` gives something; throws after the time is over. */
export async function until<T>(
  what: () => T | undefined | false | null,
  timeoutMs: number,
  name: string | (() => string),
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = what();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > end) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof name === 'string' ? name : name()}`);
    }
    await sleep(10);
  }
}
