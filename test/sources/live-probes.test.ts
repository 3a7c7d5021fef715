import test from 'ava';
import type {Engine} from '../../src/native/engine.ts';
import type {Companion} from '../../src/sources/companion.ts';
import {LiveProbes} from '../../src/sources/live-probes.ts';

/** An engine whose programs the kernel refuses, or takes, and that has counted nothing. */
function engine(state: 'attached' | 'unavailable'): Engine {
  const off = {state: 'off', method: '', reason: ''};
  return {
    cpus: 2,
    set: () => {},
    probe: (_: string, on: boolean) => (on ? {state, method: 'tp_btf', reason: ''} : off),
    probesOn: () => Promise.resolve(),
    probeState: () => ({state, method: 'tp_btf', reason: ''}),
    snapshot: () => new DataView(new ArrayBuffer(256)),
  } as unknown as Engine;
}

test('what a companion counted stays when its probe is off, though no program ever ran', async (t) => {
  const beside = {
    counts: {hits: 5, missed: 1},
    start: () => ({state: 'degraded', method: 'kmsg', reason: 'the log alone'}),
    stop: () => {},
  } as unknown as Companion;
  const probes = new LiveProbes(engine('unavailable'), ['lockup'], {} as never, {}, {lockup: beside});
  probes.snapshot('lockup', () => {});
  t.is(probes.hitsOf('lockup'), undefined, 'never on');
  await probes.start();
  t.is(probes.hitsOf('lockup'), 6);
  probes.toggle('lockup');
  t.false(probes.isOn('lockup'));
  t.is(probes.hitsOf('lockup'), 6);
});

test('a critical threshold keeps its ratio to the warning one, in whole microseconds and never beyond 60 s', (t) => {
  const thresholds = {sched_warn_us: 1000, sched_crit_us: 7500, block_warn_us: 1, block_crit_us: 1};
  const probes = new LiveProbes(engine('attached'), [], thresholds as never, {}, {});
  for (const [warn, crit] of [
    [3, 23],
    [60_000_000, 60_000_000],
    [2000, 15_000],
  ]) {
    t.is(probes.setWarning('sched', warn!), undefined);
    t.like(probes.info('sched'), {warn_us: warn, crit_us: crit});
  }
});

/** An engine that keeps what it was told to do. */
function recording() {
  const calls: string[] = [];
  const refused = {now: false};
  const probe = (id: string, on: boolean) => {
    calls.push(`${id} ${on ? 'on' : 'off'}`);
    if (!on) return {state: 'off', method: '', reason: ''};
    return refused.now ? {state: 'unavailable', method: '', reason: 'EPERM'} : {state: 'attached', method: 'tp_btf'};
  };
  const own = {probe, probeState: () => ({state: 'attached', method: 'tp_btf', reason: ''})};
  return {calls, refused, engine: {...engine('attached'), ...own} as unknown as Engine};
}

test('a paused probe is detached, says why, and comes back after a look that finds room', async (t) => {
  const {engine: own, calls} = recording();
  const probes = new LiveProbes(own, ['sched'], {sched_warn_us: 1, sched_crit_us: 10} as never, {}, {});
  await probes.start();
  probes.pause('sched', 'too dear');
  t.deepEqual(calls, ['sched off']);
  t.like(probes.info('sched'), {state: 'paused', reason: 'too dear', method: undefined});
  t.false(probes.isOn('sched'));
  t.deepEqual(probes.attached(), []);
  t.is(probes.try('sched'), 'tp_btf');
  t.like(probes.info('sched'), {state: 'paused'}, 'a look is nobody’s business');
  t.false(probes.isOn('sched'));
  probes.settleTrial('sched', false);
  t.deepEqual(calls.splice(0), ['sched off', 'sched on', 'sched off']);
  t.like(probes.info('sched'), {state: 'paused', reason: 'too dear'});
  probes.try('sched');
  probes.settleTrial('sched', true);
  t.like(probes.info('sched'), {state: 'attached', method: 'tp_btf', reason: undefined});
  t.deepEqual(calls, ['sched on']);
});

test('the user’s key attaches a paused probe at once; one that can’t be had any more is unavailable', async (t) => {
  const {engine: own, calls, refused} = recording();
  const probes = new LiveProbes(own, ['sched'], {sched_warn_us: 1, sched_crit_us: 10} as never, {}, {});
  await probes.start();
  probes.pause('sched', 'too dear');
  t.is(probes.toggle('sched'), undefined);
  t.like(probes.info('sched'), {state: 'attached', reason: undefined});
  probes.toggle('sched');
  t.like(probes.info('sched'), {state: 'off'});
  t.deepEqual(calls, ['sched off', 'sched on', 'sched off']);
  probes.toggle('sched');
  probes.pause('sched', 'too dear');
  refused.now = true;
  t.is(probes.try('sched'), undefined);
  t.like(probes.info('sched'), {state: 'unavailable', reason: 'EPERM'});
});
