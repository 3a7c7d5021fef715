import type {Frame} from '../types/frame.ts';
import type {StreamObject} from '../types/stream.ts';
import {monoMs} from '../util/stamp.ts';

const MAX_EVENTS = 4096;

function empty(): Frame {
  return {events: [], probes: [], errors: []};
}

/**
 * Puts a stream's objects back together as frames: one ends with its sample or a trace, before a new header, after 4,096 events,
 * or (for pacing) when it spans more than `maxSpanMs` of the recording's time.
 */
export class FrameBuilder {
  readonly #maxSpanMs: number;
  #frame = empty();
  #used = false;
  #startMs = 0;

  constructor(maxSpanMs = Number.POSITIVE_INFINITY) {
    this.#maxSpanMs = maxSpanMs;
  }

  /** Takes one object; returns the frames that are complete with it. */
  add(object: StreamObject): Frame[] {
    const atMs = monoMs(object);
    const done: Frame[] = [];
    if (this.#used && (object.kind === 'header' || atMs - this.#startMs > this.#maxSpanMs)) done.push(...this.flush());
    if (!this.#used) this.#startMs = atMs;
    this.#used = true;
    const frame = this.#frame;
    if (object.kind === 'header') frame.header = object;
    else if (object.kind === 'event') frame.events.push(object);
    else if (object.kind === 'probe') frame.probes.push(object);
    else if (object.kind === 'error') frame.errors.push(object);
    else if (object.kind === 'trace') frame.traces = [object];
    else if (object.kind === 'summary') frame.summary = object;
    else frame.sample = object;
    const full = frame.sample || frame.traces || frame.summary || frame.header || frame.events.length >= MAX_EVENTS;
    return full ? [...done, ...this.flush()] : done;
  }

  /** What has been taken since the last complete frame. */
  flush(): Frame[] {
    if (!this.#used) return [];
    const frame = this.#frame;
    this.#frame = empty();
    this.#used = false;
    return [frame];
  }
}
