import {readdirSync} from 'node:fs';
import test from 'ava';
import {must} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {load} from './util/load.ts';
import {SLOW, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const ids = load('bpf-ids', '-lbpf');

/** The BPF programs, maps and links that a process holds, as `kind:id`. */
function heldBy(pid: number): string[] {
  const held = readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const text = read(`/proc/${pid}/fdinfo/${fd}`);
    return ['link', 'prog', 'map'].flatMap((kind) => {
      const id = new RegExp(`^${kind}_id:\t(\\d+)$`, 'm').exec(text)?.[1];
      return id ? [`${kind}:${id}`] : [];
    });
  });
  return [...new Set(held)];
}

const alive = (which: readonly string[]): string[] =>
  must(ids, ...which)
    .split('\n')
    .filter(Boolean);

const WAYS: [how: string, args: string[], end: (kstop: Kstop) => void, code: number | null][] = [
  ['its duration is over', ['-d', '1'], () => {}, 0],
  ['Ctrl-C', [], (kstop) => kstop.child.kill('SIGINT'), 0],
  ['SIGTERM', [], (kstop) => kstop.child.kill('SIGTERM'), 0],
  ['its terminal is gone', [], (kstop) => kstop.child.kill('SIGHUP'), 0],
  ['SIGKILL', [], (kstop) => kstop.child.kill('SIGKILL'), null],
  ['its reader closes the pipe', ['-i', '0.1'], (kstop) => kstop.child.stdout?.destroy(), 0],
];

for (const [how, args, end, code] of WAYS) {
  test.serial(`nothing stays in the kernel after ${how}`, async (t) => {
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

test.serial('a second Ctrl-C ends it at once, even when nobody reads', async (t) => {
  const kstop = await Kstop.start(t, ['--probes', 'sched', '--sched-warn', '1', '-i', '0.1']);
  kstop.child.stdout?.pause();
  kstop.child.kill('SIGINT');
  kstop.child.kill('SIGINT');
  await until(() => kstop.child.exitCode !== null, 5000 * SLOW, 'the exit');
  t.is(kstop.child.exitCode, 0);
  kstop.child.stdout?.destroy();
});
