import type {Marks} from '../types/frame.ts';
import type {KernelEvent} from '../types/stream.ts';

/** More stretches than any terminal has columns; a longer recording gets longer ones. */
const STRETCHES = 1024;
const FIRST_STRETCH_MS = 100;

/** Collects where in a recording the warnings and critical events are, in bounded memory whatever its length. */
export class MarkCollector implements Marks {
  stretch_ms = FIRST_STRETCH_MS;
  worst: ('warning' | 'critical' | undefined)[] = [];

  /** Notes an event at so many milliseconds from the recording's start. Noting it again changes nothing. */
  add({severity}: Pick<KernelEvent, 'severity'>, atMs: number): void {
    if (severity === 'info' || !Number.isFinite(atMs)) return;
    const ms = Math.max(0, atMs);
    while (ms >= STRETCHES * this.stretch_ms) this.#widen();
    const at = Math.floor(ms / this.stretch_ms);
    if (this.worst[at] !== 'critical') this.worst[at] = severity;
  }

  #widen(): void {
    const {worst} = this;
    this.worst = Array.from({length: Math.ceil(worst.length / 2)}, (_, i) =>
      worst[2 * i] === 'critical' ? 'critical' : (worst[2 * i + 1] ?? worst[2 * i]),
    );
    this.stretch_ms *= 2;
  }
}
