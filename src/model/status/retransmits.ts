import {count, percent} from '../../util/format.ts';
import {keep} from '../bounded.ts';
import type {Increase} from '../counters.ts';
import {OK, type Verdict} from './judge.ts';

/** Fewer retransmitted segments than this in the window say nothing: one lost packet on a quiet host is no warning. */
export const MIN_RETRANSMITTED = 5;
const WINDOW_MS = 30_000;
const WARNING_PCT = 1;
const CRITICAL_PCT = 5;

/** Segments of one network namespace over the window. `pct` is retransmitted of sent, at most 100. */
export interface NetnsLoss {
  netns: string;
  retransmitted: number;
  sent: number;
  pct: number;
}

interface Segments {
  retransmitted: number;
  sent: number;
}

interface Interval {
  endMs: number;
  byNetns: Map<string, Segments>;
}

/**
 * Retransmitted against sent segments by network namespace over the last 30 s (at least the last sample, whatever its
 * length). Only namespaces whose sent segments are known are judged, from their second sample on: what they had sent
 * before kstop looked is no base. A namespace's retransmitted segments are counted from kstop's start and appear with
 * the first one, so that counter starts at 0.
 */
export class Retransmits {
  #intervals: Interval[] = [];
  readonly #run = new Map<string, Segments>();

  push(endMs: number, increases: Increase[]): void {
    const byNetns: Interval['byNetns'] = new Map();
    for (const {name, labels, by, first} of increases) {
      if (name === 'tcp_sent_segments' && !first) byNetns.set(labels.netns ?? '', {retransmitted: 0, sent: by});
    }
    for (const {name, labels, by} of increases) {
      const sums = name === 'tcp_retransmitted_segments' ? byNetns.get(labels.netns ?? '') : undefined;
      if (sums) sums.retransmitted += by;
    }
    this.#intervals = this.#intervals.filter((interval) => interval.endMs > endMs - WINDOW_MS);
    keep(this.#intervals, {endMs, byNetns});
    for (const [netns, sums] of byNetns) addTo(this.#run, netns, sums);
  }

  /** The namespace with the highest share of those with enough retransmitted segments, else undefined. */
  worst(): NetnsLoss | undefined {
    return worstOf(this.#window());
  }

  /** The same over the whole run. */
  worstOfRun(): NetnsLoss | undefined {
    return worstOf(this.#run);
  }

  /** Percent of all namespaces' segments that were sent again; undefined when none was sent. */
  share(): number | undefined {
    const all: Segments = {retransmitted: 0, sent: 0};
    for (const {retransmitted, sent} of this.#window().values()) {
      all.retransmitted += retransmitted;
      all.sent += sent;
    }
    return all.sent > 0 ? share(all.retransmitted, all.sent) : undefined;
  }

  verdict(): Verdict {
    const worst = this.worst();
    if (!worst || worst.pct <= WARNING_PCT) return OK;
    const where = this.#window().size > 1 ? ` in netns ${worst.netns}` : '';
    const why = `${count(worst.retransmitted)} of ${count(worst.sent)} segments sent again (${percent(worst.pct)})${where}`;
    return {level: worst.pct > CRITICAL_PCT ? 'CRITICAL' : 'WARNING', why};
  }

  #window(): Map<string, Segments> {
    const sums = new Map<string, Segments>();
    for (const {byNetns} of this.#intervals) for (const [netns, each] of byNetns) addTo(sums, netns, each);
    return sums;
  }
}

/** More namespaces than any host has; beyond that only the known ones are followed. */
const MAX_NETNS = 4096;

function addTo(sums: Map<string, Segments>, netns: string, {retransmitted, sent}: Segments): void {
  const sum = sums.get(netns);
  if (sum) {
    sum.retransmitted += retransmitted;
    sum.sent += sent;
  } else if (sums.size < MAX_NETNS) sums.set(netns, {retransmitted, sent});
}

function worstOf(sums: ReadonlyMap<string, Segments>): NetnsLoss | undefined {
  return [...sums]
    .map(([netns, sum]) => ({netns, ...sum, pct: share(sum.retransmitted, sum.sent)}))
    .filter((each) => each.retransmitted >= MIN_RETRANSMITTED)
    .sort((a, b) => b.pct - a.pct)[0];
}

function share(retransmitted: number, sent: number): number {
  if (retransmitted === 0) return 0;
  return retransmitted >= sent ? 100 : (100 * retransmitted) / sent;
}
