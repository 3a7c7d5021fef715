import {createReadStream} from 'node:fs';
import type {Frame} from '../types/frame.ts';
import type {Header, Stamp, StreamObject} from '../types/stream.ts';
import {SCHEMA} from '../types/stream.ts';
import {Invalid} from './check.ts';
import {FrameBuilder} from './frame-builder.ts';
import {gunzip, isGzip} from './gunzip.ts';
import {type Line, lineBatches} from './lines.ts';
import {RecordingError} from './recording-error.ts';
import {schemaOf, validate} from './validate.ts';

/** A header is a few KiB; what has no newline in so many bytes is no recording. */
const MAX_FIRST_LINE = 1024 * 1024;

const UNREADABLE: Record<string, [why: string, remedy?: string] | undefined> = {
  ENOENT: ['there is no such file', 'check the name'],
  EACCES: ['permission denied', 'recordings made as root belong to the user behind sudo, else to root'],
  EISDIR: ['it is a folder', 'name a file in it'],
};

/** One reading of a recording, from its first line to its end. */
export class RecordingPass {
  readonly #file: string;
  readonly #input: AsyncIterable<Uint8Array>;
  readonly #builder: FrameBuilder;
  #batches?: AsyncGenerator<Line[]>;
  #first: Line[] = [];
  #line = 1;
  #bad = 0;
  #firstBad = '';
  #last?: Stamp;
  #summary = false;

  /** `stdin` is read when `file` is `-`. Frames span at most `maxSpanMs` of the recording's time. */
  constructor(file: string, stdin: AsyncIterable<Uint8Array>, maxSpanMs?: number) {
    this.#file = file === '-' ? 'stdin' : file;
    this.#input = file === '-' ? stdin : createReadStream(file);
    this.#builder = new FrameBuilder(maxSpanMs);
  }

  /**
   * Reads as far as the header. A snapshot (one object of another shape) would be told apart here.
   * @throws {RecordingError} when this is no recording, or none that this version can read.
   */
  async open(): Promise<Header> {
    try {
      this.#batches = lineBatches(this.#bytes());
      const {value: batch} = await this.#batches.next();
      const [first, ...rest] = (batch ?? []) as Line[];
      if (!first) throw this.#error('empty', 'it is empty', 'record again');
      this.#first = rest;
      return this.#header(first);
    } catch (error) {
      await this.close();
      throw this.#readError(error);
    }
  }

  /** Everything after the header. When it ends, `fault` says whether all was well. */
  async *frames(): AsyncGenerator<Frame> {
    for (let batch: Line[] | undefined = this.#first; batch; batch = (await this.#batches?.next())?.value) {
      for (const line of batch) {
        const object = this.#object(line);
        if (object) yield* this.#builder.add(object);
      }
      yield* this.#builder.flush();
    }
  }

  /** What was wrong with it, after the last frame (or after `frames` threw `error`). */
  fault(error?: unknown): RecordingError | undefined {
    const kept = 'what came before is shown';
    if (error !== undefined) return this.#readError(error);
    if (this.#bad > 0) {
      const lines = this.#bad === 1 ? 'one line is' : `${this.#bad} lines are`;
      return this.#error('corrupt', `${lines} damaged and left out (${this.#firstBad})`, 'the rest is shown');
    }
    if (this.#summary) return undefined;
    return this.#error(
      'cut-off',
      `it ends without a summary: it was cut off after line ${this.#line}, or goes on in another file`,
      kept,
    );
  }

  /** Time of the last object, for an error object at the end. */
  get last(): Stamp | undefined {
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#batches?.return(undefined);
    if ('destroy' in this.#input && typeof this.#input.destroy === 'function') this.#input.destroy();
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    const iterator = this.#input[Symbol.asyncIterator]();
    const start: Uint8Array[] = [];
    let size = 0;
    while (size < 2) {
      const {value, done} = await iterator.next();
      if (done) break;
      start.push(value);
      size += value.length;
    }
    const whole = (async function* () {
      yield* start;
      yield* {[Symbol.asyncIterator]: () => iterator};
    })();
    const head = Uint8Array.from(start.flatMap((chunk) => [...chunk.subarray(0, 2)]));
    yield* this.#firstLineWithin(isGzip(head) ? gunzip(whole) : whole);
  }

  async *#firstLineWithin(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let size = 0;
    let found = false;
    for await (const chunk of chunks) {
      found ||= chunk.includes(10);
      size += chunk.length;
      if (!found && size > MAX_FIRST_LINE) throw this.#notOne();
      yield chunk;
    }
  }

  #header(line: Line): Header {
    const value = 'text' in line ? parse(line.text) : undefined;
    if (value === undefined) throw this.#notOne();
    const schema = schemaOf(value);
    if (schema !== undefined && schema > SCHEMA) {
      throw this.#error(
        'newer-schema',
        `it has schema ${schema}, this kstop reads up to ${SCHEMA}`,
        'use a newer kstop',
      );
    }
    try {
      const object = validate(value, 'text' in line ? line.text.length : 0);
      if (object?.kind !== 'header')
        throw this.#error('no-header', 'its first line is no header', 'it lacks its start');
      this.#last = object;
      return object;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      const kind = typeof value === 'object' && value !== null && 'kind' in value;
      throw kind ? this.#error('corrupt', `its first line is damaged: ${error.message}`) : this.#notOne();
    }
  }

  #object(line: Line): StreamObject | undefined {
    this.#line++;
    const value = 'text' in line ? parse(line.text) : undefined;
    // Half a line at the very end is where it was cut off, not damage.
    if (value === undefined && 'open' in line) {
      this.#line--;
      return undefined;
    }
    try {
      if (value === undefined) throw new Invalid('tooLong' in line ? 'it is too long' : 'it is no JSON');
      const object = validate(value, 'text' in line ? line.text.length : 0);
      if (object?.kind === 'header' && object.schema > SCHEMA) throw new Invalid('it has a newer schema');
      if (object) this.#last = object;
      if (object) this.#summary = object.kind === 'summary';
      return object;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#bad++;
      this.#firstBad ||= `line ${this.#line}: ${error.message}`;
      return undefined;
    }
  }

  #notOne(): RecordingError {
    return this.#error('not-a-recording', 'it is not a recording of kstop', 'make one with kstop record FILE');
  }

  #readError(error: unknown): RecordingError {
    if (error instanceof RecordingError) return error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = error instanceof Error ? error.message : String(error);
    if (code.startsWith('Z_')) {
      return this.#error('gzip', `its gzip data is damaged (${message})`, 'what came before the damage is shown');
    }
    const [why, remedy] = UNREADABLE[code] ?? [message];
    return this.#error('unreadable', why, remedy);
  }

  #error(fault: RecordingError['fault'], why: string, remedy?: string): RecordingError {
    return new RecordingError(this.#file, fault, why, remedy);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
