import type {KernelEvent} from '../types/stream.ts';
import {Facts} from './facts.ts';

const RECENT_MS = 60_000;

/** Facts of the whole run, and of the last 60 s in one piece a sample. */
export class FactLog {
  readonly #run = new Facts();
  #open = new Facts();
  #any = false;
  #pieces: {endMs: number; facts: Facts}[] = [];

  add(event: KernelEvent): void {
    this.#open.add(event);
    this.#any = true;
  }

  /** Ends the current piece at a sample and forgets what is older than 60 s. */
  close(endMs: number): void {
    this.#pieces = this.#pieces.filter((piece) => piece.endMs > endMs - RECENT_MS);
    if (!this.#any) return;
    this.#pieces.push({endMs, facts: this.#open});
    this.#run.merge(this.#open);
    this.#open = new Facts();
    this.#any = false;
  }

  /** The last 60 s, up to the last sample. */
  recent(): Facts {
    const sum = new Facts();
    for (const {facts} of this.#pieces) sum.merge(facts);
    return sum;
  }

  /** Everything, with what came after the last sample. */
  run(): Facts {
    const sum = new Facts();
    sum.merge(this.#run);
    sum.merge(this.#open);
    return sum;
  }
}
