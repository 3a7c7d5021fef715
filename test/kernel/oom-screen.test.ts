/** How long after the kernel's kill the screen shows it. */
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {OomKillEvent, StreamObject} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {folder} from './util/disk.ts';
import {environment, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {testUnless} from './util/machine.ts';
import {sleep, until} from './util/wait.ts';

const KILLS = 9;
const WAIT_MS = 15_000;

/** When the kernel killed each victim (nanoseconds), from a snapshot that the screen exports. */
async function killTimes(pty: Pty, exports: string): Promise<Map<number | undefined, bigint>> {
  pty.send('e');
  const names = () => readdirSync(exports).filter((name) => name.endsWith('.json'));
  const [name] = await until(() => names().length > 0 && names(), WAIT_MS, 'a snapshot');
  const lines = readFileSync(join(exports, name!), 'utf8').trimEnd().split('\n');
  const objects = lines.map((line): StreamObject => JSON.parse(line));
  const kills = objects.filter((object) => object.kind === 'event' && object.type === 'OOM_KILL') as OomKillEvent[];
  return new Map(kills.map(({victim_pid, mono_ns}) => [victim_pid, BigInt(mono_ns)]));
}

/** When the screen first shows a text (nanoseconds), looked at every two milliseconds. */
async function shownNs(pty: Pty, text: RegExp): Promise<bigint> {
  const end = performance.now() + WAIT_MS;
  while (!text.test(pty.text)) {
    if (performance.now() > end) throw new Error(`waited in vain for ${text}; the screen:\n${pty.text}`);
    await sleep(2);
  }
  return process.hrtime.bigint();
}

/** Kills one process after another in a container's cgroup; milliseconds from each kill until it is on the screen. */
async function delays(t: ExecutionContext, probes: string): Promise<number[]> {
  const group = Cgroup.make(t, 'memory', {name: `docker-${createHash('sha256').update(t.title).digest('hex')}.scope`});
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(20 << 20));
  const names = Array.from({length: KILLS}, (_, i) => `kt-oom-${i}`);
  const victims = await Promise.all(names.map((as) => startLoad(t, 'eater', [0], {as, through: group.enter})));
  const exports = folder(t);
  const command = [...PROGRAM, '--probes', probes, '--export-dir', exports, '--max-overhead', '100'];
  const pty = new Pty({columns: 120, rows: 40, command, env: environment() as Record<string, string>});
  t.teardown(() => pty.kill());
  await pty.until((text) => /LIVE/.test(text), 'the screen', WAIT_MS);
  await sleep(2000);
  const runs: {pid: number; sentNs: bigint; seenNs: bigint; endedNs: bigint}[] = [];
  for (const [i, victim] of victims.entries()) {
    // At another moment of the interval each.
    await sleep(370);
    const sentNs = process.hrtime.bigint();
    const ended = new Promise<bigint>((done) => victim.child.once('exit', () => done(process.hrtime.bigint())));
    victim.send('64');
    const seenNs = await shownNs(pty, new RegExp(`OOM(_KILL| kill) .*${names[i]}\\b`));
    runs.push({pid: victim.pid, sentNs, seenNs, endedNs: await ended});
  }
  const times = await killTimes(pty, exports);
  return runs.map(({pid, sentNs, seenNs, endedNs}) => {
    const killNs = times.get(pid) ?? 0n;
    // After the victim was told to take memory, and before its parent knew of its end.
    t.true(killNs > sentNs && killNs < endedNs);
    return Number(seenNs - killNs) / 1e6;
  });
}

function judge(t: ExecutionContext, found: readonly number[]): void {
  const sorted = found.toSorted((a, b) => a - b);
  const median = sorted[KILLS >> 1]!;
  const said = (ms: number) => ms.toFixed(0);
  t.log(`median ${said(median)} ms, worst ${said(sorted.at(-1)!)} ms of ${found.map(said).join(' ')}`);
  t.true(median <= 100);
}

const reason = process.env.KSTOP_VM ? 'an emulated CPU is too slow for a screen' : lacksController('memory');

testUnless(
  reason,
  'an OOM kill is on the screen within 100 ms where nothing else happens, by the median',
  async (t) => {
    judge(t, await delays(t, 'oom'));
  },
);

testUnless(reason, 'an OOM kill is on the screen within 100 ms amid other events, by the median', async (t) => {
  new Process(t, ['/bin/sh', '-c', 'while :; do /bin/true; sleep 0.02; done']);
  judge(t, await delays(t, 'oom,process,pressure,growth,tasks'));
});
