import {spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {findSupervisor, supervise} from '../../../src/trace/run/supervise.ts';
import {SLOW, until} from '../../kernel/util/wait.ts';
import {folder} from './stand-in.ts';

const SUPERVISOR = findSupervisor()!;
const WAIT = 20_000 * SLOW;

/** Starts a command that is, or becomes, the supervisor. */
function run(...[command = '', ...args]: string[]) {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe', 'pipe']});
  const said = {out: '', report: ''};
  child.stdout?.on('data', (data) => {
    said.out += data;
  });
  (child.stdio[3] as Readable).on('data', (data) => {
    said.report += data;
  });
  const ended = new Promise<typeof said>((done) => child.once('close', () => done(said)));
  return {child, said, ended};
}

const start = (...args: string[]) => run(SUPERVISOR, ...args);
const sh = (script: string) => ['/bin/sh', '-c', script];
const me = String(process.pid);

function work(t: ExecutionContext): string {
  const path = join(folder(t), 'work');
  mkdirSync(path, {mode: 0o700});
  return path;
}

test('a program has no descriptor but its output, no input, default signals and a group of its own', async (t) => {
  const {ended} = start(
    me,
    '-',
    '10',
    ...sh(
      'ls /proc/self/fd | tr "\\n" " "; grep -E "SigIgn|SigBlk|NoNewPrivs" /proc/self/status; cat; ps -o pgid= -p $$; echo $$',
    ),
  );
  const {out, report} = await ended;
  t.regex(out, /^0 1 2 3 SigBlk:\t0+\nSigIgn:\t0+\nNoNewPrivs:\t1\n/, 'the third is that of ls');
  const [group, pid] = out.trim().split('\n').slice(-2).map(Number);
  t.is(group, pid);
  t.is(report, 'exit 0\n');
});

test('a program goes before no other task, whatever kstop does', async (t) => {
  // Without root it only says that it can't.
  const script = 'ps -o ni= -p $$';
  t.true(Number((await run('nice', '-n', '-5', SUPERVISOR, me, '-', '10', ...sh(script)).ended).out) >= 0);
});

test('it does nothing for who is not its parent', async (t) => {
  const path = work(t);
  const {out, report} = await start('1', path, '10', ...sh('echo ran')).ended;
  t.is(out, '');
  t.is(report, 'error 3 parent\n');
  t.false(existsSync(path), 'the run is over before it began');
});

test('a folder that others can reach into is neither entered nor removed', async (t) => {
  const path = work(t);
  chmodSync(path, 0o755);
  t.is((await start(me, path, '10', ...sh('echo ran')).ended).report, 'error 1 folder\n');
  t.true(existsSync(path));
  chmodSync(path, 0o700);
  const link = `${path}-link`;
  symlinkSync(path, link);
  t.regex((await start(me, link, '10', ...sh('echo ran')).ended).report, /^error \d+ folder\n$/);
  t.true(existsSync(path));
  t.is((await start(me, '/nonexistent', '10', ...sh('echo ran')).ended).report, 'error 2 folder\n');
});

test('the folder goes with all that is in it, and nothing that links in it lead to', async (t) => {
  const path = work(t);
  const kept = join(path, '../kept');
  mkdirSync(join(kept, 'deep'), {recursive: true});
  writeFileSync(join(kept, 'file'), '');
  symlinkSync(kept, join(path, 'link'));
  const {report} = await start(me, path, '10', ...sh('mkdir -p a/b/c; touch a/b/file .hidden; ln -s ../../kept a/link'))
    .ended;
  t.is(report, 'exit 0\n');
  t.false(existsSync(path));
  t.true(existsSync(join(kept, 'file')) && existsSync(join(kept, 'deep')));
});

test('it keeps its limit, whoever holds the control channel', async (t) => {
  const path = work(t);
  const {report} = await start(me, path, '1', ...sh("trap '' INT TERM; sleep 1000")).ended;
  t.is(report, 'limit\n');
  t.false(existsSync(path));
});

test('SIGINT is passed on, SIGTERM ends all', async (t) => {
  const patient = start(
    me,
    '-',
    '30',
    ...sh("trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.1; done"),
  );
  await until(() => patient.said.out.includes('ready'), WAIT, 'the program');
  patient.child.kill('SIGINT');
  t.deepEqual(await patient.ended, {out: 'ready\ninterrupted\n', report: 'exit 7\n'});
  const stubborn = start(me, '-', '30', ...sh("trap '' INT TERM HUP; echo ready; sleep 1000"));
  await until(() => stubborn.said.out.includes('ready'), WAIT, 'the program');
  stubborn.child.kill('SIGTERM');
  t.is((await stubborn.ended).report, 'signal 9\n');
});

test('killed itself, it takes the program along', async (t) => {
  const {child, said} = start(me, '-', '30', ...sh('echo $$; exec sleep 1000'));
  await until(() => said.out.endsWith('\n'), WAIT, 'the program');
  child.kill('SIGKILL');
  await until(() => !existsSync(`/proc/${said.out.trim()}`), WAIT, 'its end');
  t.pass();
});

test('bad usage', async (t) => {
  for (const args of [[], [me], [me, '-', '0', '/bin/true'], [me, '-', '9999', '/bin/true'], [me, '-', '10', 'true']]) {
    const {child, ended} = start(...args);
    await ended;
    t.is(child.exitCode, 2, args.join(' '));
  }
});

test('a supervisor that is not there', async (t) => {
  const run = supervise({supervisor: '/nonexistent', command: ['/bin/true'], env: {}, limitS: 1});
  run.interrupt();
  run.kill();
  t.deepEqual(await run.ended, {how: 'refused', why: 'supervisor: ENOENT'});
});

test('without a descriptor left it says so, and kstop lives on', async (t) => {
  const module = new URL('../../../src/trace/run/supervise.ts', import.meta.url);
  const script = `
    import {openSync} from 'node:fs';
    import {supervise} from ${JSON.stringify(module.href)};
    try { for (;;) openSync('/dev/null'); } catch {}
    const run = supervise({supervisor: ${JSON.stringify(SUPERVISOR)}, command: ['/bin/true'], env: {}, limitS: 5});
    run.kill();
    process.exitCode = (await run.ended).why === 'supervisor: EMFILE' ? 42 : 1;`;
  const limited = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
  const child = spawn('/bin/sh', ['-c', limited, process.execPath, script], {stdio: 'ignore'});
  t.is(await new Promise((done) => child.once('close', done)), 42);
});
