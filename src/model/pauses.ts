import type {ProbeStateName} from '../types/stream.ts';

/** How often and how long in all (milliseconds) a probe was paused by the overhead governor. */
export interface Pause {
  id: string;
  times: number;
  ms: number;
  /** It still is. */
  now: boolean;
}

/** Keeps account of the probes' pauses over a run. */
export class Pauses {
  readonly #probes = new Map<string, {times: number; ms: number; since?: number}>();

  /** A probe has this state from now on. */
  note(id: string, state: ProbeStateName, atMs: number): void {
    const known = this.#probes.get(id);
    if (state === 'paused') {
      if (known?.since !== undefined) return;
      this.#probes.set(id, {times: (known?.times ?? 0) + 1, ms: known?.ms ?? 0, since: atMs});
    } else if (known?.since !== undefined) {
      this.#probes.set(id, {times: known.times, ms: known.ms + Math.max(0, atMs - known.since)});
    }
  }

  until(nowMs: number): Pause[] {
    return [...this.#probes].map(([id, {times, ms, since}]) => ({
      id,
      times,
      ms: ms + (since === undefined ? 0 : Math.max(0, nowMs - since)),
      now: since !== undefined,
    }));
  }
}
