/** `kstop mcp` by the SDK's own client: real troubles and processes, and what the kernel itself says of them. */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {Cgroup, lacksController} from './util/cgroup.ts';
import {alive, heldBy} from './util/held.ts';
import {DIST, NODE, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {lacks, once, testUnless, twoCpus} from './util/machine.ts';
import {Mcp} from './util/mcp.ts';
import {LONGER, SLOW, sleep, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const [cpu] = twoCpus() ?? [0];
const USER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const script = `require('fs').readFileSync(${JSON.stringify(`${DIST}/app.mjs`)})`;
const unreadable = () =>
  lacks('setpriv') ??
  (spawnSync(USER[0]!, [...USER.slice(1), NODE, '-e', script]).status !== 0 && 'another user cannot read this clone');

interface Row {
  pid: number;
  comm: string;
}

testUnless(once, 'health: who waits for a CPU behind whom is found, and nothing stays attached', async (t) => {
  const hogs = await startLoad(t, 'worker', [6, cpu], {as: 'mcp-hog'});
  const mcp = await Mcp.start(t);
  hogs.send(`spin ${60_000 * LONGER}`);
  const heard: number[] = [];
  const given = await mcp.call(
    'health',
    {seconds: 3, comm: 'mcp-hog'},
    {onprogress: ({progress}) => heard.push(progress)},
  );
  await hogs.kill();
  t.false(given.isError, given.text);
  const {content} = given;
  t.log(content.findings);
  t.true(content.duration_s >= 2.5);
  t.regex(content.subsystems.sched.worst_status, /WARNING|CRITICAL/);
  t.not(content.overall, 'HEALTHY');
  t.true(content.subsystems.sched.p99_us > 1000 && content.subsystems.sched.max_us > 10_000);
  t.true(content.findings.some((finding: string) => /^sched: .*mcp-hog/.test(finding)));
  t.true(content.recommendations.length > 0);
  t.true(content.blame.some(({victim}: {victim: Row}) => victim.pid === hogs.pid && victim.comm === 'mcp-hog'));
  t.true(content.events.length > 0 && content.events.length <= 20);
  t.true(content.events_seen >= content.events.length);
  t.deepEqual(heard, [1, 2]);
  t.deepEqual(heldBy(mcp.pid), [], 'no program, link or map is left');
  t.is(mcp.stderr, '');
});

testUnless(once, 'processes: one’s CPU time is what /proc says of it, alone and among all', async (t) => {
  const worker = await startLoad(t, 'worker', [1, cpu], {as: 'mcp-worker'});
  const mcp = await Mcp.start(t);
  worker.send(`spin ${60_000 * LONGER}`);
  const before = cpuMs(worker.pid);
  const begun = performance.now();
  const {content, text, isError} = await mcp.call('processes', {seconds: 2, pid: worker.pid});
  const [wallMs, ranMs] = [performance.now() - begun, cpuMs(worker.pid) - before];
  t.false(isError, text);
  t.is(content.total, 1);
  const [row] = content.processes;
  t.like(row, {pid: worker.pid, comm: 'mcp-worker', threads: 2, uid: process.getuid?.()});
  const outsideMs = wallMs - content.interval_s * 1000;
  t.log(`${row.cpu_time_ms} ms in ${content.interval_s} s; ${ranMs} in the call, ${outsideMs} ms of it outside`);
  // It ran on one CPU while the call lasted: what the row lacks it can have had outside of the interval alone.
  t.true(row.cpu_time_ms <= ranMs + 5 && row.cpu_time_ms >= ranMs - outsideMs - 5);

  const all = await mcp.call('processes', {sort: 'cpu', limit: 50});
  t.true(all.content.processes.length <= 50 && all.content.total >= all.content.processes.length);
  t.true(all.content.processes.some((each: Row) => each.pid === worker.pid));
  const named = await mcp.call('processes', {comm: 'mcp-worker', sort: 'memory'});
  t.deepEqual(
    named.content.processes.map(({pid}: Row) => pid),
    [worker.pid],
  );
  await worker.kill();
  const wrong = await mcp.call('processes', {container: 'there-is-none'});
  t.true(wrong.isError);
  t.regex(wrong.text, /none of the containers here|no container is to be seen here/);
});

/** By the kernel's own account of its threads, milliseconds. */
const cpuMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((tid) => Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(' ')[0]) / 1e6)
    .reduce((sum, ms) => sum + ms);

testUnless(
  once ?? lacksController('memory'),
  'containers: memory against the limit as the cgroup has it',
  async (t) => {
    const id = createHash('sha256').update(`mcp ${process.pid}`).digest('hex');
    const group = Cgroup.make(t, 'memory', {name: `docker-${id}.scope`});
    group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(64 << 20));
    const eater = await startLoad(t, 'eater', [0], {through: group.enter});
    eater.send('20');
    await sleep(500 * SLOW);
    const mcp = await Mcp.start(t);
    const {content, text, isError} = await mcp.call('containers', {sort: 'memory', limit: 50});
    t.false(isError, text);
    const row = content.containers.find((each: {container: {id: string}}) => each.container.id === id);
    t.truthy(row, text);
    const usage = Number(group.read(group.v2 ? 'memory.current' : 'memory.usage_in_bytes'));
    t.log(JSON.stringify(row), usage);
    t.is(row.limit_bytes, 64 << 20);
    t.true(Math.abs(row.memory_usage_bytes - usage) <= 2 << 20);
    // Who is in it is known by the unified hierarchy.
    if (group.v2) t.is(row.processes, group.read('cgroup.procs').trim().split('\n').length);
  },
);

