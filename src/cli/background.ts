import {readdirSync, readFileSync} from 'node:fs';
import {setPriority} from 'node:os';

/** As Node names V8's threads since 23; without any by that name nothing is done. */
const WORKER = 'V8Worker\n';
/**
 * Gives way, and still gets its turn beside many that spin: with nice 19 one that compiles, which a collection may have to wait for, held
 * samples up for ten seconds.
 */
const YIELDING = 5;

/**
 * Lets V8's own threads, which compile what has become hot for milliseconds at a stretch, give way to the other tasks of
 * the host.
 */
export function yieldWorkers(): void {
  try {
    for (const tid of readdirSync('/proc/self/task'))
      if (readFileSync(`/proc/self/task/${tid}/comm`, 'latin1') === WORKER) setPriority(Number(tid), YIELDING);
  } catch {
    // Without /proc, or a thread that has ended: they stay as they are.
  }
}
