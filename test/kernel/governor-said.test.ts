/** What a user sees of a probe that the overhead governor has paused, and how he gets it back. */
import test, {type ExecutionContext} from 'ava';
import {LiveSource} from '../../src/sources/live.ts';
import type {ProbeChange, Sample} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {environment, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {testUnless, twoCpus} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';

const [cpu] = twoCpus() ?? [0];
const WAIT_MS = 15_000 * SLOW;
const REASON = /paused by the overhead governor: <?[\d.]+% of all CPUs’ time, budget [\d.]+% \(--max-overhead\)/;

testUnless(
  process.env.KSTOP_VM && 'an emulated CPU is too slow for a screen',
  'a pause is said on the screen and in the text: tile, top line, Probes view, line, summary',
  async (t) => {
    const env = environment() as Record<string, string>;
    const command = [...PROGRAM, '--probes', 'sched,oom', '--max-overhead', '0.1'];
    const screen = new Pty({columns: 160, rows: 45, command, env});
    t.teardown(() => screen.kill());
    const text = new Process(t, [...command, '--plain'], env);
    const shows = (what: RegExp) => screen.until((all) => what.test(all), String(what), WAIT_MS);
    await shows(/LIVE/);
    const storm = await startLoad(t, 'storm', [cpu, 1]);
    storm.send('8000');
    await shows(/ 1 paused/);
    await shows(/sched paused by the overhead gov/);
    screen.send('8');
    await shows(/sched +(sched +)?paused .*paused by the overhead gov/);
    await until(() => REASON.test(text.stdout), WAIT_MS, 'the line');
    t.regex(text.stdout, /^\d\d:\d\d:\d\d\.\d{3} PROBE .*sched.*paused.*paused by the overhead governor/m);
    await text.kill('SIGTERM');
    const [, summary] = text.stdout.split('MONITORING SUMMARY');
    t.regex(summary!, /sched: paused by the overhead governor for .*s in all/);
    screen.send('q');
    await screen.end(WAIT_MS);
  },
);

/** A live source in this process with a budget, and what it tells. */
async function opened(t: ExecutionContext, maxOverheadPct: number) {
  const source = await LiveSource.open({
    version: 'test',
    intervalMs: 200,
    probes: ['sched', 'oom'],
    thresholds: {sched_warn_us: 1000, sched_crit_us: 10_000},
    maxOverheadPct,
  });
  const [samples, changes]: [Sample[], ProbeChange[]] = [[], []];
  const reading = (async () => {
    for await (const {sample, probes} of source.frames()) {
      if (sample) samples.push(sample);
      changes.push(...probes);
    }
  })();
  t.teardown(async () => {
    source.stop();
    await reading;
    await source.close();
  });
  return {source, samples, changes};
}

test.serial('next to no budget: paused with its reason, its figures are gone, and a key brings it back', async (t) => {
  const {source, samples, changes} = await opened(t, 0.001);
  const storm = await startLoad(t, 'storm', [cpu, 1]);
  storm.send(String(2000));
  const pause = await until(() => changes.find(({state}) => state === 'paused'), WAIT_MS, 'the pause');
  t.is(pause.id, 'sched');
  t.regex(pause.reason!, REASON);
  const from = samples.length;
  await until(() => samples.length > from + 1, WAIT_MS, 'samples after it');
  t.deepEqual(samples.at(-1)!.histograms, []);
  t.true(samples.slice(1).every(({self}) => self.kernel_cpu_pct !== undefined && self.kernel_cpu_pct >= 0));
  t.true(samples.some(({self}) => self.kernel_cpu_pct! > 0.001));
  const known = changes.length;
  t.is(source.controls.toggle('sched'), undefined);
  const back = await until(() => changes.slice(known).find(({id}) => id === 'sched'), WAIT_MS, 'its return');
  t.true(back.state === 'attached' || back.state === 'degraded', back.state);
  t.truthy(back.method);
  t.deepEqual(
    changes.filter(({id}) => id === 'oom'),
    [],
  );
});