testUnless(once, 'probes: how each is attached, or why not', async (t) => {
  const mcp = await Mcp.start(t, ['--probes', 'sched,tasks,pressure']);
  const {content, text, isError} = await mcp.call('probes');
  t.false(isError, text);
  const by = new Map<string, {state: string; method?: string; finds: string; events: string[]}>(
    content.probes.map((probe: {id: string}) => [probe.id, probe]),
  );
  const sched = by.get('sched');
  t.true(sched?.state === 'attached' || sched?.state === 'degraded', JSON.stringify(sched));
  t.truthy(sched?.method);
  t.deepEqual(sched?.events, ['SCHED_LATENCY']);
  t.is(by.get('vfs')?.state, 'off', 'the server was started without it');
  t.deepEqual(heldBy(mcp.pid), []);
});

testUnless(
  once ?? unreadable(),
  'an ordinary user’s server answers each call with what to do, and lives on',
  async (t) => {
    const mcp = await Mcp.start(t, [], USER);
    for (const tool of ['health', 'processes', 'containers', 'probes', 'health']) {
      const {isError, text} = await mcp.call(tool);
      t.true(isError, tool);
      t.regex(text, /^kernel: .*run it as root: sudo kstop/, tool);
    }
    await mcp.client.ping();
  },
);

testUnless(once, 'a call that the client cancels is detached at once; the server goes on', async (t) => {
  const mcp = await Mcp.start(t, FEW);
  const cancel = new AbortController();
  const call = mcp.call('health', {seconds: 60}, {signal: cancel.signal});
  const held = await until(() => attached(mcp.pid), 20_000 * SLOW, 'attached programs');
  cancel.abort();
  await t.throwsAsync(call);
  await until(() => heldBy(mcp.pid).length === 0 && alive(held).length === 0, 10_000 * SLOW, 'their end');
  t.false((await mcp.call('probes')).isError);
});

/** Enough to be attached, and quick to be. */
const FEW = ['--probes', 'sched,process,retransmit'];

/** What a process has in the kernel once it has programs and links there. */
function attached(pid: number): string[] | undefined {
  const held = heldBy(pid);
  return held.filter((each) => each.startsWith('link')).length >= 2 ? held : undefined;
}

const INITIALIZE = {
  method: 'initialize',
  params: {protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {name: 'test', version: '1'}},
};

const WAYS: [how: string, end: (server: Process) => void][] = [
  ['its client closes the pipe', (server) => server.child.stdin?.end()],
  ['SIGTERM', (server) => server.child.kill('SIGTERM')],
];

for (const [how, end] of WAYS) {
  testUnless(once, `in the middle of a call: nothing stays in the kernel after ${how}`, async (t) => {
    const server = new Process(t, [...PROGRAM, 'mcp', ...FEW]);
    const send = (id: number, request: object) => server.send(JSON.stringify({jsonrpc: '2.0', id, ...request}));
    send(1, INITIALIZE);
    t.like(JSON.parse(await server.line()), {id: 1, result: {serverInfo: {name: 'kstop'}}});
    send(2, {method: 'tools/call', params: {name: 'health', arguments: {seconds: 60}}});
    const held = await until(() => attached(server.pid), 20_000 * SLOW, 'attached programs');
    end(server);
    t.deepEqual(await server.end(), {code: 0, signal: null}, server.stderr);
    await until(() => alive(held).length === 0, 10_000 * SLOW, 'their end');
    t.is(server.stderr, '');
  });
}
