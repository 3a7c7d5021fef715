import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {psi} from '../../src/sources/host.ts';
import {MemoryCgroups} from '../../src/sources/memory/cgroups.ts';
import {PressureProbe} from '../../src/sources/pressure.ts';
import {StandInTree, stampAt} from './memory-tree.ts';
import {noParts} from './parts.ts';

const line = (name: string, avg10: number) => `${name} avg10=${avg10.toFixed(2)} avg60=0.00 avg300=0.00 total=1\n`;
const stamp = (s: number) => ({time: '2026-01-01T00:00:00.000000000Z', mono_ns: String(s * 1_000_000_000)});
const none = noParts();
const refuses = {pressure: () => 'psi: EPERM'};

/** A file that stands for /proc/pressure/memory. */
function standIn(t: ExecutionContext, text: string): {path: string; write: (text: string) => void} {
  const folder = mkdtempSync(join(tmpdir(), 'kstop-psi-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const path = join(folder, 'memory');
  writeFileSync(path, text);
  return {path, write: (more) => writeFileSync(path, more)};
}

test('averages; a line that a kernel lacks is unknown, never 0', (t) => {
  t.deepEqual(psi(line('some', 1.5) + line('full', 0)), {some_avg10_pct: 1.5, full_avg10_pct: 0});
  t.deepEqual(psi(line('some', 2)), {some_avg10_pct: 2});
  t.is(psi(undefined), undefined);
  t.deepEqual(psi(''), {});
  t.deepEqual(psi('some avg10=x'), {});
});

test('without triggers: an event of each level, once in 10 s, from 10 % on', (t) => {
  const file = standIn(t, line('some', 9.99) + line('full', 0));
  const probe = new PressureProbe(refuses, false, undefined, file.path);
  const state = probe.start();
  t.like(state, {state: 'degraded', method: 'file'});
  t.regex(state.reason, /interval later \(psi: EPERM\)/);
  const at = (s: number) => probe.sample(none, stamp(s), 1000).map(({severity}) => severity);
  t.deepEqual(at(100), []);
  file.write(line('some', 10) + line('full', 9.99));
  t.deepEqual(at(101), ['warning']);
  file.write(line('some', 60) + line('full', 40));
  t.deepEqual(at(102), ['critical']);
  t.deepEqual(at(110.9), []);
  t.deepEqual(at(111), ['warning']);
  t.deepEqual(at(112), ['critical']);
  file.write('');
  t.deepEqual(at(200), [], 'what cannot be read is no pressure');
  probe.stop();
  file.write(line('some', 60) + line('full', 40));
  t.deepEqual(at(300), [], 'off');
});

test('with triggers the intervals find nothing, and switching off ends them', (t) => {
  const asked: number[][] = [];
  const engine = {pressure: (...args: number[]) => void asked.push(args)};
  const file = standIn(t, line('some', 50) + line('full', 50));
  const probe = new PressureProbe(engine, false, undefined, file.path);
  t.deepEqual(probe.start(), {state: 'attached', method: 'psi', reason: ''});
  t.deepEqual(probe.sample(none, stamp(1), 1000), []);
  probe.stop();
  t.deepEqual(asked, [
    [1_000_000, 1_000_000, 10_000_000],
    [0, 0, 0],
  ]);
});

test('a kernel without PSI, and a file that cannot be read', (t) => {
  t.regex(new PressureProbe(refuses, false, undefined, '/no/such/file').start().reason, /psi=1.*CONFIG_PSI/);
  const {state, reason} = new PressureProbe(refuses, false, undefined, tmpdir()).start();
  t.is(state, 'unavailable');
  t.regex(reason, /EISDIR/);
});

test('stand-in files: without PSI a cgroup near its limit is told all the same', (t) => {
  const tree = new StandInTree(t);
  tree.set('/a', {max: 100, current: 95});
  const probe = new PressureProbe(refuses, false, tree.cgroups(), '/no/such/file');
  t.like(probe.start(), {state: 'degraded', method: 'file'});
  const events = probe.sample({histograms: [], counters: []} as never, stampAt(1), 1000);
  t.deepEqual(
    events.map(({type, cgroup}) => [type, cgroup]),
    [['MEMORY_PRESSURE', '/a']],
  );
  probe.stop();
  const none = new PressureProbe(refuses, false, new MemoryCgroups(undefined, () => undefined), '/no/such/file');
  t.like(none.start(), {state: 'unavailable', method: ''});
});
