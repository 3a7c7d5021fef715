import type {
  ErrorObject,
  Header,
  KernelEvent,
  ProbeChange,
  Sample,
  Severity,
  SubsystemName,
  Summary,
  TraceObject,
} from './stream.ts';

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
  /** Ad-hoc traces that have ended. */
  traces?: TraceObject[];
  /** A recording's own last line; a live source makes none (the model does). */
  summary?: Summary;
}

/** A request to the source. Each answers with a sentence when it can't be done, else undefined. */
export interface Controls {
  /** Attach or detach a probe. The new state comes back as a `probe` object in a later frame. */
  toggle(probe: string): string | undefined;
  /** Sets the warning threshold of a subsystem; the critical one keeps its ratio. */
  threshold(subsystem: SubsystemName, warnUs: number): string | undefined;
  /** Looks into a process (its own figures come with each sample from now on), or with undefined no longer. */
  focus(pid: number | undefined): string | undefined;
  /** Counts for ten seconds where the pages of the process that is looked into come from, or ends that. */
  pages(): string | undefined;
}

/** Where in a recording warnings and critical events are: as far as it has been read by now. */
export interface Marks {
  /** Milliseconds of each of the equal stretches that the recording is divided into, from its start on. */
  readonly stretch_ms: number;
  /** The worst event of each stretch; the list ends where nothing more is known. */
  readonly worst: readonly (Exclude<Severity, 'info'> | undefined)[];
}

/** Playback state of a recording. */
export interface Playback {
  playing: boolean;
  speed: number;
  /** Milliseconds from the recording's first object; while it goes somewhere, where to. */
  position_ms: number;
  /** Absent while the length isn't known (a pipe). */
  duration_ms?: number;
  ended: boolean;
  /** It is read again from its start, to go back: what its frames make meanwhile is no moment to show. */
  rereading?: boolean;
  marks?: Marks;
}

export interface PlaybackControls {
  state(): Playback;
  playPause(): void;
  /** Steps whole samples, forwards (+1) or backwards (-1). Answers with a sentence when it can't. */
  step(n: number): string | undefined;
  /**
   * Goes to a position in milliseconds, within the recording, without waiting for what lies between. Playing or
   * paused it stays. Answers with a sentence when it can't (a pipe has no way back).
   */
  seek(positionMs: number): string | undefined;
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
