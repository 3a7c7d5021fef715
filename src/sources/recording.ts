import type {Frame, PlaybackControls, Source} from '../types/frame.ts';
import type {Header} from '../types/stream.ts';
import {Pacer, type PacerClock} from './pacer.ts';
import type {RecordingError} from './recording-error.ts';
import {RecordingPass} from './recording-pass.ts';
import {survey} from './recording-survey.ts';
import {durationOf} from './recording-tail.ts';

/** Frames of a paced replay are at most this long, so that events come when they came. */
const PACED_SPAN_MS = 100;

/** A frame that brings nothing: the reader looks at the playback anew. */
const nothing = (): Frame => ({events: [], probes: [], errors: []});

export interface RecordingOptions {
  /** Path, or `-` for stdin. */
  file: string;
  /** `fast`: as quickly as the reader takes it. `paced`: by the recording's own time, with playback controls. */
  pace: 'fast' | 'paced';
  stdin?: AsyncIterable<Uint8Array>;
  /** For tests. */
  clock?: PacerClock;
}

/**
 * A recording as a Source: a plain or gzip file, or a pipe from a live kstop. Never holds more of it than a line.
 * After `frames` has ended, `fault` says what was wrong; the same is the last frame's error object.
 * Paced, a file's frames end only by `stop`: at its end it waits for a step back, or to be played again.
 */
export class Recording implements Source {
  readonly playback?: PlaybackControls;
  /** `cut-off` is nothing to fail for; any other fault means exit code 2 after what could be shown. */
  fault?: RecordingError;
  readonly #options: RecordingOptions;
  readonly #pacer?: Pacer;
  #pass: RecordingPass;
  #header: Header;
  #stopped = false;
  #surveyed = false;

  /** Use `openRecording`. */
  constructor(options: RecordingOptions, pass: RecordingPass, header: Header, durationMs?: number) {
    this.#options = options;
    this.#pass = pass;
    this.#header = header;
    if (options.pace === 'fast') return;
    this.#pacer = new Pacer(options.file !== '-', durationMs, options.clock);
    this.playback = this.#pacer;
  }

  async *frames(): AsyncGenerator<Frame> {
    this.#survey();
    try {
      while (!this.#stopped) {
        const again = yield* this.#onePass();
        if (!again) return;
        await this.#pass.close();
        this.#pass = newPass(this.#options);
        this.#header = await this.#pass.open();
      }
    } finally {
      await this.#pass.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#pacer?.stop();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#pass.close();
  }

  /** Looks the whole file through beside the replay, for its length and its marks. */
  #survey(): void {
    const pacer = this.#pacer;
    if (!pacer || this.#surveyed) return;
    this.#surveyed = true;
    void survey(this.#options.file, this.#header, pacer.marks, () => this.#stopped).then((durationMs) => {
      if (durationMs !== undefined) pacer.length(durationMs);
    });
  }

  /** True when it has to be read again from its start (a step back). */
  async *#onePass(): AsyncGenerator<Frame, boolean> {
    const pacer = this.#pacer;
    pacer?.begin(this.#header);
    yield {...nothing(), header: this.#header};
    let failure: unknown;
    const frames = this.#pass.frames();
    try {
      for (let next = await frames.next(); !next.done && !this.#stopped; next = await frames.next()) {
        let word = await pacer?.due(next.value);
        while (word === 'arrived') {
          yield nothing();
          word = await pacer?.due(next.value);
        }
        if (word === 'back') return true;
        if (this.#stopped) return false;
        yield next.value;
      }
    } catch (error) {
      failure = error;
    }
    if (this.#stopped) return false;
    yield* this.#end(failure);
    if (!pacer) return false;
    pacer.finish();
    yield nothing();
    return (await pacer.ended()) === 'back';
  }

  *#end(failure: unknown): Generator<Frame> {
    this.fault = this.#pass.fault(failure);
    if (!this.fault) return;
    const {what, why, remedy} = this.fault;
    const {time, mono_ns} = this.#pass.last ?? this.#header;
    const error = {kind: 'error' as const, time, mono_ns, what, why, ...(remedy && {remedy})};
    yield {events: [], probes: [], errors: [error]};
  }
}

function newPass({file, pace, stdin = process.stdin}: RecordingOptions): RecordingPass {
  return new RecordingPass(file, stdin, pace === 'paced' ? PACED_SPAN_MS : undefined);
}

/**
 * Opens a recording and reads its header.
 * @throws {RecordingError} when it is empty, no recording, damaged at its start, or of a newer schema.
 */
export async function openRecording(options: RecordingOptions): Promise<Recording> {
  const pass = newPass(options);
  const header = await pass.open();
  const duration = options.pace === 'paced' ? await durationOf(options.file, header) : undefined;
  return new Recording(options, pass, header, duration);
}
