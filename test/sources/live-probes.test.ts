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
