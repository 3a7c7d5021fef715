import type {NativeProbeState} from '../native/engine.ts';
import type {RoleReport} from './probe-report.ts';

/** What reads beside a kernel probe's programs, and plays a part of the same probe. */
export interface Companion {
  /** Begins, given how the programs are attached; returns the state of both together. */
  start(native: NativeProbeState): NativeProbeState;
  stop(): void;
  /** Its part, for the doctor. */
  role(): RoleReport;
  /** What it found alone, less what it found twice; and what it can't have seen. */
  readonly counts: {hits: number; missed: number};
}
