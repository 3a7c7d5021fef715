import {existsSync, readFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import type {ProbeCounts} from '../../src/native/snapshot.ts';
import {ProbeCost} from '../../src/sources/cost.ts';
import {calibratedNs, hookNs} from '../../src/sources/hook-costs.ts';

const ISOLATED = '/sys/devices/system/cpu/isolated';
const isolated = existsSync(ISOLATED) && readFileSync(ISOLATED, 'latin1').trim() !== '';
// With isolated CPUs nothing is ever measured.
const measured = isolated ? test.skip : test;

/** A machine with one probe at work, and one that does little. */
function machine(allowed = true) {
  const counts: Record<string, {runs: number; runCount: number; runNs: number}> = {
    sched: {runs: 0, runCount: 0, runNs: 0},
    oom: {runs: 0, runCount: 0, runNs: 0},
  };
  const switches: boolean[] = [];
  const engine = {
    statistics: (on: boolean) => {
      switches.push(on);
      // Some time in the kernel.
      for (let i = 0; i < 200; i++) readFileSync('/proc/stat');
      return allowed;
    },
  };
  const cost = new ProbeCost(
    engine,
    (id) => ({...counts[id]}) as ProbeCounts,
    () => ['sched', 'oom'].map((id) => ({id, method: 'tp_btf'})),
  );
  const run = (id: string, runs: number, nsPerRun: number, seen = true) => {
    const one = counts[id]!;
    one.runs += runs;
    if (seen) Object.assign(one, {runCount: one.runCount + runs, runNs: one.runNs + runs * nsPerRun});
  };
  return {cost, run, switches};
}

const share = (ns: number, ms: number) => (100 * ns) / 1e6 / ms / cpus().length;
const near = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) <= 1e-9 + 1e-6 * Math.abs(b);

test('until it is measured, and where it can’t be, a run costs what it cost elsewhere', (t) => {
  const {cost, run} = machine(false);
  t.is(cost.account(0), undefined, 'the first account has nothing to compare with');
  run('sched', 20_000, 0, false);
  cost.tick(0);
  const spent = cost.account(1000);
  const ns = 20_000 * (calibratedNs('sched', 'tp_btf') + hookNs('sched', 'tp_btf'));
  t.true(near(spent?.probes.get('sched'), share(ns, 1000)));
  t.is(spent?.probes.get('oom'), 0);
  t.deepEqual(cost.counters().slice(0, 2), [
    {name: 'probe_runs', labels: {probe: 'sched'}, value: 20_000},
    {name: 'probe_run_ns', labels: {probe: 'sched'}, value: ns},
  ]);
});

measured('from then on the measured time, with the hook’s', async (t) => {
  const {cost, run, switches} = machine();
  cost.account(0);
  cost.tick(0);
  run('sched', 50_000, 200);
  await delay(600);
  t.deepEqual(switches, [true, false]);
  const first = cost.account(1000);
  t.true(near(first?.probes.get('sched'), share(50_000 * (200 + hookNs('sched', 'tp_btf')), 1000)));
  t.true(first!.own > 0, 'the switch itself');
  run('sched', 1000, 0, false);
  t.true(near(cost.account(2000)?.probes.get('sched'), share(1000 * 205, 1000)));
});

measured('a few runs of which one was interrupted raise the figure by little', async (t) => {
  const {cost, run} = machine();
  cost.account(0);
  cost.tick(0);
  run('sched', 200, 50_000);
  await delay(600);
  cost.account(1000);
  run('sched', 1000, 0, false);
  const ns = 3 * calibratedNs('sched', 'tp_btf') + hookNs('sched', 'tp_btf');
  t.true(near(cost.account(2000)?.probes.get('sched'), share(1000 * ns, 1000)));
});

measured('measured again when calls have doubled, at most every 5 s, else every 30 s', async (t) => {
  const {cost, run, switches} = machine();
  const measure = async (atMs: number) => {
    const before = switches.length;
    cost.tick(atMs);
    const started = switches.length > before;
    return started;
  };
  cost.account(0);
  t.true(await measure(0));
  run('sched', 4000, 200);
  await delay(600);
  // 10,000 a second then.
  cost.account(400);
  run('sched', 15_000, 200);
  cost.account(1400);
  t.false(await measure(10_000), 'half as much again is no reason');
  run('sched', 30_000, 200);
  cost.account(2400);
  t.false(await measure(4000), 'too soon');
  t.true(await measure(5000));
  run('sched', 20_000, 200);
  await delay(600);
  run('sched', 40_000, 200);
  cost.account(3400);
  t.false(await measure(11_000));
  t.true(await measure(35_000));
  cost.stop();
  t.false(switches.at(-1));
});
