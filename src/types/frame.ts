import type {ErrorObject, Header, KernelEvent, ProbeChange, Sample, SubsystemName, Summary} from './stream.ts';

/**
 * What one poll brought: events as they come (within 100 ms of the kernel), and once an interval a sample.
 * Frames are the only thing that model and faces ever see, live or replayed.
 */
export interface Frame {
  /** First frame of a source only. */
  header?: Header;
  events: KernelEvent[];
  sample?: Sample;
  probes: ProbeChange[];
  errors: ErrorObject[];
  /** A recording's own last line; a live source makes none (the model does). */
  summary?: Summary;
}

/** A request to the source. Each answers with a sentence when it can't be done, else undefined. */
export interface Controls {
  /** Attach or detach a probe. The new state comes back as a `probe` object in a later frame. */
  toggle(probe: string): string | undefined;
  /** Sets the warning threshold of a subsystem; the critical one keeps its ratio. */
  threshold(subsystem: SubsystemName, warnUs: number): string | undefined;
}

/** Playback state of a recording. */
export interface Playback {
  playing: boolean;
  speed: number;
  /** Milliseconds from the recording's first object. */
  position_ms: number;
  duration_ms?: number;
  ended: boolean;
}

export interface PlaybackControls {
  state(): Playback;
  playPause(): void;
  /** Steps whole samples, forwards (+1) or backwards (-1). */
  step(n: number): void;
  speed(factor: number): void;
}

export interface Source {
  /** Delivers frames until the source ends or `close` is called. Must be consumed by one reader. */
  frames(): AsyncIterable<Frame>;
  /** Absent in a replay: keys that need the live kernel are then shown as unavailable. */
  controls?: Controls;
  playback?: PlaybackControls;
  /** Ends the stream: a last drain and a last sample are still delivered. Idempotent. */
  stop(): void;
  /** Frees everything; the source is dead afterwards. */
  close(): Promise<void>;
}
