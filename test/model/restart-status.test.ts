import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {ContainerRef, ContainerRow, ProbeInfo} from '../../src/types/stream.ts';
import {frame, header, sample, stamp} from '../util/synthetic.ts';

const PROBE: ProbeInfo = {id: 'process', subsystem: 'process', state: 'attached', method: 'tp_btf'};
const WEB: ContainerRef = {id: 'a'.repeat(64), name: 'web', pod: 'shop-0', namespace: 'shop', pod_uid: 'u1'};

function begun(): Model {
  const model = new Model();
  model.apply(frame({header: header([PROBE])}));
  return model;
}

const row = (restarts: number, more: Partial<ContainerRow> = {}): ContainerRow => ({
  time_bucket: 1,
  container: WEB,
  cgroup: '/x',
  restarts,
  last_exit: {exit_code: 3, comm: 'sh'},
  ...more,
});

const at = (model: Model, ms: number, containers: ContainerRow[] = [], interval_ms = 1000) =>
  model.apply(frame({sample: {...sample(ms, {interval_ms}), containers}})).subsystems[0]!;

test('the third restart is critical, names the container, and is a finding', (t) => {
  const model = begun();
  at(model, 1000, [row(1)]);
  t.is(at(model, 2000, [row(2)]).status, 'OK');
  t.deepEqual(model.state.findings, []);
  const segv = {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', core: true} as const;
  const {status, why} = at(model, 3000, [row(3, {last_exit: segv})]);
  const text = 'container shop/shop-0/web restarted 3 times in ten minutes, last after SIGSEGV (core dumped)';
  t.deepEqual([status, why], ['CRITICAL', text]);
  t.deepEqual(model.state.findings, [`process: ${text}`]);
  for (let ms = 4000; ms <= 63_000; ms += 1000) at(model, ms, [row(3)]);
  t.is(model.state.subsystems[0]?.status, 'OK', 'a minute after the last one');
  t.deepEqual(model.state.findings, []);
  const {findings, subsystems} = model.finish(stamp(64_000));
  t.is(subsystems.process?.worst_status, 'CRITICAL');
  t.deepEqual(findings, ['process: container shop/shop-0/web restarted 3 times over the run, last after exit code 3']);
});

test('restarts of another id under the same name go on, those of other containers don’t count', (t) => {
  const model = begun();
  at(model, 1000, [row(1), row(2, {container: {id: 'b'}})]);
  at(model, 2000, [row(2, {container: {...WEB, id: 'c'}}), row(2, {container: {id: 'b'}})]);
  t.is(model.state.subsystems[0]?.status, 'OK');
  t.is(at(model, 3000, [row(3, {container: {...WEB, id: 'd'}})]).status, 'CRITICAL');
});

test('restarts that are further apart than ten minutes are no loop', (t) => {
  const model = begun();
  for (let i = 1; i <= 6; i++) t.is(at(model, i * 310_000, [row(i)], 310_000).status, 'OK');
});

test('what a recording’s later part begins with came before it', (t) => {
  const model = begun();
  at(model, 1000, [row(9)], 0);
  t.is(model.state.subsystems[0]?.status, 'OK');
  at(model, 2000, [row(11)]);
  t.is(model.state.subsystems[0]?.status, 'OK');
  t.is(at(model, 3000, [row(12)]).status, 'CRITICAL');
});

test('in a recording’s later part what the first row of a container has may be older, whenever it comes', (t) => {
  const model = begun();
  at(model, 1000, [], 0);
  at(model, 2000, [row(0, {container: {id: 'b'}})]);
  t.is(at(model, 3000, [row(9)]).status, 'OK');
  t.is(at(model, 4000, [row(11)]).status, 'OK');
  t.is(at(model, 5000, [row(12)]).status, 'CRITICAL');
  at(model, 6000, [row(3, {container: {id: 'b'}})]);
  t.regex(model.state.findings.join(), /container b restarted 3 times/, 'it was seen without one');
});

test('a name from the stream is shown as it is, and held to a length', (t) => {
  const model = begun();
  at(model, 1000, [row(5, {container: {id: 'x', name: 'n'.repeat(5000)}})]);
  t.true(model.state.findings[0]!.length < 300);
});
