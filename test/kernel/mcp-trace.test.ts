/** The tool `trace` of `kstop mcp` with the machine's own bpftrace, by the SDK's own client. */
import {readFileSync} from 'node:fs';
import {PROGRAM} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {once, testUnless} from './util/machine.ts';
import {Mcp} from './util/mcp.ts';
import {foldersOf, noTraces, supervised, WAIT} from './util/traces.ts';
import {SLOW, until} from './util/wait.ts';

const AUDIT = '/var/log/kstop/audit.log';
const SPEC = {
  type: 'tracepoint',
  target: 'sched:sched_process_exec',
  arguments: ['filename', 'pid'],
  filter: 'filename == "/bin/true"',
  duration: 3,
};

/** Runs `/bin/true` again and again, and tells each one's number. */
const runs = ['/bin/sh', '-c', 'while :; do /bin/true & echo $!; wait; sleep 0.05; done'];

testUnless(
  once ?? noTraces,
  'a spec: refused, or with --allow-trace what really happened, and in the audit log',
  async (t) => {
    const strict = await Mcp.start(t);
    const refused = await strict.call('trace', {spec: SPEC});
    t.true(refused.isError);
    t.regex(refused.text, /^spec: Not allowed/);
    t.deepEqual(supervised(strict.pid), []);

    const mcp = await Mcp.start(t, ['--allow-trace']);
    const load = new Process(t, runs);
    const heard: number[] = [];
    const given = await mcp.call('trace', {spec: SPEC}, {onprogress: ({progress}) => heard.push(progress)});
    await load.kill();
    t.false(given.isError, given.text);
    const {trace, events, stats} = given.content;
    t.like(trace, {state: 'done', type: 'tracepoint', target: SPEC.target, duration_s: 3});
    const ran = load.stdout.trim().split('\n').map(Number);
    t.log(`${stats.total_events} events of ${ran.length} runs; ${heard.length} words of progress`);
    t.true(events.length > 0 && events.length <= 50);
    t.is(stats.lost_events, 0);
    const ours = events.filter(({pid}: {pid: number}) => ran.includes(pid));
    t.true(ours.length > 0);
    for (const each of ours)
      t.like(each, {process_name: 'true', raw_args: {filename: '/bin/true', pid: String(each.pid)}});
    t.true(heard.length >= 3);

    const lines = readFileSync(AUDIT, 'utf8').trim().split('\n').slice(-100);
    const entries = lines.map((line) => JSON.parse(line)).filter(({id}) => id.startsWith(`${mcp.pid}-`));
    t.deepEqual(
      entries.map(({event, origin, script_sha256}) => [event, origin, script_sha256]),
      ['start', 'end'].map((event) => [event, 'mcp', trace.script_sha256]),
    );
    t.is(entries[1].events, stats.total_events);
  },
);

testUnless(
  once ?? noTraces,
  'presets: listed with their hooks here, and one’s events are those that happened',
  async (t) => {
    const mcp = await Mcp.start(t);
    const listed = await mcp.call('trace');
    t.false(listed.isError, listed.text);
    const presets = listed.content.presets as {name: string; hook?: string; missing?: string}[];
    t.log(presets.map(({name, hook, missing}) => `${name}: ${hook ?? missing}`));
    t.true(presets.every(({hook, missing}) => (hook === undefined) !== (missing === undefined)));
    const load = new Process(t, runs);
    const given = await mcp.call('trace', {
      preset: 'process-exec',
      duration_s: 3,
      process_name: 'true',
      max_events: 200,
    });
    await load.kill();
    t.false(given.isError, given.text);
    const {trace, events} = given.content;
    t.like(trace, {state: 'done', preset: 'process-exec', process_name: 'true'});
    const ran = load.stdout.trim().split('\n').map(Number);
    const ours = events.filter(({pid}: {pid: number}) => ran.includes(pid));
    t.true(ours.length > 0, given.text);
    t.log(ours[0].message);
    const wrong = await mcp.call('trace', {preset: 'proces-exec'});
    t.true(wrong.isError);
    t.regex(wrong.text, /^preset: .*did you mean process-exec\?/);
  },
);

testUnless(once ?? noTraces, 'a hostile spec never reaches bpftrace', async (t) => {
  const mcp = await Mcp.start(t, ['--allow-trace']);
  for (const wrong of [
    {target: 'sched:sched_process_exec { system("id") }'},
    {filter: 'pid == 1/ { exit() }'},
    {x: 1},
  ]) {
    const {isError, text} = await mcp.call('trace', {spec: {...SPEC, ...wrong}});
    t.true(isError);
    t.log(text);
  }
  t.deepEqual(supervised(mcp.pid), []);
});

testUnless(once ?? noTraces, 'a trace whose call is cancelled ends, with its bpftrace and its folder', async (t) => {
  const mcp = await Mcp.start(t, ['--allow-trace']);
  const cancel = new AbortController();
  const call = mcp.call('trace', {spec: {...SPEC, duration: 60}}, {signal: cancel.signal});
  const [child] = await until(() => atWork(mcp.pid), WAIT, 'a bpftrace');
  cancel.abort();
  await t.throwsAsync(call);
  await until(() => supervised(mcp.pid).length === 0, 20_000 * SLOW, `the end of bpftrace ${child?.bpftrace}`);
  await until(() => foldersOf(mcp.pid).length === 0, 5000 * SLOW, 'the end of its folder');
  await mcp.client.ping();
});

/** The supervisors of a process, where there's one that has a bpftrace. */
const atWork = (pid: number) => {
  const found = supervised(pid);
  return found.length > 0 ? found : undefined;
};

testUnless(once ?? noTraces, 'nor does a trace outlive the client that closes the pipe', async (t) => {
  const server = new Process(t, [...PROGRAM, 'mcp', '--allow-trace']);
  const send = (id: number, method: string, params: object) =>
    server.send(JSON.stringify({jsonrpc: '2.0', id, method, params}));
  const clientInfo = {name: 'test', version: '1'};
  send(1, 'initialize', {protocolVersion: '2025-06-18', capabilities: {}, clientInfo});
  await server.line();
  send(2, 'tools/call', {name: 'trace', arguments: {spec: {...SPEC, duration: 60}}});
  const {pid} = server;
  const [child] = await until(() => atWork(pid), WAIT, 'a bpftrace');
  server.child.stdin?.end();
  t.deepEqual(await server.end(), {code: 0, signal: null}, server.stderr);
  t.throws(() => process.kill(child!.bpftrace, 0), {code: 'ESRCH'});
  t.deepEqual(foldersOf(pid), []);
});
