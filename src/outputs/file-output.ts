import type {Frame} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Summary} from '../types/stream.ts';
import type {OutputFile} from './file.ts';

/** A face that writes a stream. Await what it returns before the next call. */
export interface Output {
  frame(frame: Frame): Promise<void> | undefined;
  finish(summary: Summary, state: State): Promise<void> | undefined;
}

/** Plain text or JSON into a file (`-o`): on disk at every sample, closed after the summary. */
export class FileOutput implements Output {
  readonly #inner: Output;
  readonly #file: OutputFile;

  /** `inner` writes to `file.write`. */
  constructor(inner: Output, file: OutputFile) {
    this.#inner = inner;
    this.#file = file;
  }

  async frame(frame: Frame): Promise<void> {
    await this.#inner.frame(frame);
    if (frame.sample) await this.#file.flush();
  }

  async finish(summary: Summary, state: State): Promise<void> {
    await this.#inner.finish(summary, state);
    await this.#file.close();
  }
}
