import type {ContainerRef} from '../../types/stream.ts';

/** A container as its runtime lists it. */
export interface KnownContainer extends ContainerRef {
  /** How often its like was started before in the same pod (CRI): its restarts. */
  attempt?: number;
}

/** Where a runtime may listen, and what it speaks there. */
export interface RuntimeSocket {
  path: string;
  runtime: string;
  protocol: 'cri' | 'docker';
}

/** The most that one listing may take: a runtime that passes them is not believed at all. */
export interface Limits {
  timeoutMs: number;
  maxBytes: number;
  maxContainers: number;
}

export const LIMITS: Limits = {timeoutMs: 2000, maxBytes: 8 << 20, maxContainers: 10_000};

/** Why a runtime gave no list, as a sentence for the user. `quiet`: there is nothing wrong with it. */
export class NoList extends Error {
  override name = 'NoList';

  constructor(
    why: string,
    readonly quiet = false,
  ) {
    super(why);
  }
}
