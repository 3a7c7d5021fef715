import type {Frame} from '../types/frame.ts';
import type {ProbeStateName, Summary} from '../types/stream.ts';
import {EXIT, type ExitCode} from './exit.ts';

const COUNTS: ReadonlySet<ProbeStateName> = new Set(['attached', 'degraded']);

/** `--check`: watches a run's frames and turns its end into an exit code. */
export class Check {
  private requested: ReadonlySet<string> | undefined;
  private blind = false;

  /** `requested`: the probes asked for; in a replay, all that were not off in its header. */
  constructor(requested?: readonly string[]) {
    this.requested = requested && new Set(requested);
  }

  note(frame: Frame): void {
    if (frame.header) {
      const {probes} = frame.header;
      this.requested ??= new Set(probes.filter(({state}) => state !== 'off').map(({id}) => id));
      for (const {id, state} of probes) this.hold(id, state);
    }
    for (const {id, state} of frame.probes) this.hold(id, state);
  }

  /** `held` events were counted and left out on purpose; only `lost` and `missed` ones leave the run blind. */
  code(summary: Summary): ExitCode {
    const worst = Object.values(summary.subsystems).map((subsystem) => subsystem.worst_status);
    if (worst.some((status) => status === 'WARNING' || status === 'CRITICAL')) return EXIT.checkStatus;
    const lost = Object.values(summary.loss).some((loss) => loss.lost > 0 || loss.missed > 0);
    return this.blind || lost ? EXIT.checkBlind : EXIT.ok;
  }

  private hold(id: string, state: ProbeStateName): void {
    if (this.requested?.has(id) && !COUNTS.has(state)) this.blind = true;
  }
}
