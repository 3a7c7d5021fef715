import test from 'ava';
import {Model} from '../../src/model/model.ts';
import type {LockupEvent, ProbeInfo} from '../../src/types/stream.ts';
import {frame, header, lockup, sampleFrame} from '../util/synthetic.ts';

const PROBE: ProbeInfo = {id: 'lockup', subsystem: 'lockup', state: 'attached', method: 'tp_btf'};

function after(event: LockupEvent): Model {
  const model = new Model();
  model.apply(frame({header: header([PROBE])}));
  model.apply(frame({events: [event]}));
  return model;
}

const tile = (model: Model) => {
  const {status, why} = model.state.subsystems[0] ?? {};
  return {status, why};
};

test('a hung task warns, a soft lockup and an RCU stall are critical', (t) => {
  t.deepEqual(tile(after(lockup(1000, 'HUNG_TASK'))), {
    status: 'WARNING',
    why: 'pid 99 stuck hung for 22s in io_schedule',
  });
  t.deepEqual(tile(after(lockup(1000, 'SOFT_LOCKUP'))), {
    status: 'CRITICAL',
    why: 'CPU 1 stuck for 22s (pid 99 stuck) in io_schedule',
  });
  const bare = lockup(1000, 'RCU_STALL', {pid: undefined, comm: undefined, stuck_ms: undefined, stack: undefined});
  t.deepEqual(tile(after(bare)), {status: 'CRITICAL', why: 'RCU stalled by CPU 1'});
});

for (const stepMs of [100, 1000, 60_000]) {
  test(`it clears after 60 s without another, at intervals of ${stepMs} ms`, (t) => {
    const model = after(lockup(1000, 'HUNG_TASK'));
    const statuses: [number, string?][] = [];
    for (let at = 1000 + stepMs; at <= 121_000; at += stepMs) {
      model.apply(sampleFrame(at, {interval_ms: stepMs}));
      statuses.push([at, tile(model).status]);
    }
    const ok = statuses.find(([, status]) => status === 'OK')?.[0] as number;
    t.true(ok >= 61_000 && ok <= 61_000 + stepMs, `${ok}`);
  });
}

test('one that is reported again stays', (t) => {
  const model = after(lockup(1000, 'SOFT_LOCKUP'));
  model.apply(frame({events: [lockup(50_000, 'SOFT_LOCKUP')]}));
  model.apply(sampleFrame(100_000));
  t.is(tile(model).status, 'CRITICAL');
});
