import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {Psi} from '../../src/types/stream.ts';
import {foretold, frame, header, pressure, sampleFrame} from '../util/synthetic.ts';

/** Samples every `stepMs`; the memory status and reason after each. */
function feed(model: Model, stepMs: number, figures: (Psi | undefined)[], startMs = 0) {
  return figures.map((memory, i) => {
    const input = sampleFrame(startMs + (i + 1) * stepMs, {interval_ms: stepMs});
    if (memory && input.sample) input.sample.pressure = {memory};
    model.apply(input);
    return tile(model);
  });
}

function tile(model: Model) {
  const {status, why} = model.state.subsystems.find((each) => each.name === 'memory') ?? {};
  return {status, why};
}

function started(more = {}): Model {
  const model = new Model();
  model.apply(frame({header: header(undefined, more)}));
  return model;
}

const psi = (some_avg10_pct: number, full_avg10_pct = 0): Psi => ({some_avg10_pct, full_avg10_pct});

for (const stepMs of [100, 1000, 60_000]) {
  test(`tasks stalled 10 % of 10 s warn, all of them are critical, at intervals of ${stepMs} ms`, (t) => {
    const after = (figures: Psi) => feed(started(), stepMs, [figures])[0];
    t.is(after(psi(9.99, 9.99))?.status, 'OK');
    t.deepEqual(after(psi(10)), {status: 'WARNING', why: 'tasks stalled for memory 10% of the time'});
    t.is(after(psi(90, 9.9))?.status, 'WARNING');
    t.deepEqual(after(psi(50, 12)), {status: 'CRITICAL', why: 'all tasks stalled for memory 12% of the time'});
  });
}

test('it clears 30 s after the figures fell', (t) => {
  const calm = new Array<Psi>(40).fill(psi(1));
  const statuses = feed(started(), 1000, [psi(20), psi(20), ...calm]).map(({status}) => status);
  t.is(statuses.lastIndexOf('WARNING'), 30);
  t.is(statuses.at(-1), 'OK');
});

test('a kernel without PSI is not judged by it', (t) => {
  t.is(feed(started(), 1000, [undefined, {}]).at(-1)?.status, 'OK');
});

test('the host’s pressure says nothing of the one process that is watched', (t) => {
  t.is(feed(started({filter: {pid: 1}}), 1000, [psi(90, 90)]).at(-1)?.status, 'OK');
});

test('pressure that comes and goes between two samples counts by its event; a cgroup’s is not the host’s', (t) => {
  const model = started();
  model.apply(frame({events: [pressure(500, {scope: '/box', some_avg10_pct: 60, full_avg10_pct: 50})]}));
  t.is(tile(model).status, 'OK');
  model.apply(frame({events: [pressure(600, {some_avg10_pct: 9, full_avg10_pct: 2})]}));
  t.is(tile(model).status, 'OK');
  model.apply(frame({events: [pressure(700)]}));
  t.deepEqual(tile(model), {status: 'WARNING', why: 'tasks stalled for memory 13% of the time'});
  t.is(feed(model, 60_000, [psi(0)], 1000)[0]?.status, 'OK');
});

test('a cgroup that is near its limit warns', (t) => {
  const model = started();
  model.apply(frame({events: [pressure(500, {scope: '/a', some_avg10_pct: undefined, utilization_pct: 93})]}));
  model.apply(sampleFrame(1000, {interval_ms: 1000}));
  t.deepEqual(tile(model), {status: 'WARNING', why: '/a needs 93% of its limit'});
});

test('a kill that is foretold warns below 10 minutes, is critical below one, and must be sure', (t) => {
  const after = (more: object) => {
    const model = started();
    const input = sampleFrame(1000, {interval_ms: 1000});
    const {scope, growth_bytes_per_s, eta_s, eta_low_s, eta_high_s, confidence_pct, usage_bytes, limit_bytes} =
      foretold(1000);
    const row = {scope, growth_bytes_per_s, eta_s, eta_low_s, eta_high_s, confidence_pct, usage_bytes, limit_bytes};
    input.sample!.predictions = [{...row, ...more}];
    model.apply(input);
    return tile(model);
  };
  t.is(after({eta_s: 600}).status, 'OK');
  t.deepEqual(after({eta_s: 599}), {status: 'WARNING', why: '/leaky will be out of memory in 599s'});
  t.is(after({eta_s: 59.9}).status, 'CRITICAL');
  t.is(after({eta_s: 59.9, confidence_pct: 79}).status, 'OK');
});
