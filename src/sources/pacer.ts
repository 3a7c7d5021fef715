import type {Frame, Playback, PlaybackControls} from '../types/frame.ts';
import type {Stamp} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';
import {MarkCollector} from './marks.ts';

/** Milliseconds of any steady clock, and a sleep that `wake` ends early. */
export interface PacerClock {
  now(): number;
  sleep(ms: number, wake: Promise<void>): Promise<void>;
}

/** setTimeout can't hold more; a longer wait just asks again. */
const MAX_SLEEP_MS = 60_000;
const MIN_SPEED = 0.1;
const MAX_SPEED = 1000;
const NO_WAY_BACK = 'what comes through a pipe has no way back';
const AT_END = 'this is the end of the recording';

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
    frame.traces?.at(-1),
    frame.summary,
  ];
  return Math.max(...stamps.flatMap((stamp) => (stamp ? [monoMs(stamp)] : [])));
}

/**
 * Lets a recording's frames through by its own time: play, pause, speed, steps by whole samples, and to any position.
 * Going back asks for another pass and lets that one through without waiting, up to where it shall be: the state there
 * is the one that playing makes. From a pipe there is no way back.
 */
export class Pacer implements PlaybackControls {
  readonly marks = new MarkCollector();
  readonly #seekable: boolean;
  readonly #clock: PacerClock;
  readonly #playback: Playback;
  #startMs = 0;
  /** Wall clock and position that playing goes on from. */
  #anchor = {wall: 0, position: 0};
  #samples = 0;
  /** Samples up to which nothing waits. */
  #target = 0;
  /** Position up to which nothing waits, while one is sought. */
  #sought?: number;
  /** Position of the last frame that was let through. */
  #passed = 0;
  /** On the way of a step or to a position. */
  #hurrying = false;
  #back = false;
  #rereading = false;
  #stopped = false;
  #changed = Promise.withResolvers<void>();

  constructor(seekable: boolean, durationMs?: number, clock: PacerClock = realClock) {
    this.#seekable = seekable;
    this.#clock = clock;
    this.#playback = {playing: true, speed: 1, position_ms: 0, ended: false};
    if (durationMs !== undefined) this.#playback.duration_ms = durationMs;
  }

  state(): Playback {
    const position_ms = this.#sought ?? this.#playback.position_ms;
    return {...this.#playback, position_ms, rereading: this.#rereading, marks: this.marks};
  }

  /** The length became known before the end was reached. */
  length(durationMs: number): void {
    this.#playback.duration_ms ??= durationMs;
  }

  /** At the end of a file, playing starts again from its beginning. */
  playPause(): void {
    if (this.#playback.ended && !this.#back && !this.#rewind(0)) return;
    this.#mark();
    this.#playback.playing = !this.#playback.playing;
    this.#notify();
  }

  step(n: number): string | undefined {
    const steps = Math.trunc(n);
    const at = this.#back ? this.#target : Math.max(this.#samples, this.#target);
    if (steps > 0 && this.#playback.ended) return AT_END;
    if (steps < 0 && !this.#rewind(Math.max(1, at + steps))) return NO_WAY_BACK;
    if (steps > 0) this.#target = at + steps;
    this.#hurrying = true;
    this.#mark();
    this.#playback.playing = false;
    this.#notify();
    return undefined;
  }

  seek(positionMs: number): string | undefined {
    const {duration_ms = Number.POSITIVE_INFINITY, ended} = this.#playback;
    const to = Math.max(0, Math.min(positionMs, duration_ms));
    if (Number.isNaN(to)) return undefined;
    if (this.#back || to < this.#passed) {
      if (!this.#rewind(0, to)) return NO_WAY_BACK;
    } else if (ended) return AT_END;
    this.#target = 0;
    this.#sought = to;
    this.#hurrying = true;
    this.#notify();
    return undefined;
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
    this.#passed = 0;
    this.#back = false;
    Object.assign(this.#playback, {position_ms: 0, ended: false});
    this.#anchor = {wall: this.#clock.now(), position: 0};
  }

  /**
   * Resolves with `now` when the frame may be delivered, with `arrived` when a step or a seek ends before it (ask
   * again), or with `back` when the recording must be read again.
   */
  async due(frame: Frame): Promise<'now' | 'arrived' | 'back'> {
    const position = Math.max(0, frameMs(frame) - this.#startMs);
    for (const event of frame.events) this.marks.add(event, monoMs(event) - this.#startMs);
    while (!this.#stopped && !this.#back && this.#samples >= this.#target && position > (this.#sought ?? -1)) {
      if (this.#hurrying) return this.#arrive();
      const wait = this.#playback.playing ? this.#wait(position) : MAX_SLEEP_MS;
      if (wait <= 0) break;
      await this.#clock.sleep(Math.min(wait, MAX_SLEEP_MS), this.#changed.promise);
    }
    if (this.#back) return 'back';
    this.#playback.position_ms = position;
    this.#passed = position;
    if (frame.sample) this.#samples++;
    const hurried = this.#samples <= this.#target || this.#sought !== undefined;
    if (hurried) this.#anchor = {wall: this.#clock.now(), position};
    if (this.#samples >= this.#target && this.#sought === undefined) this.#rereading = false;
    return 'now';
  }

  /** The last frame was delivered. */
  finish(): void {
    Object.assign(this.#playback, {ended: true, playing: false, duration_ms: this.#playback.position_ms});
    this.#target = this.#samples;
    this.#sought = undefined;
    this.#hurrying = false;
    this.#rereading = false;
  }

  /** After the end: waits for a way back, if there is one. */
  async ended(): Promise<'end' | 'back'> {
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

  #rewind(target: number, sought?: number): boolean {
    if (!this.#seekable) return false;
    this.#target = target;
    this.#sought = sought;
    this.#rereading = target > 0 || sought !== undefined;
    this.#back = true;
    return true;
  }

  /** Playing goes on from the position itself, which mostly lies between two frames. */
  #arrive(): 'arrived' {
    const position = this.#sought ?? this.#playback.position_ms;
    this.#sought = undefined;
    this.#hurrying = false;
    this.#rereading = false;
    this.#playback.position_ms = position;
    this.#anchor = {wall: this.#clock.now(), position};
    return 'arrived';
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
