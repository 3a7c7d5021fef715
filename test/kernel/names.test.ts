import type {ExecutionContext} from 'ava';
import {Pty} from '../tui/pty.ts';
import {Cgroup, lacksController, unified} from './util/cgroup.ts';
import {environment, Kstop, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {testOnce, testUnless, twoCpus} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';

const [cpu] = twoCpus() ?? [0];

/** Names that a process can give itself: 15 bytes, any but 0. */
const NAMES = {
  escape: Buffer.from('\u001b[31m\u001b]0;x\u0007', 'latin1'),
  newline: Buffer.from('a\nb"c\\d,{}\r\t\b'),
  'C1 controls': Buffer.from([0x9b, 0x33, 0x31, 0x6d, 0x9d, 0x30, 0x3b, 0x78]),
  'encoded C1': Buffer.from('\u009b31m\u009d0;'),
  'invalid UTF-8': Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8]),
  'cut in a character': Buffer.from(`${'é'.repeat(7)}\u{1f600}`).subarray(0, 15),
  'right to left': Buffer.from('\u202egpj.exe\u2066'),
  'line separator': Buffer.from('a\u2028b\u2029c'),
  'printf and paths': Buffer.from('%s%n/../$(x)`y`'),
} satisfies Record<string, Buffer>;

/** What a terminal may act on, newlines apart. */
const RISKY = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

/** Two processes on one CPU, so that both wait; the name of the first is the one in question. */
async function waiting(t: ExecutionContext, name: Buffer, through: string[] = []): Promise<Process> {
  const both = await Promise.all(
    [name, name].map((each) => startLoad(t, 'worker', [1, cpu, each.toString('hex')], {through})),
  );
  for (const each of both) each.send(`spin ${20_000 * SLOW}`);
  return both[0];
}

for (const [what, name] of Object.entries(NAMES)) {
  testOnce(`a process with ${what} in its name breaks no line of JSON`, async (t) => {
    const process = await waiting(t, name);
    const kstop = await Kstop.start(t, ['-p', String(process.pid), '--probes', 'sched']);
    const event = await kstop.event('SCHED_LATENCY', ({pid}) => pid === process.pid);
    await kstop.stop();
    t.is(event.comm, new TextDecoder().decode(name));
    // Each line was parsed, and was valid UTF-8, when it was read.
    for (const line of kstop.lines) t.notRegex(line, RISKY);
  });
}

testOnce('no name changes a terminal by way of the text', async (t) => {
  const through = unified() ? Cgroup.make(t, undefined, {name: `kt-\u001b[2J\u0007\u009b${process.pid}`}).enter : [];
  await Promise.all(Object.values(NAMES).map((name) => waiting(t, name, through)));
  const kstop = new Process(t, [...PROGRAM, '--plain', '--probes', 'sched'], environment() as Record<string, string>);
  await until(() => (kstop.stdout.match(/SCHED_LATENCY/g)?.length ?? 0) > 200, 20_000 * SLOW, 'events');
  kstop.child.kill('SIGTERM');
  t.is((await kstop.end()).code, 0);
  for (const line of kstop.stdout.split('\n')) t.notRegex(line, RISKY);
  for (const shown of ['\\x1b[31m', 'a\\nb"c', '%s%n/../$(x)`y`']) t.true(kstop.stdout.includes(shown), shown);
});

testUnless(
  process.env.KSTOP_VM && 'an emulated CPU is too slow for a screen',
  'nor by way of the process table on the screen',
  async (t) => {
    await Promise.all(Object.values(NAMES).map((name) => waiting(t, name)));
    const command = [...PROGRAM, '--probes', 'tasks', '-i', '0.5'];
    const screen = new Pty({columns: 160, rows: 60, command, env: environment() as Record<string, string>});
    t.teardown(() => screen.kill());
    await screen.until((text) => /LIVE/.test(text), 'the screen', 15_000);
    screen.send('6');
    for (const shown of ['\\x1b[31m', 'a\\nb"c', '%s%n/../$(x)`y`', '\\u202e'])
      await screen.until((text) => text.includes(shown), shown, 15_000);
    screen.send('q');
    await screen.end(15_000);
    for (const name of ['\u001b[31m\u001b]0;', '\u009b', '\u009d', '\u202e', '\u2066', '\u2028'])
      t.false(screen.raw.includes(name), JSON.stringify(name));
  },
);

testUnless(lacksController('memory'), 'nor does the name of a cgroup or of a victim', async (t) => {
  const group = Cgroup.make(t, 'memory', {name: `kt-\u001b[2J"\\${process.pid}`});
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(20 << 20));
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  const victim = await startLoad(t, 'eater', [0], {as: 'e\u001b[7m"\\\u0007', through: group.enter});
  victim.send('64');
  t.is((await victim.end()).signal, 'SIGKILL');
  const event = await kstop.event('OOM_KILL', ({victim_pid}) => victim_pid === victim.pid);
  await kstop.stop();
  t.is(event.memcg, group.path);
  t.is(event.victim_comm, 'e\u001b[7m"\\\u0007');
  for (const line of kstop.lines) t.notRegex(line, RISKY);
});
