import type {KernelEvent} from '../../types/stream.ts';
import {Facts} from './facts.ts';

const RECENT_MS = 60_000;
/** Samples closer together than this share a piece. */
const PIECE_MS = 1000;

interface Piece {
  startMs: number;
  endMs: number;
  facts: Facts;
}

/** Facts of the whole run, and of the last 60 s in one piece a second or sample. */
export class FactLog {
  readonly #run = new Facts();
  #open = new Facts();
  #any = false;
  #pieces: Piece[] = [];

  add(event: KernelEvent): void {
    this.#open.add(event);
    this.#any = true;
  }

  /** Ends the current piece at a sample and forgets what is older than 60 s. */
  close(endMs: number): void {
    this.#pieces = this.#pieces.filter((piece) => piece.endMs > endMs - RECENT_MS);
    if (!this.#any) return;
    const last = this.#pieces.at(-1);
    if (last && endMs >= last.startMs && endMs - last.startMs < PIECE_MS) {
      last.facts.merge(this.#open);
      last.endMs = endMs;
    } else this.#pieces.push({startMs: endMs, endMs, facts: this.#open});
    this.#run.merge(this.#open);
    this.#open = new Facts();
    this.#any = false;
  }

  /** Time went backwards: there is no last minute. */
  forget(): void {
    this.#pieces = [];
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
