import {readdirSync, readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import {SLOW, sleep, until} from './wait.ts';

export const read = (path: string): string => readFileSync(path, 'latin1');

export interface SchedStat {
  /** Times that its threads got a CPU. */
  count: number;
  /** What they waited for it, in ns. */
  waitNs: number;
  threads: number;
}

/** Sum over a process's threads of /proc/PID/task/*​/schedstat. */
export function schedstat(pid: number): SchedStat {
  const sum = {count: 0, waitNs: 0, threads: 0};
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const [, wait, count] = read(`/proc/${pid}/task/${tid}/schedstat`).trim().split(' ').map(Number);
    sum.count += count;
    sum.waitNs += wait;
    sum.threads++;
  }
  return sum;
}

/** The process's figures once all its threads sleep and stay asleep. */
export async function restingSchedstat(pid: number): Promise<SchedStat> {
  const asleep = () =>
    readdirSync(`/proc/${pid}/task`).every((tid) => / [SDT] /.test(read(`/proc/${pid}/task/${tid}/stat`).slice(-400)));
  for (let tries = 0; tries < 100; tries++) {
    await until(asleep, 5000 * SLOW, `process ${pid} to rest`);
    const before = schedstat(pid);
    await sleep(30);
    const after = schedstat(pid);
    if (before.count === after.count && before.waitNs === after.waitNs) return after;
  }
  throw new Error(`process ${pid} never rests`);
}

/** Moves of a process's threads between CPUs; undefined where the kernel doesn't tell. */
export function migrations(pid: number): number | undefined {
  let sum = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(/^se\.nr_migrations\s*:\s*(\d+)/m.exec(read(`/proc/${pid}/task/${tid}/sched`))?.[1]);
    } catch {
      return undefined;
    }
  }
  return Number.isNaN(sum) ? undefined : sum;
}

/**
 * A count against its witness: equal, but where the kernel hides moments from every BPF program (see Unseen; not in the
 * project's own guests), there a few may be missing.
 */
export function agrees(t: ExecutionContext, seen: number, expected: number, blind: number, what: string): void {
  if (process.env.KSTOP_VM) t.is(blind, 0, 'nothing is hidden from BPF in a guest');
  if (blind === 0 || seen === expected) {
    t.is(seen, expected, what);
    return;
  }
  t.log(`${what}: ${seen} of ${expected}; this kernel hid ${blind} task switches from BPF meanwhile`);
  t.true(seen <= expected && seen >= expected - Math.max(2, expected * 0.02), `${what}: ${seen} of ${expected}`);
}
