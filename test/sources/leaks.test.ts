import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {GrowthProbe} from '../../src/sources/memory/growth.ts';
import type {Filter, LeakRow, ProcessRow} from '../../src/types/stream.ts';
import {StandInTree, stampAt} from './memory-tree.ts';
import {noParts} from './parts.ts';

const MINUTE = 60;
const MIB = 1 << 20;
/** One look in so many seconds: as often as a process is looked at. */
const STEP_S = 20;

/** Stand-ins for files of processes in /proc. */
class StandInProc {
  readonly root = mkdtempSync(join(tmpdir(), 'kstop-proc-'));

  constructor(t: ExecutionContext) {
    t.teardown(() => rmSync(this.root, {recursive: true}));
  }

  /** `anon`, `file` and `shared` in KiB; `start` in ticks. */
  set(pid: number, comm: string, anon: number, {file = 0, shared = 0, start = 100} = {}): Partial<ProcessRow> {
    mkdirSync(join(this.root, String(pid)), {recursive: true});
    const rest = new Array(19).fill(0).with(18, start).join(' ');
    writeFileSync(join(this.root, `${pid}/stat`), `${pid} (${comm}) S ${rest}\n`);
    const kb = `RssAnon:\t${anon} kB\nRssFile:\t${file} kB\nRssShmem:\t${shared} kB\nVmSwap:\t0 kB\n`;
    writeFileSync(join(this.root, `${pid}/status`), kb);
    return {pid, comm, rss_bytes: (anon + file + shared) * 1024, container: {id: `c${pid}`}};
  }

  remove(pid: number): void {
    rmSync(join(this.root, String(pid)), {recursive: true});
  }
}

type Step = (s: number, tree: StandInTree, proc: StandInProc) => Partial<ProcessRow>[];

/** What is said at the end of so many minutes of stand-in files; the host's own left out. */
function after(t: ExecutionContext, minutes: number, step: Step, filter?: Filter, sameNumbers = true): LeakRow[] {
  const [tree, proc] = [new StandInTree(t), new StandInProc(t)];
  step(0, tree, proc);
  const container = (path: string) => (path === '/leaky' ? {id: 'c1'} : undefined);
  const probe = new GrowthProbe(tree.cgroups(), {filter, container, sameNumbers, proc: proc.root});
  probe.start();
  let leaks: LeakRow[] = [];
  for (let s = STEP_S; s <= minutes * MINUTE; s += STEP_S) {
    const into = noParts();
    into.processes.push(...(step(s, tree, proc) as ProcessRow[]));
    probe.sample(into, stampAt(s), STEP_S * 1000);
    leaks = into.leaks.filter(({scope}) => scope !== 'host');
  }
  probe.stop();
  return leaks;
}

test('stand-in files: a cgroup that only grows, with rate and begin; page cache and a short growth are none', (t) => {
  const step: Step = (s, tree) => {
    const grown = Math.max(0, s - 10 * MINUTE) / 20;
    tree.set('/leaky', {max: 2000, current: Math.round(1000 + grown), anon: Math.round(200 + grown)});
    tree.set('/cache', {max: 200, current: Math.min(200, 20 + s / 5), anon: 10, inactiveFile: 1});
    return [];
  };
  t.deepEqual(after(t, 18, step), []);
  const [row, ...rest] = after(t, 40, step);
  t.deepEqual(rest, []);
  t.like(row, {scope: '/leaky', pid: undefined, container: {id: 'c1'}});
  t.true(Math.abs(row!.growth_bytes_per_s / (MIB / 20) - 1) < 0.05, String(row!.growth_bytes_per_s));
  t.true(Math.abs(row!.growing_s - 30 * MINUTE) <= 2 * MINUTE, String(row!.growing_s));
  t.true(Math.abs(row!.grown_bytes - 90 * MIB) <= 8 * MIB, String(row!.grown_bytes));
});

test('stand-in files: a process that only grows; what it has of files or shares, and another of its number, are no growth', (t) => {
  const step: Step = (s, _tree, proc) => [
    proc.set(7, 'leaker', 20_000 + 10 * s),
    proc.set(8, 'reader', 20_000, {file: 100 * s}),
    proc.set(12, 'postgres', 20_000, {shared: 100 * s}),
    proc.set(9, 'renewed', 20_000 + 10 * s, {start: 100 + Math.floor(s / (9 * MINUTE))}),
    proc.set(10, 'saw', 20_000 + 100 * (s % (4 * MINUTE))),
    proc.set(11, 'small', 100 + s),
    proc.set(process.pid, 'kstop', 20_000 + 10 * s),
  ];
  for (const filter of [undefined, {pid: 7}]) {
    const leaks = after(t, 25, step, filter);
    t.is(leaks.length, 1);
    t.like(leaks[0], {pid: 7, comm: 'leaker', scope: undefined, container: {id: 'c7'}});
    t.true(Math.abs(leaks[0]!.growth_bytes_per_s / 10_240 - 1) < 0.02);
    t.true(Math.abs(leaks[0]!.growing_s - 25 * MINUTE) <= 2 * MINUTE);
  }
  t.deepEqual(after(t, 25, step, undefined, false), [], 'numbers that mean others here are not looked up');
});

test('stand-in files: a process that has ended, or is idle, or is one of too many', (t) => {
  const ended: Step = (s, _tree, proc) => {
    if (s < 20 * MINUTE) return [proc.set(7, 'leaker', 20_000 + 10 * s)];
    if (s === 20 * MINUTE) proc.remove(7);
    return [];
  };
  t.is(after(t, 19, ended).length, 1);
  t.deepEqual(after(t, 21, ended), []);
  const idle: Step = (s, _tree, proc) => {
    const row = proc.set(7, 'leaker', 20_000 + 10 * s);
    return s < 2 * MINUTE ? [row] : [];
  };
  t.is(after(t, 19, idle).length, 1, 'it need not be among the busiest all along');
  const many: Step = (s, _tree, proc) => [
    proc.set(7, 'leaker', 20_000 + 10 * s),
    ...Array.from({length: 130}, (_, i) => proc.set(100 + i, 'large', 900_000)),
  ];
  t.deepEqual(after(t, 14, many), []);
});
