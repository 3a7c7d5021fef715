import type {ExecutionContext} from 'ava';
import type {ProbeChange} from '../../src/types/stream.ts';
import {Kstop} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {lacksRunTime, RunTime} from './util/run-time.ts';
import {LONGER, SLOW, sleep, until} from './util/wait.ts';

const [cpu] = twoCpus() ?? [0];
const REASON = /^paused by the overhead governor: [\d.]+% of all CPUs’ time, budget [\d.]+% \(--max-overhead\)$/;

const changesOf = (kstop: Kstop, id: string): ProbeChange[] =>
  kstop.objects.filter((object): object is ProbeChange => object.kind === 'probe' && object.id === id);

const paused = (kstop: Kstop, id: string) => changesOf(kstop, id).find(({state}) => state === 'paused');

/** hits = delivered + held + lost + missed, for every probe. */
function closes(t: ExecutionContext, kstop: Kstop): void {
  for (const [probe, {held, lost, missed}] of Object.entries(kstop.samples.at(-1)!.loss)) {
    const [hits, delivered = 0] = [kstop.counter('hits', {probe}), kstop.counter('delivered', {probe})];
    t.is(hits, delivered + held + lost + missed, probe);
  }
}

testUnless(
  lacksRunTime(),
  'a storm of task switches: paused within 5 s, said, back after it, nothing lost',
  async (t) => {
    const BUDGET = 0.2;
    const kstop = await Kstop.start(t, ['--probes', 'sched,oom', '--max-overhead', String(BUDGET), '--check']);
    const runTime = RunTime.start(t, kstop.pid);
    const storm = await startLoad(t, 'storm', [cpu, 1]);
    await sleep(1000);
    const began = performance.now();
    storm.send(String(18_000));
    const change = await until(() => paused(kstop, 'sched'), 10_000 * SLOW, 'the pause');
    const after = performance.now() - began;
    t.log(`paused ${(after / 1000).toFixed(1)} s after the storm began: ${change.reason}`);
    t.true(after <= 5000 + 500, 'and half a second to be told');
    t.regex(change.reason!, REASON);
    t.is(change.method, undefined);
    const unlike = await until(
      () => kstop.samples.findLast(({subsystems}) => subsystems.sched?.status === 'UNKNOWN'),
      5000,
      'a sample without a judgement',
    );
    t.deepEqual(unlike.histograms.filter(({name}) => name === 'sched').length <= 1, true);
    t.is(await storm.line(), 'done');
    const worst = runTime.worstTen(began + 5000);
    const whole = runTime.percent(began, began + 1000);
    t.log(`in the storm’s first second ${whole.toFixed(2)} % by the kernel, then ${worst.toFixed(3)} % at worst`);
    t.true(whole > BUDGET, 'a storm that is too dear');
    t.true(worst < 1.2 * BUDGET);
    const back = await until(
      () => changesOf(kstop, 'sched').find(({state}) => state === 'attached' || state === 'degraded'),
      60_000 * LONGER,
      'its return',
    );
    t.truthy(back.method);
    await kstop.sampleFromNow();
    await kstop.sampleFromNow();
    t.not(kstop.samples.at(-1)!.subsystems.sched?.status, 'UNKNOWN');
    t.is(changesOf(kstop, 'sched').length, 2, 'no flapping');
    t.deepEqual(changesOf(kstop, 'oom'), []);
    t.is((await kstop.stop()).code, kstop.summary!.subsystems.sched?.worst_status === 'OK' ? 4 : 3);
    t.true(kstop.summary!.findings.some((text) => /^sched: paused by the overhead governor for .*s in all/.test(text)));
    closes(t, kstop);
  },
);
