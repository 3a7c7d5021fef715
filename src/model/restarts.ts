import type {ContainerEnd, ContainerRef, ContainerRow, Sample} from '../types/stream.ts';
import {lineageOf} from '../util/lineage.ts';

/** Restarts so close together make a loop: the longest that the kubelet waits before one is five minutes. */
export const LOOP_MS = 600_000;
export const LOOP_RESTARTS = 3;
/** Findings of right now speak of the last minute. */
const RECENT_MS = 60_000;
const MAX_CONTAINERS = 1024;
const MAX_TIMES = 64;
/** Names are whatever somebody called them. */
const MAX_NAME = 200;

/** A container that began again several times. */
export interface Restarting {
  container: ContainerRef;
  /** In the last ten minutes, or over the run. */
  restarts: number;
  last?: ContainerEnd;
}

interface Kept {
  container: ContainerRef;
  /** As the stream counts them; those of the run. */
  counted: number;
  run: number;
  times: {ms: number; n: number}[];
  last?: ContainerEnd;
}

/** Who began again when, from the rows of containers. */
export class Restarts {
  readonly #kept = new Map<string, Kept>();
  /** Does the stream begin with the run? Known from its first sample. */
  #whole?: boolean;
  #nowMs = 0;

  push(sample: Sample, endMs: number): void {
    this.#nowMs = endMs;
    this.#whole ??= sample.interval_ms > 0;
    for (const row of sample.containers ?? []) if (row.restarts !== undefined) this.#row(row, row.restarts, endMs);
  }

  /** In a loop, with a restart in the newest sample. */
  now(): Restarting[] {
    return this.#since(this.#nowMs - 1);
  }

  /** In a loop, with a restart in the last minute. */
  recent(): Restarting[] {
    return this.#since(this.#nowMs - RECENT_MS);
  }

  /** All that began again so often in the run. */
  ofRun(): Restarting[] {
    const all = [...this.#kept.values()].map(({container, run, last}) => ({container, restarts: run, last}));
    return most(all);
  }

  /** Time went backwards. */
  forget(): void {
    for (const kept of this.#kept.values()) kept.times = [];
  }

  #row({container, last_exit}: ContainerRow, counted: number, endMs: number): void {
    const key = lineageOf(container);
    // By its id, as long as its names weren't known.
    const before = this.#kept.get(key) ?? this.#kept.get(container.id);
    if (!before && counted === 0 && this.#whole) return;
    // What a recording's later part begins with came before it, also of who has a row later: samples have those of the busiest.
    const kept = before ?? {container, counted: this.#whole ? 0 : counted, run: 0, times: []};
    this.#kept.delete(container.id);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > MAX_CONTAINERS) this.#kept.delete(this.#kept.keys().next().value as string);
    const n = Math.max(0, counted - kept.counted);
    Object.assign(kept, {container, counted, run: kept.run + n, last: last_exit ?? kept.last});
    kept.times = kept.times.filter(({ms}) => ms > endMs - LOOP_MS);
    if (n > 0) kept.times = [...kept.times, {ms: endMs, n}].slice(-MAX_TIMES);
  }

  #since(sinceMs: number): Restarting[] {
    const some = [...this.#kept.values()].filter(({times}) => (times.at(-1)?.ms ?? Number.NEGATIVE_INFINITY) > sinceMs);
    const from = this.#nowMs - LOOP_MS;
    return most(
      some.map(({container, times, last}) => {
        const restarts = times.reduce((sum, {ms, n}) => sum + (ms > from ? n : 0), 0);
        return {container, restarts, last};
      }),
    );
  }
}

const most = (all: Restarting[]): Restarting[] =>
  all.filter(({restarts}) => restarts >= LOOP_RESTARTS).sort((a, b) => b.restarts - a.restarts);

/** `shop/web-0/web`; by its id where it has no name. */
export function nameOfContainer({id, name = id.slice(0, 12), pod, namespace}: ContainerRef): string {
  const parts = [namespace, pod, name].filter((part) => part !== undefined);
  return parts.join('/').slice(0, MAX_NAME);
}

/** `exit code 3`, `SIGSEGV (core dumped)` */
export function endText({exit_code, signal, signal_name, core}: ContainerEnd): string {
  if (signal === undefined) return `exit code ${exit_code}`;
  return `${signal_name ?? `signal ${signal}`}${core ? ' (core dumped)' : ''}`;
}

/** `container shop/web-0/web restarted 4 times in ten minutes, last after exit code 3` */
export function restartText({container, restarts, last}: Restarting, period: string): string {
  const after = last ? `, last after ${endText(last)}` : '';
  return `container ${nameOfContainer(container)} restarted ${restarts} times ${period}${after}`;
}
