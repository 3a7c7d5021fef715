import {existsSync, readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import type {Engine} from '../../src/native/engine.ts';
import type {ProbeCounts} from '../../src/native/snapshot.ts';
import {ProbeCost} from '../../src/sources/cost.ts';

const ISOLATED = '/sys/devices/system/cpu/isolated';
const isolated = existsSync(ISOLATED) && readFileSync(ISOLATED, 'latin1').trim() !== '';
// With isolated CPUs nothing is ever measured.
const measured = isolated ? test.skip : test;

measured('runs and their time by probe: only of those measured, from then on', async (t) => {
  const counts: Record<string, Partial<ProbeCounts>> = {
    busy: {runCount: 10, runNs: 1000},
    quiet: {runCount: 0, runNs: 0},
  };
  const attached = [
    {id: 'busy', method: 'tp_btf'},
    {id: 'quiet', method: 'tp_btf'},
  ];
  const engine = {statistics: () => true} as unknown as Engine;
  const cost = new ProbeCost(
    engine,
    (id) => counts[id] as ProbeCounts,
    () => attached,
  );
  const runs = (busy: number, quiet: number) =>
    new Map([
      ['busy', busy],
      ['quiet', quiet],
    ]);
  t.is(cost.percent(runs(100, 1), 1000), undefined);
  t.deepEqual(cost.counters(), []);
  cost.tick(0);
  // 100 runs in 50 µs: 500 ns a run, and 5 ns for the hook.
  counts.busy = {runCount: 110, runNs: 51_000};
  counts.quiet = {runCount: 1, runNs: 900};
  await delay(600);
  cost.percent(runs(300, 2), 1000);
  const labels = {probe: 'busy'};
  t.deepEqual(cost.counters(), [
    {name: 'probe_runs', labels, value: 300},
    {name: 'probe_run_ns', labels, value: 200 * 505},
  ]);
  cost.percent(runs(310, 2), 1000);
  t.is(cost.counters()[1]?.value, 210 * 505);
  cost.stop();
});
