import {readdirSync, readFileSync} from 'node:fs';
import {setPriority} from 'node:os';

/** As Node names V8's threads since 23; without any by that name nothing is done. */
const WORKER = 'V8Worker\n';
const LEAST = 19;

/**
 * Lets V8's own threads, which compile what has become hot for milliseconds at a stretch, give way to every other task of
 * the host (nice 19). No collection waits for them meanwhile (bin/kstop: --single-threaded-gc).
 */
export function yieldWorkers(): void {
  try {
    for (const tid of readdirSync('/proc/self/task'))
      if (readFileSync(`/proc/self/task/${tid}/comm`, 'latin1') === WORKER) setPriority(Number(tid), LEAST);
  } catch {
    // Without /proc, or a thread that has ended: they stay as they are.
  }
}
