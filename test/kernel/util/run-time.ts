import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import type {ExecutionContext} from 'ava';
import {sleep} from './wait.ts';

/** Programs that are detached take their figures along: what they did since the last reading is not known. */
const READ_MS = 25;
const SWITCH = '/proc/sys/kernel/bpf_stats_enabled';

/** Why the kernel's own figures of BPF programs can't be had here; undefined when they can. */
export function lacksRunTime(): string | undefined {
  try {
    readFileSync(SWITCH);
    return undefined;
  } catch {
    return 'no kernel.bpf_stats_enabled';
  }
}

interface Reading {
  ms: number;
  ns: number;
}

/**
 * The run time of a process's BPF programs as the kernel tells it (fdinfo), read again and again with the statistics on
 * throughout: what a process thinks that they cost has no part in it.
 */
export class RunTime {
  readonly readings: Reading[] = [];
  private readonly programs = new Map<string, number>();
  private ended = false;

  private constructor(private readonly pid: number) {}

  static start(t: ExecutionContext, pid: number): RunTime {
    const before = readFileSync(SWITCH, 'latin1');
    writeFileSync(SWITCH, '1');
    const all = new RunTime(pid);
    t.teardown(() => {
      all.ended = true;
      writeFileSync(SWITCH, before);
    });
    all.follow();
    return all;
  }

  /** Mean of all CPUs' time in percent between two moments (performance.now()). */
  percent(fromMs: number, toMs: number): number {
    const at = (ms: number) => this.readings.findLast((reading) => reading.ms <= ms) ?? this.readings[0]!;
    const [a, b] = [at(fromMs), at(toMs)];
    return (100 * (b.ns - a.ns)) / 1e6 / (b.ms - a.ms) / cpus().length;
  }

  /** The highest mean over any ten seconds that begin at `fromMs` or later. */
  worstTen(fromMs: number): number {
    const last = this.readings.at(-1)?.ms ?? 0;
    const begins = this.readings.filter(({ms}) => ms >= fromMs && ms + 10_000 <= last);
    if (begins.length === 0) throw new Error('there are no ten seconds');
    return Math.max(...begins.map(({ms}) => this.percent(ms, ms + 10_000)));
  }

  /** Where the figures of half seconds from `fromMs` on passed a limit: `SECONDS s: PERCENT %`. */
  above(fromMs: number, pct: number): string {
    const last = this.readings.at(-1)?.ms ?? 0;
    const at = Array.from({length: Math.floor((last - fromMs) / 500)}, (_, i) => fromMs + i * 500);
    const high = at.filter((ms) => this.percent(ms, ms + 500) > pct);
    return high
      .map((ms) => `${((ms - fromMs) / 1000).toFixed(1)} s: ${this.percent(ms, ms + 500).toFixed(2)} %`)
      .join(', ');
  }

  private async follow(): Promise<void> {
    while (!this.ended) {
      this.read();
      await sleep(READ_MS);
    }
  }

  private read(): void {
    const folder = `/proc/${this.pid}/fdinfo`;
    try {
      for (const fd of readdirSync(folder)) {
        const info = readFileSync(`${folder}/${fd}`, 'latin1');
        const id = /^prog_id:\s*(\d+)/m.exec(info)?.[1];
        const ns = /^run_time_ns:\s*(\d+)/m.exec(info)?.[1];
        if (id !== undefined && ns !== undefined) this.programs.set(id, Number(ns));
      }
    } catch {
      // It has ended, or a descriptor was closed meanwhile.
    }
    let ns = 0;
    for (const one of this.programs.values()) ns += one;
    this.readings.push({ms: performance.now(), ns});
  }
}
