import type {Stamp, TraceObject} from '../types/stream.ts';
import type {TraceOutcome, TraceResult} from '../types/trace.ts';

/** The newest traces that are kept, and the events of all of them together. */
const MAX_TRACES = 20;
const MAX_EVENTS = 50_000;

/** Did it run? Of what was refused or skipped there is nothing to look at. */
function isResult(outcome: TraceOutcome & Stamp): outcome is TraceResult & Stamp {
  return outcome.trace.state !== 'refused' && outcome.trace.state !== 'skipped';
}

function outcomes(object: TraceObject): (TraceOutcome & Stamp)[] {
  if (!('results' in object)) return [object];
  const {time, mono_ns, results} = object;
  return results.map((result) => ({...result, time, mono_ns}));
}

/** The traces that a recording holds, as far as they are kept. */
export class Traces {
  #list: readonly (TraceResult & Stamp)[] = [];

  /** Takes some more; a new list, so that who holds the old one keeps it as it was. The newest is the last. */
  add(objects: readonly TraceObject[]): readonly (TraceResult & Stamp)[] {
    const all = [...this.#list, ...objects.flatMap(outcomes).filter(isResult)];
    let first = Math.max(0, all.length - MAX_TRACES);
    let events = all.slice(first).reduce((sum, each) => sum + each.events.length, 0);
    while (events > MAX_EVENTS && first < all.length - 1) events -= all[first++]?.events.length ?? 0;
    this.#list = all.slice(first);
    return this.#list;
  }
}
