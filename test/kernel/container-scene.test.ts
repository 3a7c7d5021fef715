/**
 * One machine with two leaking containers and one that crashes again and again: in the stream, in its summary and on the
 * screen a user sees which they are, why, and when the leaking ones will die.
 */
import type {ExecutionContext} from 'ava';
import type {OomPredictionEvent} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {environment, Kstop, PROGRAM} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {once, testUnless} from './util/machine.ts';
import {lacksRunc, Runc} from './util/runc.ts';
import {SLOW, until} from './util/wait.ts';

const MIB = 1 << 20;
const LIMIT = 40 * MIB;
/** Taken a second: one is full after 13 s, the other after 26. */
const QUICK_KIB = 3072;
const SLOW_KIB = 1536;
const reason = once ?? lacksController('memory') ?? lacksRunc;
const PROBES = ['--probes', 'growth,oom,process,tasks'];

const idOf = (letter: string): string => letter.repeat(58) + String(process.pid).padStart(6, '0');

/** A limited cgroup that is named as Docker names a container's, and a process in it that leaks once it is started. */
function leaking(t: ExecutionContext, letter: string, kib: number) {
  const id = idOf(letter);
  const group = Cgroup.make(t, 'memory', {name: `docker-${id}.scope`});
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(LIMIT));
  const swap = group.v2 ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes';
  if (group.has(swap)) group.write(swap, group.v2 ? '0' : String(LIMIT));
  return {id, kib, start: () => startLoad(t, 'leaker', [kib], {as: `kt-leak-${letter}`, through: group.enter})};
}

/** A container that runs half a second and fails, until it is told to stop. */
function crashing(t: ExecutionContext) {
  const id = idOf('c');
  const container = new Runc(t, {cgroup: `/docker-${id}.scope`});
  let going = true;
  const running = (async () => {
    while (going) await container.run('/bin/sleep 0.5; exit 3');
  })();
  const stop = async () => {
    going = false;
    await running;
  };
  t.teardown(stop);
  return {id, stop};
}

testUnless(reason, 'in the stream: who leaks, until when, and who crashes', async (t) => {
  t.timeout(180_000);
  const kstop = await Kstop.start(t, PROBES);
  const [quick, slow] = [leaking(t, 'a', QUICK_KIB), leaking(t, 'b', SLOW_KIB)];
  const began = performance.now();
  const leaks = [];
  for (const leak of [quick, slow]) leaks.push({...leak, process: await leak.start()});
  const crash = crashing(t);
  const kills = [];
  for (const leak of leaks) {
    const ended = leak.process.end(90_000 * SLOW);
    kills.push(ended.then(() => kstop.event('OOM_KILL', ({tid}) => tid === leak.process.pid)));
  }
  const loop = until(
    () => kstop.samples.find(({subsystems}) => subsystems.process?.status === 'CRITICAL'),
    60_000 * SLOW,
    'a crash loop',
  );
  const looped = loop.then(() => performance.now() - began);
  const died = await Promise.all(kills);
  t.log(`the crash loop was told ${((await looped) / 1000).toFixed(1)} s after the beginning`);
  await crash.stop();
  await kstop.sampleFromNow();
  await kstop.stop();

  const ms = ({mono_ns}: {mono_ns: string}) => Number(BigInt(mono_ns) / 1_000_000n);
  for (const [i, {id, kib, process: leaker}] of leaks.entries()) {
    const told = (kstop.events('OOM_PREDICTION') as OomPredictionEvent[]).filter(({container}) => container?.id === id);
    t.true(told.length > 0, `the kill of ${kib} KiB a second was foretold`);
    for (const event of told) {
      const left = (ms(died[i]!) - ms(event)) / 1000;
      const {eta_s, eta_low_s, eta_high_s} = event;
      t.log(`${kib} KiB/s, ${left.toFixed(1)} s before its kill: in ${eta_s} s (${eta_low_s} to ${eta_high_s})`);
      t.like(event, {pid: leaker.pid, limit_bytes: LIMIT});
      t.true(left > 0 && left >= eta_low_s - 1 - 0.25 * left && left <= eta_high_s + 1 + 0.25 * left);
    }
  }
  const row = kstop.samples
    .flatMap(({containers = []}) => containers)
    .findLast(({container}) => container.id === crash.id);
  t.log(JSON.stringify(row));
  t.true((row?.restarts ?? 0) >= 3);
  t.like(row?.last_exit, {exit_code: 3});
  const {findings = []} = kstop.summary ?? {};
  t.log(findings.join('\n'));
  for (const {id} of leaks) t.true(findings.some((text) => text.includes(`container ${id.slice(0, 12)}`)));
  t.true(findings.some((text) => text.includes(`container ${crash.id.slice(0, 12)} restarted`)));
});

testUnless(reason, 'on the screen: views Memory and Containers', async (t) => {
  t.timeout(180_000);
  const command = [...PROGRAM, ...PROBES];
  const pty = new Pty({columns: 160, rows: 50, command, env: environment() as Record<string, string>});
  t.teardown(() => pty.kill());
  const shows = (what: RegExp) => pty.until((text) => what.test(text), String(what), 40_000);
  await shows(/LIVE/);
  const crash = crashing(t);
  for (const letter of ['a', 'b']) await leaking(t, letter, SLOW_KIB).start();
  pty.send('4');
  for (const letter of ['a', 'b']) await shows(new RegExp(`\\d+s +\\d+% .* ${letter}{12} +kt-leak-${letter}`));
  t.log(pty.text);
  pty.send('7');
  for (const letter of ['a', 'b', 'c']) await shows(new RegExp(letter.repeat(12)));
  await shows(/c{12}.* [1-9]\d* (code|exit) 3 /);
  t.log(pty.text);
  await crash.stop();
  pty.send('q');
  await pty.end(15_000);
  t.regex(pty.raw, /rc 0/);
});
