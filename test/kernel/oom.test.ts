import {writeFileSync} from 'node:fs';
import {basename} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {OomKillEvent} from '../../src/types/stream.ts';
import {Cgroup, lacksController, lacksUnified} from './util/cgroup.ts';
import {must} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {type Process, startLoad} from './util/load.ts';
import {lacks, onMachine, testUnless} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';
import {read} from './util/witness.ts';

const LIMIT = 20 << 20;
const reason = lacksController('memory') ?? lacks('dmesg');

/** Does the probe know a victim that was not the one who asked for memory? It says so when it doesn't. */
function knowsVictims(kstop: Kstop): boolean {
  const probe = kstop.header.probes.find(({id}) => id === 'oom');
  return !/known by thread id only/.test(probe?.reason ?? '');
}

function limited(t: ExecutionContext, bytes = LIMIT): Cgroup {
  const group = Cgroup.make(t, 'memory');
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(bytes));
  const swap = group.v2 ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes';
  if (group.has(swap)) group.write(swap, group.v2 ? '0' : String(bytes));
  return group;
}

/** Kills by the OOM killer that the kernel counted in a cgroup. */
const kills = (group: Cgroup): number => group.figures(group.v2 ? 'memory.events' : 'memory.oom_control').oom_kill;

/** What the kernel's log says of a killed process. */
function logged(pid: number): {comm: string; totalVm: number; rss: number} | undefined {
  const lines = must('dmesg')
    .split('\n')
    .filter((line) => line.includes(`Killed process ${pid} (`));
  const line = lines.at(-1);
  const kb = (name: string) => Number(new RegExp(`${name}:(\\d+)kB`).exec(line ?? '')?.[1]) * 1024;
  const comm = /Killed process \d+ \(([^)]*)\)/.exec(line ?? '')?.[1];
  if (comm === undefined) return undefined;
  return {comm, totalVm: kb('total-vm'), rss: kb('anon-rss') + kb('file-rss') + kb('shmem-rss')};
}

function matches(t: ExecutionContext, event: OomKillEvent, victim: Process, group: Cgroup, trigger: Process): void {
  const log = logged(victim.pid);
  t.log(JSON.stringify(event));
  t.log(`kernel: ${JSON.stringify(log)}`);
  t.like(event, {victim_pid: victim.pid, pid: victim.pid, tid: victim.pid, uid: 0, severity: 'critical'});
  t.like(event, {trigger_pid: trigger.pid, trigger_comm: basename(trigger.command.at(-2) ?? '')});
  t.like(event, {memcg: group.path, limit_bytes: LIMIT, constraint: 'memcg'});
  if (!log) throw new Error('the kernel logged no kill');
  t.is(event.victim_comm, log.comm);
  t.is(event.comm, log.comm);
  t.is(event.total_vm_bytes, log.totalVm);
  // The kernel's log sums per-CPU counters that the event reads without.
  t.true(Math.abs(event.rss_bytes! - log.rss) <= log.rss * 0.1 + (1 << 20), `${event.rss_bytes} and ${log.rss}`);
}

testUnless(reason, 'each kill of a memory cgroup is one event with its victim and limit', async (t) => {
  const group = limited(t);
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  const victims: Process[] = [];
  for (let i = 0; i < 4; i++) {
    const victim = await startLoad(t, 'eater', [100 + i], {as: `kt-eater${i}`, through: group.enter});
    victims.push(victim);
    victim.send('64');
    t.is((await victim.end()).signal, 'SIGKILL');
  }
  t.is(kills(group), 4);
  await kstop.sampleFromNow();
  await kstop.stop();

  const events = kstop.events('OOM_KILL').filter(({memcg}) => memcg === group.path);
  t.is(events.length, 4);
  victims.forEach((victim, i) => {
    t.is(events[i].oom_score_adj, 100 + i);
    matches(t, events[i], victim, group, victim);
  });
  t.is(kstop.counter('hits', {probe: 'oom'}), kstop.events('OOM_KILL').length);
  t.is(kstop.summary?.subsystems.memory?.worst_status, 'CRITICAL');
});

/** `asker` takes more than is left, and `big` is killed for it. */
async function killForAnother(t: ExecutionContext, tries = 3): Promise<{group: Cgroup; big: Process; asker: Process}> {
  const group = limited(t);
  const big = await startLoad(t, 'eater', [500], {as: 'kt-big', through: group.enter});
  const asker = await startLoad(t, 'eater', [0], {as: 'kt-asker', through: group.enter});
  big.send('14');
  t.is(await big.line(), 'done');
  asker.send('12');
  t.is((await big.end()).signal, 'SIGKILL');
  await until(() => asker.ended ?? asker.stdout.includes('done'), 20_000 * SLOW, 'the asker to have its memory');
  if (!asker.ended) return {group, big, asker};
  // The kernel counts a victim as done before all of its pages are free, and may then find nobody but the asker.
  t.log(`the asker was killed too: ${kills(group)} kills`);
  if (tries === 1) throw new Error('the asker was killed too, again and again');
  return killForAnother(t, tries - 1);
}

testUnless(reason, 'who asked for too much and who is killed are told apart', async (t) => {
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  const {group, big, asker} = await killForAnother(t);
  t.is(kills(group), 1);
  const event = await kstop.event('OOM_KILL', ({tid}) => tid === big.pid);
  await kstop.stop();
  t.is(kstop.events('OOM_KILL').filter(({tid}) => tid === big.pid).length, 1);
  if (knowsVictims(kstop)) matches(t, event, big, group, asker);
  else {
    t.like(event, {tid: big.pid, trigger_pid: asker.pid, trigger_comm: 'kt-asker'});
    t.is(event.total_vm_bytes, undefined, 'unknown, not 0');
  }
});

