import {readdirSync, readFileSync} from 'node:fs';
import {LiveSource} from '../../src/sources/live.ts';
import type {Frame} from '../../src/types/frame.ts';
import {alive, heldBy} from './util/held.ts';
import {Kstop} from './util/kstop.ts';
import {costly, once, testOnce, testUnless} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const WAYS: [how: string, args: string[], end: (kstop: Kstop) => void, code: number | null][] = [
  ['its duration is over', ['-d', '1'], () => {}, 0],
  ['Ctrl-C', [], (kstop) => kstop.child.kill('SIGINT'), 0],
  ['SIGTERM', [], (kstop) => kstop.child.kill('SIGTERM'), 0],
  ['its terminal is gone', [], (kstop) => kstop.child.kill('SIGHUP'), 0],
  ['SIGKILL', [], (kstop) => kstop.child.kill('SIGKILL'), null],
  ['its reader closes the pipe', ['-i', '0.1'], (kstop) => kstop.child.stdout?.destroy(), 0],
];

for (const [how, args, end, code] of WAYS) {
  testUnless(how === 'SIGKILL' ? undefined : once, `nothing stays in the kernel after ${how}`, async (t) => {
    const kstop = await Kstop.start(t, args);
    const held = heldBy(kstop.pid);
    const count = (kind: string) => held.filter((each) => each.startsWith(kind)).length;
    t.log(`${count('prog')} programs, ${count('link')} links, ${count('map')} maps`);
    t.true(count('prog') >= 4 && count('link') >= 4 && count('map') >= 5);
    t.deepEqual(alive(held), held, 'they are there while it runs');
    end(kstop);
    const ended = await until(() => kstop.ended, 15_000 * SLOW, 'kstop to end');
    t.is(ended.code, code, kstop.stderr);
    t.is(kstop.stderr, '');
    // The kernel frees them a grace period later.
    await until(
      () => alive(held).length === 0,
      10_000 * SLOW,
      () => `the end of ${alive(held)}`,
    );
  });
}

testOnce('a second Ctrl-C ends it at once, even when nobody reads', async (t) => {
  const kstop = await Kstop.start(t, ['--probes', 'sched', '--sched-warn', '1', '-i', '0.1']);
  kstop.child.stdout?.pause();
  kstop.child.kill('SIGINT');
  kstop.child.kill('SIGINT');
  await until(() => kstop.child.exitCode !== null, 5000 * SLOW, 'the exit');
  t.is(kstop.child.exitCode, 0);
  kstop.child.stdout?.destroy();
});

testUnless(
  costly,
  'a source that is closed while its frames are read ends them, and is not used any more',
  async (t) => {
    for (const afterMs of [0, 10, 50]) {
      const source = await LiveSource.open({
        version: 'test',
        intervalMs: 20,
        probes: ['vfs'],
        thresholds: {vfs_warn_us: 1},
      });
      const frames: Frame[] = [];
      const reading = (async () => {
        for await (const frame of source.frames()) frames.push(frame);
      })();
      await until(() => frames.some(({sample}) => sample), 5000 * SLOW, 'a sample');
      await sleep(afterMs);
      await source.close();
      await source.close();
      await reading;
      t.throws(() => source.controls.toggle('vfs'), {message: /closed/});
    }
  },
);

testOnce(
  'V8’s own threads give way to every other task; kstop’s main thread and the reader of events do not',
  async (t) => {
    const kstop = await Kstop.start(t, ['-i', '0.2']);
    await until(() => kstop.samples.length > 1, 10_000, 'samples');
    const nices = readdirSync(`/proc/${kstop.pid}/task`).map((tid) => {
      const [, comm = '', rest = ''] = /\((.*)\) (.*)/s.exec(
        readFileSync(`/proc/${kstop.pid}/task/${tid}/stat`, 'utf8'),
      )!;
      return {comm, nice: Number(rest.split(' ')[16])};
    });
    t.log(nices.map(({comm, nice}) => `${comm} ${nice}`).join(', '));
    const workers = nices.filter(({comm}) => comm === 'V8Worker');
    t.true(workers.length > 0);
    // They still get their turn beside many that spin: samples wait for what they compile.
    t.true(workers.every(({nice}) => nice > 0 && nice < 19));
    t.true(nices.filter(({comm}) => comm !== 'V8Worker').every(({nice}) => nice === 0));
  },
);
