import type {KernelEvent} from '../../types/stream.ts';

/**
 * What reported events say beyond the counts, for one subsystem. Bounded in size and mergeable, so that one object can
 * stand for a run and sixty small ones for the last minute.
 */
export interface Part<T> {
  /** Takes an event in if it is of its types. */
  add(event: KernelEvent): void;
  merge(from: T): void;
}

/** The one with the longer latency. */
export function worse<T extends {latency_us: number}>(a: T | undefined, b: T | undefined): T | undefined {
  if (!a || !b) return a ?? b;
  return b.latency_us > a.latency_us ? b : a;
}
