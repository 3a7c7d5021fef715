import {basename, resolve} from 'node:path';
import {exportSnapshot} from '../../outputs/snapshot.ts';
import {StreamRecorder} from '../../outputs/stream-recorder.ts';
import type {Frame} from '../../types/frame.ts';
import {bytes} from '../../util/format.ts';
import {Problem} from '../../util/problem.ts';
import {visible} from '../../util/sanitize.ts';
import type {Store} from '../state/store.ts';

/** What the keys for snapshots and recordings do. Whatever fails becomes a message, and collecting goes on. */
export class Keeper {
  readonly #store: Store;
  readonly #folder: string;
  #recorder?: StreamRecorder;
  /** Starting or stopping. */
  #busy?: Promise<void>;
  #exporting = false;

  /** Files go into `folder`. */
  constructor(store: Store, folder = '.') {
    this.#store = store;
    this.#folder = folder;
  }

  /** Takes each frame after the model did. Await what it returns before the next one. */
  readonly frame = (frame: Frame): Promise<void> | undefined => this.#recorder?.frame(frame);

  /** Writes what is shown now, frozen or not, into two new files. */
  async export(): Promise<void> {
    const store = this.#store;
    if (this.#exporting) return store.say('the last export is still being written', 'problem');
    this.#exporting = true;
    try {
      const {state, summary} = store;
      const files = summary && (await exportSnapshot(this.#folder, {state, summary}));
      if (files) store.say(`exported ${this.#shown(files.json)} and .txt`);
      else store.say('nothing to export yet', 'problem');
    } catch (error) {
      this.#failed('not exported', error);
    } finally {
      this.#exporting = false;
    }
  }

  /** Begins a recording of the stream, or ends the one that runs. */
  async record(): Promise<void> {
    this.#busy ??= this.#startOrStop().finally(() => (this.#busy = undefined));
    await this.#busy;
  }

  /** Ends a recording that runs, its summary written: nothing more comes. */
  async close(): Promise<void> {
    await this.#busy;
    if (this.#recorder) await this.#startOrStop();
  }

  async #startOrStop(): Promise<void> {
    try {
      if (this.#recorder) await this.#stop();
      else await this.#start();
    } catch (error) {
      this.#failed('not recording', error);
    }
  }

  async #start(): Promise<void> {
    const store = this.#store;
    const recorder = await StreamRecorder.start(this.#folder, store.current);
    if (!recorder) return store.say('nothing to record yet', 'problem');
    recorder.onFailure = (error) => {
      this.#drop(recorder);
      this.#failed('recording ended', error);
    };
    this.#recorder = recorder;
    store.recording = recorder;
    store.say(`recording into ${this.#shown(recorder.path)}`);
  }

  async #stop(): Promise<void> {
    const recorder = this.#recorder;
    const summary = this.#store.summarise?.();
    if (!recorder || !summary) return;
    this.#drop(recorder);
    if (!(await recorder.stop(summary))) return;
    const done = `recorded ${this.#shown(recorder.path)}, ${bytes(recorder.bytes)}`;
    if (this.#store.stopping) told(done);
    else this.#store.say(done);
  }

  #drop(recorder: StreamRecorder): void {
    if (this.#recorder !== recorder) return;
    this.#recorder = undefined;
    this.#store.recording = undefined;
  }

  /** The name alone where the user is, else where it is. */
  #shown(path: string): string {
    return resolve(this.#folder) === process.cwd() ? basename(path) : path;
  }

  /** The reason comes first: a long path may not fit. */
  #failed(what: string, error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    const why = `${error.why}${error.remedy ? ` (${error.remedy})` : ''}`;
    if (this.#store.stopping) told(`${error.what}: ${what}: ${why}`);
    else this.#store.say(`${what}: ${why}: ${error.what}`, 'problem');
  }
}

/** At the end, when the screen goes: on stderr. */
const told = (text: string): void => void process.stderr.write(`kstop: ${visible(text)}\n`);
