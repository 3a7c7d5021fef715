import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import type {Run} from '../../../src/trace/run/run.ts';
import {SLOW, until} from '../../kernel/util/wait.ts';
import {plan, printed, wire} from './plan.ts';
import {ATTACHED, deskOf, standIn} from './stand-in.ts';

const EVENT = printed(wire()).trimEnd();
const WAIT = 20_000 * SLOW;

const running = (run: Run) =>
  until(
    () => run.state === 'running',
    WAIT,
    () => `a running trace: ${run.state}`,
  );
const gone = (pid: string) => until(() => !existsSync(`/proc/${pid}`), WAIT, `the end of ${pid}`);
const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
/** Quotes for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const say = (...texts: string[]) => texts.map((text) => `printf '%s\\n' ${quoted(text)}`).join('; ');

test('a stand-in finds its script, the folder and what it is told, and nothing of our environment', async (t) => {
  process.env.BPFTRACE_SECRET = 'yes';
  const path = standIn(
    t,
    `${say(ATTACHED, EVENT)}; { pwd; stat -c '%a %n' . script.bt; cat script.bt; echo "$@"; env; ls -l /proc/self/fd; } >&2`,
  );
  const {desk} = deskOf(t, path);
  const {trace, events} = await desk.start(plan({text: 'BEGIN { }\n'})).done;
  const [cwd, ...told] = trace.warnings!;
  t.regex(cwd!, /kstop-trace-\d+-\d+-/);
  t.false(existsSync(cwd!), 'it goes with the trace');
  t.deepEqual(told.slice(0, 4), ['700 .', '600 script.bt', 'BEGIN { }', '-f json -B line script.bt']);
  t.false(trace.warnings!.some((line) => line.includes('SECRET')));
  t.is(events.length, 1);
  t.is(trace.state, 'done');
});

test('the time is over: interrupted, and what a stand-in says at its end counts', async (t) => {
  const path = standIn(
    t,
    `trap "${say(EVENT).replaceAll('"', '\\"').replaceAll('$', '\\$')}; exit 0" INT; ${say(ATTACHED)}; while :; do sleep 0.1; done`,
  );
  const {desk, audit} = deskOf(t, path);
  const {trace, stats} = await desk.start(plan({duration_s: 0.5})).done;
  t.is(trace.state, 'done', trace.reason);
  t.is(stats.total_events, 1);
  t.true(trace.ran_s! >= 0.5);
  const [start, end] = lines(audit);
  t.like(start, {
    event: 'start',
    origin: 'cli',
    target: 'syscalls:sys_enter_openat',
    script_sha256: trace.script_sha256,
  });
  t.like(end, {event: 'end', id: start.id, state: 'done', events: 1, lost_events: 0});
  t.is(start.who.pid, process.pid);
});

test('a stand-in that does not end when told to is killed, with what it started', async (t) => {
  const path = standIn(t, `trap '' INT; sleep 1000 & echo "$$ $!" >&2; ${say(ATTACHED, EVENT)}; sleep 1000`);
  const {desk} = deskOf(t, path, {quiet: 300});
  const run = desk.start(plan());
  await running(run);
  const {trace, events} = await run.stop();
  t.like(trace, {state: 'stopped', reason: 'bpftrace did not end when told to, and was killed'});
  t.is(events.length, 1);
  for (const pid of trace.warnings![0]!.split(' ')) await gone(pid);
});

test('a stand-in that goes on printing after it was told to end is killed at last', async (t) => {
  const path = standIn(t, `trap '' INT; ${say(ATTACHED)}; while sleep 0.05; do ${say(EVENT)}; done`);
  const {desk} = deskOf(t, path, {quiet: 2000, ending: 1500});
  const run = desk.start(plan({duration_s: 0.3}));
  const {trace} = await run.done;
  t.like(trace, {state: 'done', reason: 'bpftrace did not end when told to, and was killed'});
});

test('a silent stand-in is given up', async (t) => {
  const {desk} = deskOf(t, standIn(t, 'sleep 1000'), {start: 500});
  const {trace} = await desk.start(plan()).done;
  t.like(trace, {state: 'failed', reason: "bpftrace didn't attach its probes within 0.5 s"});
});

test('a stand-in that is killed: said, and what it printed stays', async (t) => {
  const {desk, audit} = deskOf(t, standIn(t, `${say(ATTACHED, EVENT, EVENT)}; kill -9 $$`));
  const {trace, events} = await desk.start(plan()).done;
  t.like(trace, {state: 'failed', reason: 'bpftrace was killed by SIGKILL'});
  t.is(events.length, 2);
  t.like(lines(audit)[1], {event: 'end', state: 'failed', reason: trace.reason, events: 2});
});

test('a stand-in that fails: the first error is the reason, the rest are warnings, escapes made visible', async (t) => {
  const path = standIn(
    t,
    `printf 'WARNING: \\033[31mred\\nscript.bt:1:1-5: ERROR: no such field\\nmore\\n' >&2; exit 1`,
  );
  const {desk} = deskOf(t, path);
  const {trace} = await desk.start(plan()).done;
  t.like(trace, {state: 'failed', reason: 'script.bt:1:1-5: ERROR: no such field'});
  t.deepEqual(trace.warnings, ['WARNING: \\x1b[31mred', trace.reason!, 'more']);
});

test('a stand-in that floods stderr is bounded', async (t) => {
  const path = standIn(
    t,
    `${say(ATTACHED)}; head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; yes warning | head -n 100000 >&2`,
  );
  const {desk} = deskOf(t, path);
  const {trace} = await desk.start(plan()).done;
  t.is(trace.state, 'done');
  t.is(trace.warnings?.length, 9);
  t.is(trace.warnings?.at(-1), '… and 99991 more lines');
});

test('what a stand-in says of RLIMIT_MEMLOCK is shown only where nothing else explains a failure', async (t) => {
  const line = `ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace.`;
  const good = deskOf(t, standIn(t, `echo "${line}" >&2; ${say(ATTACHED)}`)).desk;
  t.like((await good.start(plan()).done).trace, {state: 'done', warnings: undefined, reason: undefined});
  const bad = deskOf(t, standIn(t, `echo "${line}" >&2; exit 1`)).desk;
  t.like((await bad.start(plan()).done).trace, {state: 'failed', warnings: undefined, reason: line});
});

test('a stand-in that is no program, or is not there', async (t) => {
  const {desk} = deskOf(t, '/nonexistent/bpftrace');
  const {trace} = await desk.start(plan()).done;
  t.like(trace, {state: 'failed', reason: "bpftrace can't be started: exec: ENOENT"});
});

test('garbage from a stand-in: bounded lines, counted, never fatal', async (t) => {
  const path = standIn(
    t,
    `${say(ATTACHED)}; head -c 6000000 /dev/zero; echo; head -c 100000 /dev/urandom; echo; ${say(EVENT)}; printf '{"type": "printf", "data": "cut'`,
  );
  const {desk} = deskOf(t, path);
  const {trace, stats} = await desk.start(plan()).done;
  t.is(trace.state, 'done');
  t.is(stats.total_events, 1);
  t.regex(trace.notes!.join(), /\d+ lines of bpftrace's output couldn't be read/);
});

test('a flooding stand-in: counted, and the loop goes on turning', async (t) => {
  const path = standIn(t, `${say(ATTACHED)}; exec yes ${quoted(EVENT)}`);
  const {desk} = deskOf(t, path, {quiet: 300});
  const run = desk.start(plan({duration_s: 2}));
  await running(run);
  let turns = 0;
  const timer = setInterval(() => turns++, 10);
  const {trace, events, stats} = await run.done;
  clearInterval(timer);
  t.log(`${stats.total_events} events in ${trace.ran_s} s, ${turns} turns`);
  // yes takes an interrupt for its end.
  t.is(trace.state, 'failed');
  t.is(events.length, 10_000);
  t.true(stats.total_events >= 10_000);
  t.true(turns > 5, `${turns} turns`);
});

test('three at once, the others wait; one that waits can be stopped; close ends all', async (t) => {
  const {desk, audit} = deskOf(t, standIn(t, `${say(ATTACHED)}; exec sleep 1000`));
  const runs = Array.from({length: 5}, () => desk.start(plan()));
  await Promise.all(runs.slice(0, 3).map(running));
  t.deepEqual(
    runs.slice(3).map(({state}) => state),
    ['queued', 'queued'],
  );
  t.like((await runs[3]!.stop()).trace, {state: 'stopped', reason: 'stopped before it began', ran_s: undefined});
  await runs[0]!.stop();
  await running(runs[4]!);
  await desk.close();
  t.deepEqual(
    runs.map(({state}) => state),
    ['failed', 'stopped', 'stopped', 'stopped', 'stopped'],
  );
  t.is(lines(audit).length, 8, 'the one that never began is in no log');
  t.like(desk.start(plan()).result().trace, {state: 'refused', reason: 'kstop ends'});
});

test('stopped while a stand-in still compiles', async (t) => {
  const {desk} = deskOf(t, standIn(t, 'sleep 1000'));
  const run = desk.start(plan());
  t.is(run.state, 'starting');
  t.like((await run.stop()).trace, {state: 'stopped', reason: 'stopped before the probes were attached'});
});

test('listeners hear of changes, at most every 100 ms', async (t) => {
  const {desk} = deskOf(
    t,
    standIn(t, `${say(ATTACHED)}; for i in 1 2 3 4 5 6 7 8 9 10; do ${say(EVENT)}; sleep 0.02; done`),
  );
  const run = desk.start(plan());
  const calls: number[] = [];
  const remove = run.onChange(() => calls.push(performance.now()));
  await run.done;
  await until(() => calls.length > 2, WAIT, 'calls');
  const pauses = calls.slice(1).map((at, i) => at - calls[i]!);
  t.true(
    pauses.every((pause) => pause > 95),
    pauses.map(Math.round).join(' '),
  );
  remove();
});

test('without bpftrace a trace is refused with what to do', async (t) => {
  const {desk} = deskOf(t, '/nonexistent');
  const none = new (desk.constructor as typeof import('../../../src/trace/desk.ts').Desk)({
    planner: {presets: () => [], planPreset: () => ({field: '', why: ''}), planSpec: () => ({field: '', why: ''})},
    origin: 'mcp',
    bpftrace: {missing: 'bpftrace is not installed', remedy: 'install it'},
  });
  const {trace} = await none.start(plan()).done;
  t.like(trace, {state: 'refused', reason: 'bpftrace is not installed (install it)'});
  t.deepEqual(none.bpftrace, {missing: 'bpftrace is not installed', remedy: 'install it'});
});
