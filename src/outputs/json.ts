import type {Frame} from '../types/frame.ts';
import type {StreamObject, Summary} from '../types/stream.ts';
import type {Write} from './sink.ts';

/** What JSON.stringify leaves as it is but a terminal may act on: DEL, C1 controls, separators, bidi and zero-width. */
const RISKY = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const RISKY_ALL = new RegExp(RISKY.source, 'g');

/** One object as one line, its newline included. Parses back to the same object; holds no raw control character. */
export function jsonLine(object: object): string {
  const text = JSON.stringify(object);
  if (!RISKY.test(text)) return `${text}\n`;
  return `${text.replace(RISKY_ALL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/** A frame's objects in stream order: header, probes, errors, events, traces, and the sample that ends the interval. */
export function* frameObjects(frame: Frame): Generator<StreamObject> {
  if (frame.header) yield frame.header;
  yield* frame.probes;
  yield* frame.errors;
  yield* frame.events;
  yield* frame.traces ?? [];
  if (frame.sample) yield frame.sample;
}

export interface JsonOptions {
  write: Write;
  /** Only header, errors and summary. */
  quiet?: boolean;
}

/** The JSON stream (NDJSON). Give it each frame after the model has completed it; await what it returns. */
export class JsonOutput {
  readonly #write: Write;
  readonly #quiet: boolean;

  constructor({write, quiet = false}: JsonOptions) {
    this.#write = write;
    this.#quiet = quiet;
  }

  frame(frame: Frame): Promise<void> | undefined {
    const objects = [...frameObjects(frame)];
    const shown = this.#quiet ? objects.filter(({kind}) => kind === 'header' || kind === 'error') : objects;
    return shown.length > 0 ? this.#write(shown.map(jsonLine).join('')) : undefined;
  }

  finish(summary: Summary): Promise<void> | undefined {
    return this.#write(jsonLine(summary));
  }
}
