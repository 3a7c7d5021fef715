import type {Focus} from '../../types/stream.ts';
import type {OfFocus} from '../live-sampler.ts';
import type {CodeMap} from './maps.ts';
import {FocusedProcess} from './process.ts';

/** The one process that is looked into, if any: it is read once an interval, and only while somebody looks. */
export class FocusControl {
  private process: FocusedProcess | undefined;
  private apart = 0;

  /** `withArgs`: command lines too. `keepApart` has the programs keep one process's distributions beside all; 0: none's. */
  constructor(
    private readonly withArgs: boolean,
    private readonly keepApart: (pid: number) => void = () => {},
  ) {}

  /** Turns to a process, or (undefined) away from it. Returns a sentence when there is no such process. */
  set(pid: number | undefined): string | undefined {
    if (pid !== undefined && pid === this.process?.pid && !this.process.ended) return undefined;
    const next = pid === undefined ? undefined : FocusedProcess.open(pid, this.withArgs);
    if (typeof next === 'string') return next;
    this.process?.close();
    this.process = next;
    this.turn(pid ?? 0);
    return undefined;
  }

  /** Its figures since the last sample, or since it was turned to, with what the probes keep apart of it. */
  sample({histograms, syscalls, pages}: OfFocus = {histograms: [], syscalls: []}): Focus | undefined {
    const focus = this.process?.sample();
    // Its number may be given to another one.
    if (focus?.ended) this.turn(0);
    return (
      focus && {
        ...focus,
        ...(histograms.length > 0 && {histograms}),
        ...(syscalls.length > 0 && {syscalls}),
        ...(pages && {pages: focus.ended ? {...pages, ended: true} : pages}),
      }
    );
  }

  /** What program code the process has mapped. */
  code(): CodeMap | undefined {
    return this.process?.code();
  }

  private turn(pid: number): void {
    if (pid === this.apart) return;
    this.apart = pid;
    this.keepApart(pid);
  }

  close(): void {
    this.set(undefined);
  }
}
