import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {plan, script} from '../trace/run/plan.ts';
import {folder} from '../trace/run/stand-in.ts';
import {alive, heldBy} from './util/held.ts';
import {NODE, REPO} from './util/kstop.ts';
import {once, testUnless, which} from './util/machine.ts';
import {foldersOf, noTraces, realDesk, running, supervised, WAIT} from './util/traces.ts';
import {until} from './util/wait.ts';

const TEXT = script('tracepoint:syscalls:sys_enter_openat', 'str(args->filename)');

interface Victim {
  owner: number;
  supervisor: number;
  bpftrace: number;
}

/** Everything that a trace had is gone: processes, programs, maps, folder. */
async function nothingLeft(t: ExecutionContext, {owner, supervisor, bpftrace}: Victim, held: string[]): Promise<void> {
  for (const pid of [supervisor, bpftrace]) await until(() => !existsSync(`/proc/${pid}`), WAIT, `the end of ${pid}`);
  await until(
    () => alive(held).length === 0,
    WAIT,
    () => `the end of ${alive(held)}`,
  );
  await until(
    () => foldersOf(owner).length === 0,
    WAIT,
    () => `${foldersOf(owner)} to be removed`,
  );
  t.pass();
}

/** The programs that it has attached, once it has. */
const attached = (pid: number) =>
  until(
    () => {
      const held = heldBy(pid);
      return held.some((each) => each.startsWith('prog')) && held;
    },
    WAIT,
    'attached programs',
  );

async function ownerOf(t: ExecutionContext, state: string): Promise<Victim> {
  const owner = spawn(
    NODE,
    ['--import=tsx', 'test/kernel/util/trace-owner.ts', which('bpftrace')!, join(folder(t), 'log/audit.log')],
    {cwd: REPO, stdio: ['ignore', 'pipe', 'inherit']},
  );
  t.teardown(() => owner.kill('SIGKILL'));
  let told = '';
  owner.stdout.setEncoding('latin1').on('data', (text: string) => {
    told += text;
  });
  await until(
    () => told.includes(state),
    WAIT,
    () => `${state}: ${told}`,
  );
  const [first] = await until(
    () => {
      const all = supervised(owner.pid!);
      return all.length > 0 && all;
    },
    WAIT,
    'bpftrace',
  );
  return {owner: owner.pid!, ...first!};
}

testUnless(once ?? noTraces, 'SIGKILL of kstop leaves no bpftrace, no program and no folder', async (t) => {
  const victim = await ownerOf(t, 'running');
  const held = await attached(victim.bpftrace);
  t.is(foldersOf(victim.owner).length, 1);
  process.kill(victim.owner, 'SIGKILL');
  await nothingLeft(t, victim, held);
});

testUnless(once ?? noTraces, 'SIGKILL of kstop while bpftrace compiles leaves nothing either', async (t) => {
  const victim = await ownerOf(t, 'starting');
  process.kill(victim.owner, 'SIGKILL');
  await nothingLeft(t, victim, []);
});

testUnless(once ?? noTraces, 'SIGTERM of kstop, which has no handler for it, leaves nothing', async (t) => {
  const victim = await ownerOf(t, 'running');
  const held = await attached(victim.bpftrace);
  process.kill(victim.owner, 'SIGTERM');
  await nothingLeft(t, victim, held);
});

const KILLED: [what: 'supervisor' | 'bpftrace', reason: string][] = [
  ['supervisor', 'kstop-supervise killed by SIGKILL'],
  ['bpftrace', 'bpftrace was killed by SIGKILL'],
];
for (const [what, reason] of KILLED)
  testUnless(once ?? noTraces, `SIGKILL of ${what}: said, nothing stays attached, the folder is gone`, async (t) => {
    const {desk} = realDesk(t);
    const run = desk.start(plan({text: TEXT}));
    await running(run);
    const [found] = supervised(process.pid);
    const victim = {owner: process.pid, ...found!};
    const held = await attached(victim.bpftrace);
    process.kill(victim[what], 'SIGKILL');
    const {trace} = await run.done;
    t.like(trace, {state: 'failed', reason});
    await nothingLeft(t, victim, held);
  });

testUnless(once ?? noTraces, 'a desk that is closed ends its traces at once', async (t) => {
  const {desk} = realDesk(t);
  const run = desk.start(plan({text: TEXT}));
  await running(run);
  const [found] = supervised(process.pid);
  const held = await attached(found!.bpftrace);
  await desk.close();
  t.like(run.result().trace, {state: 'stopped', reason: 'kstop ended'});
  await nothingLeft(t, {owner: process.pid, ...found!}, held);
});
