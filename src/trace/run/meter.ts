import type {Readable} from 'node:stream';

/** Of each so many milliseconds … */
const WINDOW_MS = 100;
/** … at most so many are spent on reading a trace. */
const MOST_MS = 50;

/** CPU time of this process, ms. */
function cpuMs(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Reads a stream with at most half of one CPU, and one chunk in each turn of the loop, so that a program that floods can't stop all
 * else: what isn't read waits in the pipe, and then in the kernel's buffer, which counts what it loses.
 */
export function readWithin(stream: Readable, take: (chunk: Buffer) => void): void {
  let windowEnds = 0;
  let used = 0;
  stream.on('data', (chunk: Buffer) => {
    const begin = cpuMs();
    take(chunk);
    const now = performance.now();
    if (now > windowEnds) {
      windowEnds = now + WINDOW_MS;
      used = 0;
    }
    used += cpuMs() - begin;
    const resume = () => stream.resume();
    stream.pause();
    if (used < MOST_MS) setImmediate(resume);
    else setTimeout(resume, windowEnds - now);
  });
}
