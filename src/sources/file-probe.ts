import type {NativeProbeState} from '../native/engine.ts';
import type {KernelEvent, Stamp} from '../types/stream.ts';
import type {SampleParts} from './readers/reader.ts';

/** A probe that reads what the kernel accounts anyway, in files: no program, so no loss and no cost in the kernel. */
export interface FileProbe {
  /** Opens its files; says what it reads them by (method `file`), or why it can't. */
  start(): NativeProbeState;
  /** Closes them. Its figures stay; `start` goes on from there. */
  stop(): void;
  /** Adds what the interval brought (at its end), while the probe is on. Events it returns are delivered at once. */
  sample(into: SampleParts, stamp: Stamp, intervalMs: number): KernelEvent[];
}
