import test, {type ExecutionContext} from 'ava';
import {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {GrowthProbe} from '../../src/sources/memory/growth.ts';
import type {Filter, OomPredictionEvent, PredictionRow} from '../../src/types/stream.ts';
import {StandInTree, stampAt} from './memory-tree.ts';
import {noParts} from './parts.ts';

const container = (path: string) => (path === '/leaky' ? {id: 'c1'} : undefined);

/** A minute and a half of stand-in files, in which `/leaky` grows by 1 MiB a second; what was said of it. */
function leak(t: ExecutionContext, filter?: Filter) {
  const tree = new StandInTree(t);
  const step = (s: number) => {
    tree.set('/leaky', {max: 200, current: 20 + s});
    tree.set('/leaky/part', {current: 20 + s});
    tree.set('/cache', {max: 200, current: Math.min(200, 20 + 5 * s), anon: 10, inactiveFile: 1});
  };
  step(0);
  const probe = new GrowthProbe(tree.cgroups(filter?.cgroup), {filter, container, sameNumbers: false});
  const state = probe.start();
  const events: OomPredictionEvent[] = [];
  let rows: PredictionRow[] = [];
  for (let s = 1; s <= 90; s++) {
    step(s);
    const into = noParts();
    events.push(...(probe.sample(into, stampAt(s), 1000) as OomPredictionEvent[]));
    rows = into.predictions.filter(({scope}) => scope !== 'host');
  }
  probe.stop();
  return {state, rows, events: events.filter(({scope}) => scope !== 'host')};
}

test('stand-in files: who grows is foretold with its container, page cache is not', (t) => {
  const {state, rows, events} = leak(t);
  t.deepEqual(state, {state: 'attached', method: 'file', reason: ''});
  t.is(rows.length, 1);
  const [row] = rows;
  t.like(row, {scope: '/leaky', limit_bytes: 200 << 20, usage_bytes: 110 << 20, container: {id: 'c1'}});
  t.true(Math.abs(row!.eta_s - 90) <= 2, String(row!.eta_s));
  t.true(row!.eta_low_s <= 90 && row!.eta_high_s >= 90);
  t.is(row!.growth_bytes_per_s, 1 << 20);
  t.true(events.length >= 1);
  t.like(events[0], {type: 'OOM_PREDICTION', severity: 'warning', cgroup: '/leaky', pid: undefined});
  t.true(events.every(({scope}) => scope === '/leaky'));
});

test('under a filter: of cgroups below it alone, and none by process', (t) => {
  t.is(leak(t, {cgroup: '/leaky'}).rows.length, 1);
  t.is(leak(t, {cgroup: '/elsewhere'}).rows.length, 0);
  const {state, rows} = leak(t, {comm: 'java'});
  t.like(state, {state: 'degraded', method: 'file'});
  t.deepEqual(rows, []);
});

test('without memory cgroups it is degraded, and says so', (t) => {
  const probe = new GrowthProbe(new MemoryCgroups(undefined, () => undefined), {sameNumbers: true});
  t.like(probe.start(), {state: 'degraded', method: 'file'});
  t.regex(probe.start().reason, /no memory cgroups.*host alone/);
  t.deepEqual(probe.sample(noParts(), stampAt(1), 1000), []);
  probe.stop();
  const nothing = new MemoryCgroups(undefined, () => undefined, '/no/such/file');
  t.like(new GrowthProbe(nothing, {sameNumbers: true}).start(), {state: 'unavailable', method: ''});
});
