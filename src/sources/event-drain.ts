import {type DecodeContext, Decoder} from '../native/decode.ts';
import type {Engine} from '../native/engine.ts';
import type {KernelEvent} from '../types/stream.ts';

/** Events reach the faces at most this much after the kernel saw them. */
const DRAIN_MS = 100;
/** 4,096 of the largest records. */
const DRAIN_BYTES = 4096 * 192;

export interface DrainOptions {
  engine: Engine;
  context: DecodeContext;
  /** Tells the kernel side whether the first event shall end a wait. */
  wakeAtFirst(on: boolean): void;
  /** What becomes of the events of one drain. */
  sift(events: KernelEvent[]): KernelEvent[];
}

/** Takes what the programs have sent out of the ring buffer, one drain at a time. */
export class EventDrain {
  private readonly buffer = new Uint8Array(DRAIN_BYTES);
  private readonly decoder: Decoder;
  private rhythm: 'busy' | 'settling' | 'quiet' = 'busy';
  private running: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: DrainOptions) {
    this.decoder = new Decoder(this.buffer, options.context);
  }

  /** From now on there are no more events. Settles when nobody uses the engine any more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  /** `close` waits for it too. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.running = work.catch(() => undefined);
    return work;
  }

  /** Events of the next `timeoutMs`, as soon as there are some; none once it is closed. */
  async once(timeoutMs: number): Promise<KernelEvent[]> {
    if (this.closed) return [];
    const bytes = await this.during(this.options.engine.drain(this.buffer, Math.ceil(timeoutMs)));
    if (this.closed) return [];
    const events: KernelEvent[] = [];
    this.decoder.decode(bytes, events);
    return this.options.sift(events);
  }

  /**
   * Events within DRAIN_MS while they come. Once they don't, the wait is as long as it may be and the first event ends
   * it; between the two one drain looks for events that came before the kernel side knew that it shall wake.
   */
  async next(mostMs: number): Promise<KernelEvent[]> {
    const waits = {busy: DRAIN_MS, settling: 0, quiet: mostMs};
    const events = await this.once(Math.min(waits[this.rhythm], mostMs));
    if (this.closed) return events;
    const next = events.length > 0 ? 'busy' : this.rhythm === 'busy' ? 'settling' : 'quiet';
    if ((next === 'busy') !== (this.rhythm === 'busy')) this.options.wakeAtFirst(next !== 'busy');
    this.rhythm = next;
    return events;
  }
}
