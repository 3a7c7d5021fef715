import {signalName} from '../../native/signals.ts';
import {type ProbeCounts, readProcessRows} from '../../native/snapshot.ts';
import {WIRE} from '../../native/wire.gen.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** Programs run, and processes' ends by reason: counted in the kernel, whether their events are delivered or not. */
export class ProcessReader implements ProbeReader {
  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    for (const {what, count} of readProcessRows(view)) {
      const named = what === WIRE.EXECUTED ? executed : {name: 'process_exits', labels: {reason: reasonOf(what)}};
      into.counters.push({...named, value: count});
    }
  }
}

const executed = {name: 'process_execs', labels: {}};

/** `exited`, `failed` (an exit code other than 0), or the signal. */
function reasonOf(what: number): string {
  if (what === WIRE.ENDED_WELL) return 'exited';
  return what === WIRE.ENDED_BADLY ? 'failed' : signalName(what);
}