testUnless(reason, "a limit above the victim's own cgroup is the one that is named", async (t) => {
  const group = limited(t);
  const inner = Cgroup.make(t, 'memory', {name: 'inner', below: group});
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  const victim = await startLoad(t, 'eater', [0], {as: 'kt-eater', through: inner.enter});
  victim.send('64');
  t.is((await victim.end()).signal, 'SIGKILL');
  const event = await kstop.event('OOM_KILL', ({victim_pid}) => victim_pid === victim.pid);
  await kstop.stop();
  matches(t, event, victim, group, victim);
});

testUnless(
  reason ?? lacksUnified('memory'),
  'a group kill (memory.oom.group) is an event for each process',
  async (t) => {
    const group = limited(t);
    group.write('memory.oom.group', '1');
    const kstop = await Kstop.start(t, ['--probes', 'oom']);
    const names = ['kt-one', 'kt-two', 'kt-three'];
    const all = await Promise.all(names.map((as) => startLoad(t, 'eater', [0], {as, through: group.enter})));
    all[1].send('64');
    for (const each of all) t.is((await each.end()).signal, 'SIGKILL');
    // The kernel comes by the first victim once more when it kills the group, and may count it again.
    const counted = kills(group);
    t.log(`oom_kill ${counted}`);
    t.true(counted === 3 || counted === 4);
    await kstop.sampleFromNow();
    await kstop.stop();
    const events = kstop.events('OOM_KILL').filter(({memcg}) => memcg === group.path);
    t.deepEqual(events.map(({victim_pid}) => victim_pid).sort(), all.map(({pid}) => pid).sort());
    for (const event of events) matches(t, event, all.find(({pid}) => pid === event.victim_pid)!, group, all[1]);
  },
);

testUnless(reason, 'a process that is dying already is a victim once, and the next kill is its own', async (t) => {
  const group = limited(t);
  const holder = await startLoad(t, 'dying', [14], {as: 'kt-dying', through: group.enter});
  const dying = Number(await holder.line());
  const askers = await Promise.all(
    ['kt-first', 'kt-second'].map((as) => startLoad(t, 'eater', [0], {as, through: group.enter})),
  );
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  holder.send('kill');
  t.is(await holder.line(), 'dying');
  // The kernel finds that it need kill nobody, and takes the memory of the one that is dying: enough for the first.
  askers[0].send('12');
  t.is(await askers[0].line(), 'done');
  t.is(kills(group), 0);
  askers[1].send('64');
  await until(() => askers.some(({ended}) => ended), 20_000 * SLOW, 'a kill');
  await kstop.sampleFromNow();
  holder.send('go');
  t.is((await holder.end()).code, 0);
  await kstop.sampleFromNow();
  await kstop.stop();
  const here = [dying, ...askers.map(({pid}) => pid)];
  const events = kstop.events('OOM_KILL').filter(({tid}) => here.includes(tid!));
  for (const event of events) t.log(JSON.stringify(event));
  t.log(`the kernel counted ${kills(group)}`);
  t.is(events.filter(({tid}) => tid === dying).length, 1);
  t.is(events.filter(({tid}) => tid !== dying).length, kills(group));
});

testUnless(onMachine ?? lacks('dmesg'), 'a kill on behalf of the whole machine names no limit', async (t) => {
  const vmstat = () => Number(/^oom_kill (\d+)$/m.exec(read('/proc/vmstat'))?.[1]);
  const kstop = await Kstop.start(t, ['--probes', 'oom']);
  const before = vmstat();
  const victim = await startLoad(t, 'eater', [1000], {as: 'kt-glutton'});
  victim.send('64');
  t.is(await victim.line(), 'done');
  // The kernel looks for its victim as when no memory is left. Really to use it up has a guest thrash for minutes.
  writeFileSync('/proc/sysrq-trigger', 'f');
  t.is((await victim.end()).signal, 'SIGKILL');
  const event = await kstop.event('OOM_KILL', ({tid}) => tid === victim.pid);
  await kstop.stop();
  t.is(vmstat() - before, 1);
  t.is(kstop.events('OOM_KILL').length, 1);
  const said = must('dmesg')
    .split('\n')
    .filter((line) => line.includes('oom-kill:constraint='))
    .at(-1);
  t.log(JSON.stringify(event));
  t.log(`kernel: ${said}`);
  t.regex(said ?? '', new RegExp(`constraint=CONSTRAINT_NONE.*,pid=${victim.pid},`));
  t.is(event.constraint, 'none');
  t.is(event.limit_bytes, undefined);
  // A worker of the kernel asked for it.
  t.not(event.trigger_pid, victim.pid);
  if (!knowsVictims(kstop)) {
    t.is(event.total_vm_bytes, undefined, 'unknown, not 0');
    return;
  }
  const log = logged(victim.pid);
  t.like(event, {pid: victim.pid, victim_pid: victim.pid, victim_comm: 'kt-glutton', oom_score_adj: 1000, memcg: '/'});
  t.is(event.total_vm_bytes, log?.totalVm);
  t.true(Math.abs(event.rss_bytes! - log!.rss) <= log!.rss * 0.1, `${event.rss_bytes} and ${log?.rss}`);
});
