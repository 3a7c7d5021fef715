import {spawnSync} from 'node:child_process';
import {openSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Sample, StreamObject, Summary} from '../../src/types/stream.ts';
import {folder} from './util/disk.ts';
import {counterIn, Kstop} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {testOnce, twoCpus} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const cpus = (twoCpus() ?? [0]).join();
const STORM = ['--probes', 'sched', '--sched-warn', '1', '-i', '0.5'];

/** hits = delivered + held + lost + missed, with `delivered` the lines that a reader got. */
function closes(t: ExecutionContext, objects: readonly StreamObject[]): Record<string, number> {
  const sample = objects.findLast((object): object is Sample => object.kind === 'sample');
  const summary = objects.findLast((object): object is Summary => object.kind === 'summary');
  const loss = sample?.loss.sched;
  const hits = counterIn(sample, 'hits', {probe: 'sched'});
  if (!loss || !summary || hits === undefined) throw new Error('no last sample');
  const lines = objects.filter((object) => object.kind === 'event').length;
  const figures = {hits, lines, ...loss};
  t.log(JSON.stringify(figures));
  t.is(counterIn(sample, 'delivered', {probe: 'sched'}), lines);
  t.is(hits, lines + loss.held + loss.lost + loss.missed);
  t.deepEqual(summary.loss.sched, loss);
  t.is(summary.subsystems.sched?.events, hits);
  return figures;
}

test.serial('a storm of events: each is delivered, held, lost or missed', async (t) => {
  const storm = await startLoad(t, 'storm', [cpus, 2]);
  const kstop = await Kstop.start(t, STORM);
  storm.send(String(3000));
  await storm.line();
  t.is((await kstop.stop()).code, 0);
  const {hits, lines, held} = closes(t, kstop.objects);
  const seconds = kstop.summary!.duration_s;
  // An emulated CPU may not come up to the limit.
  if (!process.env.KSTOP_VM || hits > 10_000 * 2 * (seconds + 2))
    t.true(hits > 20_000 && held > 0, 'more came than the limit lets through');
  t.true(lines >= 10_000, 'the limit lets many through');
  // Never more than the burst of two seconds, and 10,000 a second after that.
  t.true(lines <= 10_000 * (seconds + 2) * 1.05 + 400, `${lines} in ${seconds} s`);
});

testOnce('the sum also closes when the reader stalls', async (t) => {
  const path = folder(t);
  const [fifo, out] = [join(path, 'fifo'), join(path, 'out')];
  t.is(spawnSync('mkfifo', [fifo]).status, 0);
  const reader = new Process(t, ['sh', '-c', 'exec cat "$0" >"$1"', fifo, out]);
  const storm = await startLoad(t, 'storm', [cpus, 2]);
  const kstop = await Kstop.start(t, STORM, {stdout: openSync(fifo, 'w')});
  const text = () => readFileSync(out, 'utf8');
  await until(() => text().includes('"kind":"header"'), 15_000 * SLOW, 'the header');
  reader.child.kill('SIGSTOP');
  storm.send(String(3000 * SLOW));
  await storm.line();
  reader.child.kill('SIGCONT');
  await sleep(500);
  t.is((await kstop.stop()).code, 0);
  await reader.end();
  const lines = text().split('\n');
  t.is(lines.pop(), '', 'the last line is whole');
  const {lost, held} = closes(
    t,
    lines.map((line) => JSON.parse(line)),
  );
  t.true(lost + held > 0, 'the stall was felt');
});
