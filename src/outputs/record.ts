import {lstat, unlink} from 'node:fs/promises';
import type {Frame} from '../types/frame.ts';
import type {State} from '../types/state.ts';
import type {Header, ProbeChange, Sample, Summary} from '../types/stream.ts';
import {createOutputFile, type OutputFile} from './file.ts';
import type {Output} from './file-output.ts';
import {frameObjects, jsonLine} from './json.ts';
import {OutputError} from './sink.ts';

/** Names tried for the next part before giving up. */
const MAX_TRIES = 10_000;

export interface RecordLimits {
  /** After a sample with at least so many bytes in the file, the recording goes on in the next one. */
  maxSizeBytes?: number;
  /** Parts to keep, at least 2; older ones of this recording are removed. */
  maxFiles?: number;
}

/**
 * The JSON stream into FILE, and with a maximum size into FILE.1, FILE.2 … (as tcpdump -C does). Each part can be
 * replayed by itself: it begins with a header of that moment and a sample of no length that only carries the
 * counters. A name that exists already is skipped, never written over.
 */
export class RecordOutput implements Output {
  readonly #limits: RecordLimits;
  readonly #base: string;
  #file: OutputFile;
  #parts: OutputFile[];
  #number = 0;
  #header?: Header;

  /** Use `createRecording`. */
  constructor(file: OutputFile, limits: RecordLimits) {
    this.#file = file;
    this.#base = file.path;
    this.#parts = [file];
    this.#limits = limits;
  }

  get path(): string {
    return this.#file.path;
  }

  /** Bytes of the part that is being written (compressed). */
  get bytes(): number {
    return this.#file.bytes;
  }

  async frame(frame: Frame): Promise<void> {
    if (frame.header) this.#header = structuredClone(frame.header);
    for (const change of frame.probes) this.#note(change);
    await this.#file.write([...frameObjects(frame)].map(jsonLine).join(''));
    if (!frame.sample) return;
    await this.#file.flush();
    const {maxSizeBytes} = this.#limits;
    if (maxSizeBytes !== undefined && this.#file.bytes >= maxSizeBytes) await this.#next(frame.sample);
  }

  async finish(summary: Summary, _state?: State): Promise<void> {
    await this.#file.write(jsonLine(summary));
    await this.#file.close();
  }

  /** Closes the file as it is, after a failure. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  /** Keeps the header true for the next part. */
  #note({kind: _, time: _time, mono_ns: _mono, id, ...change}: ProbeChange): void {
    const probe = this.#header?.probes.find((each) => each.id === id);
    if (!this.#header || !probe) return;
    Object.assign(probe, change);
    const limits = this.#header.thresholds as unknown as Record<string, number>;
    if (change.warn_us !== undefined) limits[`${probe.subsystem}_warn_us`] = change.warn_us;
    if (change.crit_us !== undefined) limits[`${probe.subsystem}_crit_us`] = change.crit_us;
  }

  async #next(sample: Sample): Promise<void> {
    if (!this.#header) return;
    const file = await this.#create();
    await this.#file.close();
    this.#file = file;
    this.#parts.push(file);
    const {time, mono_ns} = sample;
    await file.write(jsonLine({...this.#header, time, mono_ns}) + jsonLine(startOf(sample)));
    await this.#removeOld();
  }

  async #create(): Promise<OutputFile> {
    for (let tries = 0; ; tries++) {
      try {
        return await createOutputFile(`${this.#base}.${++this.#number}`, {gzip: this.#base.endsWith('.gz')});
      } catch (error) {
        if (!(error instanceof OutputError && error.code === 'EEXIST') || tries >= MAX_TRIES) throw error;
      }
    }
  }

  async #removeOld(): Promise<void> {
    const {maxFiles} = this.#limits;
    while (maxFiles !== undefined && this.#parts.length > maxFiles) {
      const {path, inode} = this.#parts.shift() as OutputFile;
      const now = await lstat(path).catch(() => undefined);
      // Somebody may have moved it away and put another file there: only our own is removed.
      if (now?.ino === inode.ino && now.dev === inode.dev) await unlink(path).catch(() => {});
    }
  }
}

/**
 * What a recording begins with that doesn't begin with the run: a sample of no length, which carries the counters. Without what is summed
 * up: that was before.
 */
export function startOf({processes: _p, syscalls: _s, focus: _f, blame: _b, ...sample}: Sample): Sample {
  return {...sample, interval_ms: 0, histograms: [], subsystems: {}};
}

/** @throws {OutputError} when FILE exists already or can't be made. */
export async function createRecording(path: string, limits: RecordLimits = {}): Promise<RecordOutput> {
  return new RecordOutput(await createOutputFile(path), limits);
}
