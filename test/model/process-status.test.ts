import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Counter, KernelEvent, ProbeInfo} from '../../src/types/stream.ts';
import {frame, header, ran, sampleFrame, stamp, went} from '../util/synthetic.ts';

const PROBE: ProbeInfo = {id: 'process', subsystem: 'process', state: 'attached', method: 'tp_btf'};
const SEGV = {exit_code: 139, signal: 11, signal_name: 'SIGSEGV', severity: 'warning'} as const;
const TERM = {exit_code: 143, signal: 15, signal_name: 'SIGTERM'} as const;

function begun(): Model {
  const model = new Model();
  model.apply(frame({header: header([PROBE])}));
  return model;
}

const tile = (model: Model) => {
  const {status, why} = model.state.subsystems[0] ?? {};
  return {status, why};
};

/** The kernel's count of crashes, with one that came before and of other ends. */
function counted(crashes: number): Counter[] {
  return [
    {name: 'process_execs', labels: {}, value: 5000},
    {name: 'process_exits', labels: {reason: 'exited'}, value: 4000 + crashes},
    {name: 'process_exits', labels: {reason: 'SIGKILL'}, value: 30},
    ...(crashes > 0 ? [{name: 'process_exits', labels: {reason: 'SIGSEGV'}, value: crashes}] : []),
  ];
}

test('starts, ends and other signals are no trouble', (t) => {
  const model = begun();
  const events: KernelEvent[] = [ran(500), went(600), went(700, {exit_code: 3}), went(800, TERM)];
  model.apply(frame({events}));
  model.apply(sampleFrame(1000, {counters: counted(0)}));
  t.deepEqual(tile(model), {status: 'OK', why: ''});
  t.deepEqual(model.state.findings, []);
});

test('a crash warns at once, says whose it was, and is a finding', (t) => {
  const model = begun();
  model.apply(frame({events: [went(500, {...SEGV, comm: 'nginx', pid: 9})]}));
  t.deepEqual(tile(model), {status: 'WARNING', why: 'pid 9 nginx ended by SIGSEGV'});
  model.apply(sampleFrame(1000, {counters: counted(1)}));
  t.deepEqual(tile(model), {status: 'WARNING', why: 'pid 9 nginx ended by SIGSEGV'});
  t.deepEqual(model.state.findings, ['process: pid 9 nginx ended by SIGSEGV']);
  t.regex(model.state.recommendations[0] ?? '', /no core was dumped/);
  for (let at = 2000; at <= 61_000; at += 1000) model.apply(sampleFrame(at, {counters: counted(1)}));
  t.is(tile(model).status, 'OK', 'a minute later');
});

test('ten within a minute are critical, by the kernel’s count where it is there', (t) => {
  const model = begun();
  model.apply(frame({events: [went(500, {...SEGV, comm: 'java'})]}));
  model.apply(sampleFrame(1000, {counters: counted(9)}));
  t.is(tile(model).status, 'WARNING');
  model.apply(sampleFrame(2000, {counters: counted(10)}));
  t.deepEqual(tile(model), {status: 'CRITICAL', why: '10 crashes in a minute, most often java by SIGSEGV'});
  for (let at = 3000; at <= 63_000; at += 1000) model.apply(sampleFrame(at, {counters: counted(10)}));
  t.is(tile(model).status, 'OK');
  t.is(model.finish(stamp(64_000)).subsystems.process?.worst_status, 'CRITICAL');
});

test('the same by events, in a stream without those counts', (t) => {
  const model = begun();
  const ten = Array.from({length: 10}, (_, i) => went(500 + i, {...SEGV, comm: i < 6 ? 'a' : 'b b'}));
  model.apply(frame({events: ten}));
  model.apply(sampleFrame(1000));
  t.is(tile(model).status, 'CRITICAL');
  t.deepEqual(model.state.findings, ['process: 10 crashes over the last minute: a by SIGSEGV (6), b b by SIGSEGV (4)']);
});

test('ten in more than a minute are not, and held events still warn', (t) => {
  const model = begun();
  for (let i = 1; i <= 10; i++) {
    model.apply(sampleFrame(i * 10_000, {interval_ms: 10_000, counters: counted(i)}));
    t.deepEqual(tile(model), {status: 'WARNING', why: '1 crash'});
  }
});

test('what a recording’s later part begins with is not of this minute', (t) => {
  const model = begun();
  model.apply(sampleFrame(1000, {interval_ms: 0, counters: counted(500)}));
  t.is(tile(model).status, 'OK');
});

test('the newest starts and ends are kept for their list', (t) => {
  const model = begun();
  for (let i = 0; i < 1300; i++) model.apply(frame({events: [ran(100 + i, {pid: i})]}));
  model.apply(sampleFrame(2000));
  const {starts} = model.state.detail;
  t.is(starts.length, 500);
  t.is(starts.at(-1)?.pid, 1299);
});
