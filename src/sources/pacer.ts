import type {Frame, Playback, PlaybackControls} from '../types/frame.ts';
import type {Stamp} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';

/** Milliseconds of any steady clock, and a sleep that `wake` ends early. */
export interface PacerClock {
  now(): number;
  sleep(ms: number, wake: Promise<void>): Promise<void>;
}

/** setTimeout can't hold more; a longer wait just asks again. */
const MAX_SLEEP_MS = 60_000;
const MIN_SPEED = 0.1;
const MAX_SPEED = 1000;

const realClock: PacerClock = {
  now: () => performance.now(),
  async sleep(ms, wake) {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([over, wake]);
    clearTimeout(timer);
  },
};

/** The last moment that a frame tells of. */
function frameMs(frame: Frame): number {
  const stamps: (Stamp | undefined)[] = [
    frame.sample,
    frame.events.at(-1),
    frame.probes.at(-1),
    frame.errors.at(-1),
    frame.summary,
  ];
  return Math.max(...stamps.flatMap((stamp) => (stamp ? [monoMs(stamp)] : [])));
}

/**
 * Lets a recording's frames through by its own time: play, pause, speed, steps by whole samples. A step back asks for
 * another pass and lets that one through without waiting, up to the sample before. From a pipe there is no way back.
 */
export class Pacer implements PlaybackControls {
  readonly #seekable: boolean;
  readonly #clock: PacerClock;
  readonly #playback: Playback;
  #startMs = 0;
  /** Wall clock and position that playing goes on from. */
  #anchor = {wall: 0, position: 0};
  #samples = 0;
  /** Samples up to which nothing waits. */
  #target = 0;
  #back = false;
  #stopped = false;
  #changed = Promise.withResolvers<void>();

  constructor(seekable: boolean, durationMs?: number, clock: PacerClock = realClock) {
    this.#seekable = seekable;
    this.#clock = clock;
    this.#playback = {playing: true, speed: 1, position_ms: 0, ended: false};
    if (durationMs !== undefined) this.#playback.duration_ms = durationMs;
  }

  state(): Playback {
    return {...this.#playback};
  }

  /** At the end of a file, playing starts again from its beginning. */
  playPause(): void {
    if (this.#playback.ended && !this.#rewind(0)) return;
    this.#mark();
    this.#playback.playing = !this.#playback.playing;
    this.#notify();
  }

  step(n: number): void {
    const steps = Math.trunc(n);
    const at = this.#back ? this.#target : Math.max(this.#samples, this.#target);
    if (steps > 0 && this.#playback.ended) return;
    if (steps < 0 && !this.#rewind(Math.max(1, at + steps))) return;
    if (steps > 0) this.#target = at + steps;
    this.#mark();
    this.#playback.playing = false;
    this.#notify();
  }

  /** Times the recording's own speed, 0.1 to 1000. */
  speed(factor: number): void {
    if (!(factor > 0)) return;
    this.#mark();
    this.#playback.speed = Math.min(MAX_SPEED, Math.max(MIN_SPEED, factor));
    this.#notify();
  }

  /** A pass begins with this header. */
  begin(header: Stamp): void {
    this.#startMs = monoMs(header);
    this.#samples = 0;
    this.#back = false;
    Object.assign(this.#playback, {position_ms: 0, ended: false});
    this.#anchor = {wall: this.#clock.now(), position: 0};
  }

  /** Resolves when the frame may be delivered, or with `back` when the recording must be read again. */
  async due(frame: Frame): Promise<'now' | 'back'> {
    const position = Math.max(0, frameMs(frame) - this.#startMs);
    while (!this.#stopped && !this.#back && this.#samples >= this.#target) {
      const wait = this.#playback.playing ? this.#wait(position) : MAX_SLEEP_MS;
      if (wait <= 0) break;
      await this.#clock.sleep(Math.min(wait, MAX_SLEEP_MS), this.#changed.promise);
    }
    if (this.#back) return 'back';
    this.#playback.position_ms = position;
    if (frame.sample) this.#samples++;
    if (this.#samples <= this.#target) this.#anchor = {wall: this.#clock.now(), position};
    return 'now';
  }

  /** After the last frame: waits for a step back, if there is one. */
  async ended(): Promise<'end' | 'back'> {
    Object.assign(this.#playback, {ended: true, playing: false, duration_ms: this.#playback.position_ms});
    this.#target = this.#samples;
    while (this.#seekable && !this.#stopped && !this.#back) await this.#changed.promise;
    return this.#back && !this.#stopped ? 'back' : 'end';
  }

  stop(): void {
    this.#stopped = true;
    this.#notify();
  }

  #wait(position: number): number {
    const {wall, position: from} = this.#anchor;
    return wall + (position - from) / this.#playback.speed - this.#clock.now();
  }

  #rewind(target: number): boolean {
    if (!this.#seekable) return false;
    this.#target = target;
    this.#back = true;
    return true;
  }

  /** Before playing or speed changes: what has played so far counts at the old speed. */
  #mark(): void {
    const now = this.#clock.now();
    const played = this.#playback.playing ? (now - this.#anchor.wall) * this.#playback.speed : 0;
    this.#anchor = {wall: now, position: this.#anchor.position + played};
  }

  #notify(): void {
    const {resolve} = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
