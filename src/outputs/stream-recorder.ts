import {join} from 'node:path';
import type {Frame} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Summary} from '../types/stream.ts';
import {ROWS} from '../util/limits.ts';
import {fileStem, withFreeName} from './file-name.ts';
import {createRecording, type RecordOutput, startOf} from './record.ts';
import {headerNow} from './snapshot.ts';

/** More objects than this waiting for a slow disk, and the stream waits for it, so that memory stays bounded. */
const MAX_WAITING = 50_000;

/** A recording of the stream from some moment on, beside whatever else is done with it. */
export class StreamRecorder {
  /** Called once, with what ended the recording early. What was written until then stays. */
  onFailure: (error: unknown) => void = () => {};
  readonly #output: RecordOutput;
  #written: Promise<void>;
  #waiting = 0;
  #failed = false;

  private constructor(output: RecordOutput, first: Frame) {
    this.#output = output;
    this.#written = this.#write(first);
  }

  /**
   * Makes a new file in a folder and begins it with `state` as it is when the file is there: give it every frame from
   * then on. Undefined when there is no header yet.
   * @throws {OutputError} when the file can't be made.
   */
  static async start(folder: string, state: State): Promise<StreamRecorder | undefined> {
    const {header, now} = state;
    if (!header || now === undefined) return undefined;
    const output = await withFreeName(fileStem(header.host.name, now), (stem) =>
      createRecording(join(folder, `${stem}.ndjson.gz`)),
    );
    return new StreamRecorder(output, beginning(state));
  }

  get path(): string {
    return this.#output.path;
  }

  /** Bytes in the file or on their way to it. */
  get bytes(): number {
    return this.#output.bytes;
  }

  /** Takes a frame after the model has completed it. Await what it returns before the next one. */
  frame(frame: Frame): Promise<void> | undefined {
    if (this.#failed) return undefined;
    const objects = frame.events.length + 1;
    this.#waiting += objects;
    this.#written = this.#written.then(() => this.#write(frame)).finally(() => (this.#waiting -= objects));
    return this.#waiting > MAX_WAITING ? this.#written : undefined;
  }

  /** Writes the summary and closes the file. False when it had failed, or did now. */
  async stop(summary: Summary): Promise<boolean> {
    await this.#written;
    await this.#guarded(() => this.#output.finish(summary));
    return !this.#failed;
  }

  #write(frame: Frame): Promise<void> {
    return this.#guarded(() => this.#output.frame(withRows(frame)));
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#failed) return;
    try {
      await work();
    } catch (error) {
      this.#failed = true;
      await this.#output.abandon();
      this.onFailure(error);
    }
  }
}

/** A screen's samples have all processes and containers, a recording's the busiest. */
function withRows(frame: Frame): Frame {
  const {sample} = frame;
  const {processes = [], containers = []} = sample ?? {};
  if (!sample || (processes.length <= ROWS && containers.length <= ROWS)) return frame;
  const few = {
    ...(processes.length > 0 && {processes: processes.slice(0, ROWS)}),
    ...(containers.length > 0 && {containers: containers.slice(0, ROWS)}),
  };
  return {...frame, sample: {...sample, ...few}};
}

/** Header and counters of this moment. */
function beginning(state: State): Frame {
  const {sample, now = '', nowNs = 0n} = state;
  const {time, mono_ns} = sample ?? {time: now, mono_ns: String(nowNs)};
  const header = headerNow(state);
  return {
    events: [],
    probes: [],
    errors: [],
    ...(header && {header: {...header, time, mono_ns}}),
    ...(sample && {sample: startOf(sample)}),
  };
}
