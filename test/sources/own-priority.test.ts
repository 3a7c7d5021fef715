import test from 'ava';
import {OwnPriority, RAISED, type Threads} from '../../src/sources/own-priority.ts';
import type {Problem} from '../../src/util/problem.ts';

/** Made-up threads: the kernel test has real ones. */
class MadeUpThreads implements Threads {
  waited = 0;
  now = 0;
  refuses = false;

  constructor(public nice = 0) {}

  waitedMs(): number {
    return this.waited;
  }

  raise(nice: number): void {
    if (this.refuses) throw new Error('EACCES');
    this.now = nice;
  }

  restore(): void {
    this.now = this.nice;
  }
}

function made(nice = 0) {
  const threads = new MadeUpThreads(nice);
  const said: Pick<Problem, 'what' | 'why' | 'remedy'>[] = [];
  const priority = new OwnPriority(threads, (problem) => said.push(problem));
  let at = 0;
  const sample = (lateMs: number, waitedMs: number, afterMs = 1000): number | undefined => {
    at += afterMs;
    threads.waited = waitedMs;
    priority.look(lateMs, 1000, at);
    return priority.nice;
  };
  return {threads, said, priority, sample};
}

test('raised when a sample is two intervals late for want of a CPU, for 30 s after the last such one', (t) => {
  const {threads, said, sample} = made();
  t.is(sample(1900, 1900), undefined);
  t.is(sample(5000, 100), undefined, 'a slow reader is no reason');
  t.is(sample(2500, 2000), RAISED);
  t.is(threads.now, -10);
  t.is(sample(0, 0, 20_000), RAISED);
  t.is(sample(3000, 3000), RAISED);
  t.is(sample(0, 0, 29_000), RAISED);
  t.is(sample(0, 0), undefined);
  t.is(threads.now, 0);
  t.deepEqual(said, [], 'its samples say it');
});

test('late again soon after: it holds twice as long each time', (t) => {
  const {sample} = made();
  for (const hold of [30, 60, 120, 240, 480, 600, 600]) {
    t.is(sample(3000, 3000), RAISED);
    t.is(sample(0, 0, hold * 1000 - 1), RAISED);
    t.is(sample(0, 0, 1), undefined, `after ${hold} s`);
  }
  t.is(sample(3000, 3000, 61_000), RAISED);
  t.is(sample(0, 0, 30_000), undefined, 'a long time later it begins anew');
});

test('not where the user made it nice, or where it goes first already', (t) => {
  for (const nice of [1, 10, 19, -10, -20]) {
    const {threads, said, sample} = made(nice);
    t.is(sample(9000, 9000), undefined);
    t.is(threads.now, 0);
    t.is(said.length, 0);
  }
  t.is(made(-5).sample(9000, 9000), RAISED);
});

test('where it may not, that is said once and not tried again', (t) => {
  const {threads, said, sample} = made();
  threads.refuses = true;
  t.is(sample(9000, 9000), undefined);
  t.is(sample(9000, 9000), undefined);
  t.is(said.length, 1);
  t.regex(said[0]!.why, /can't be raised/);
  t.regex(said[0]!.remedy ?? '', /CAP_SYS_NICE/);
});

test('the end gives each thread its own level again', (t) => {
  const {threads, priority, sample} = made(-1);
  sample(9000, 9000);
  priority.restore();
  t.is(threads.now, -1);
  t.is(priority.nice, undefined);
});
