import type {Distribution} from '../types/state.ts';
import {visible} from '../util/sanitize.ts';

const STARS = 40;

/**
 * Counts by power of two, as libbpf-tools' histograms have them: slot 0 is 0-1 µs, slot i is 2^i to 2^(i+1)-1 µs.
 * A cell belongs to the slot that its bounds lie in; the overflow cell to the one above the last bound.
 */
export function log2Slots({bounds, counts}: Pick<Distribution, 'bounds' | 'counts'>): number[] {
  const slots: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const high = bounds[i];
    const slot = high === undefined ? slotOf(bounds.at(-1) ?? 1) + 1 : slotOf(high);
    while (slots.length <= slot) slots.push(0);
    slots[slot] = (slots[slot] as number) + (counts[i] as number);
  }
  return slots;
}

/** The slot whose range ends at or above `high` (a bound is inclusive, so 2^k itself ends the slot below). */
function slotOf(high: number): number {
  return high <= 2 ? 0 : Math.ceil(Math.log2(high)) - 1;
}

function stars(value: number, max: number): string {
  const n = max > 0 ? Math.floor((Math.min(value, max) * STARS) / max) : 0;
  return '*'.repeat(n).padEnd(STARS);
}

/** A range of values, and how many were in it. The texts are as they shall be shown. */
export interface Slot {
  low: string;
  high: string;
  count: number;
}

/** Rows with a star column each, in the form of libbpf-tools (runqlat, biolatency), below a line with the unit. */
export function starTable(unit: string, slots: readonly Slot[]): string[] {
  const max = slots.reduce((most, {count}) => Math.max(most, count), 0);
  return [
    `${' '.repeat(5)}${unit.padEnd(19)} : count    distribution`,
    ...slots.map(
      ({low, high, count}) =>
        `${low.padStart(10)} -> ${high.padEnd(10)} : ${String(count).padEnd(8)} |${stars(count, max)}|`,
    ),
  ];
}

/** A distribution of microseconds as such a table. Empty when nothing was counted. */
export function log2Table(distribution: Pick<Distribution, 'bounds' | 'counts'>): string[] {
  const counts = log2Slots(distribution);
  const last = counts.findLastIndex((n) => n > 0);
  if (last < 0) return [];
  const slots = counts.slice(0, last + 1).map((count, i) => ({
    low: String(i === 0 ? 0 : 2 ** i),
    high: String(2 ** (i + 1) - 1),
    count,
  }));
  return starTable('usecs', slots);
}

/** `block device=sda op=read` */
export function distributionTitle({name, labels}: Pick<Distribution, 'name' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return visible([name, ...pairs].join(' '));
}
