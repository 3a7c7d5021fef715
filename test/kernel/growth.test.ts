import {spawnSync} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {MemoryPressureEvent, OomPredictionEvent} from '../../src/types/stream.ts';
import {Cgroup, lacksController, lacksUnified} from './util/cgroup.ts';
import {loop, must} from './util/disk.ts';
import {Kstop} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {lacks, testUnless} from './util/machine.ts';
import {SLOW, sleep} from './util/wait.ts';

const MIB = 1 << 20;
const ID = 'c'.repeat(64);
const LIMIT = 48 * MIB;
const CACHE_LIMIT = 12 * MIB;
const NEAR_LIMIT = 50 * MIB;
/** Taken a second: the limit is reached in half a minute. */
const LEAK_KIB = 1536;

function limited(t: ExecutionContext, bytes: number, name?: string): Cgroup {
  const group = Cgroup.make(t, 'memory', {name});
  group.write(group.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(bytes));
  const swap = group.v2 ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes';
  if (group.has(swap)) group.write(swap, group.v2 ? '0' : String(bytes));
  return group;
}

/** What kstop is to say of a cgroup, from its files. */
function figures(group: Cgroup): {usage: number; workingSet: number} {
  const usage = Number(group.read(group.v2 ? 'memory.current' : 'memory.usage_in_bytes'));
  const inactive = group.figures('memory.stat')[group.v2 ? 'inactive_file' : 'total_inactive_file'];
  return {usage, workingSet: usage - inactive};
}

const reason = lacksController('memory') ?? lacks('losetup', 'dd');

testUnless(reason, 'a leak is foretold before the kill; page cache is not; a large working set is told', async (t) => {
  const leaking = limited(t, LIMIT, `docker-${ID}.scope`);
  const caching = limited(t, CACHE_LIMIT);
  const holding = limited(t, NEAR_LIMIT);
  const disk = loop(t, 40);
  // Pages of a disk that nobody has open are dropped.
  const open = openSync(disk, 'r');
  t.teardown(() => closeSync(open));
  const holder = await startLoad(t, 'eater', [0], {through: holding.enter});
  const kstop = await Kstop.start(t, ['--probes', 'growth,pressure,oom', '-i', '1']);
  t.like(
    kstop.header.probes.find(({id}) => id === 'growth'),
    {state: 'attached', method: 'file', reason: undefined},
  );

  const leaker = await startLoad(t, 'leaker', [LEAK_KIB], {as: 'kt-leaker', through: leaking.enter});
  holder.send('47');
  t.is(await holder.line(), 'done');
  const [shell, ...enter] = caching.enter;
  t.is(spawnSync(shell, [...enter, 'dd', `if=${disk}`, 'of=/dev/null', 'bs=64k'], {timeout: 20_000 * SLOW}).status, 0);
  const cached = figures(caching);
  t.true(cached.usage > 0.9 * CACHE_LIMIT, `${cached.usage} bytes are used`);
  const held = figures(holding);

  t.is((await leaker.end(60_000)).signal, 'SIGKILL');
  const kill = await kstop.event('OOM_KILL', ({tid}) => tid === leaker.pid);
  await sleep(2200);
  await kstop.stop();
  const after = kstop.samples.at(-1)?.predictions ?? [];
  t.false(
    after.some(({scope}) => scope === leaking.path),
    'quiet when it has ended',
  );

  const of = (group: Cgroup) => [
    ...(kstop.events('OOM_PREDICTION') as OomPredictionEvent[]).filter(({scope}) => scope === group.path),
    ...(kstop.events('MEMORY_PRESSURE') as MemoryPressureEvent[]).filter(({scope}) => scope === group.path),
  ];
  const told = of(leaking).filter((event) => event.type === 'OOM_PREDICTION');
  const ms = ({mono_ns}: {mono_ns: string}) => Number(BigInt(mono_ns) / 1_000_000n);
  t.true(told.length > 0, 'the kill was foretold');
  for (const event of told) {
    const left = (ms(kill) - ms(event)) / 1000;
    t.log(`${left.toFixed(1)} s before the kill: ${JSON.stringify(event)}`);
    t.like(event, {severity: 'critical', cgroup: leaking.path, pid: leaker.pid, comm: 'kt-leaker'});
    t.like(event, {container: {id: ID, runtime: 'docker'}, limit_bytes: LIMIT});
    const [grower] = event.growers!;
    t.like(grower, {pid: leaker.pid, comm: 'kt-leaker'});
    t.true(Math.abs(grower.growth_bytes_per_s / 1024 / LEAK_KIB - 1) < 0.25 && grower.share_pct > 75);
    t.true(left > 0, 'before it came');
    // 90 % of intervals hold what comes; a busy machine may keep the leak or the look waiting.
    const more = 1 + 0.25 * left;
    t.true(left >= event.eta_low_s - more * SLOW && left <= event.eta_high_s + more * SLOW);
    t.true(Math.abs(event.growth_bytes_per_s / 1024 / LEAK_KIB - 1) < 0.25);
  }
  const rows = kstop.samples.flatMap(({predictions = []}) => predictions);
  t.true(rows.some(({scope, container}) => scope === leaking.path && container?.id === ID));
  const own = kstop.samples.flatMap(({containers = []}) => containers.filter(({cgroup}) => cgroup === leaking.path));
  t.log(JSON.stringify(own.at(-1)));
  t.true(own.length >= 20 / SLOW, `${own.length} rows from when the cgroup is seen`);
  t.true(own.every((row) => row.container.id === ID && row.limit_bytes === LIMIT && row.memory_usage_bytes! <= LIMIT));
  t.true(Math.max(...own.map((row) => row.utilization_pct!)) > 90);
  t.is(own.at(-1)?.oom_kills, 1);
  // Version 1's count stays at 0 on newer kernels, which is no knowledge.
  t.true((own.at(-1)?.limit_hits ?? (leaking.v2 ? 0 : 1)) > 0);
  // On hybrid hosts the load is in the memory hierarchy alone.
  t.is(
    own.some((row) => row.cpu_time_ms! > 0),
    leaking.v2,
  );
  t.is(kstop.summary?.subsystems.memory?.worst_status, 'CRITICAL');
  t.true(kstop.summary?.findings.some((text) => text.includes(ID.slice(0, 12)) && text.includes('kt-leaker')));

  t.deepEqual(of(caching), [], 'page cache is no pressure');
  t.false(rows.some(({scope}) => scope === caching.path));

  const [near, ...more] = of(holding) as MemoryPressureEvent[];
  t.log(JSON.stringify([near, held]));
  t.deepEqual(more, [], 'it is told once');
  t.like(near, {type: 'MEMORY_PRESSURE', severity: 'warning', cgroup: holding.path, limit_bytes: NEAR_LIMIT});
  t.true(Math.abs(near.usage_bytes! - held.usage) < MIB, `${near.usage_bytes} and ${held.usage}`);
  t.true(Math.abs(near.working_set_bytes! - held.workingSet) < MIB, `${near.working_set_bytes} and ${held.workingSet}`);
  t.is(near.utilization_pct, Math.round((near.working_set_bytes! / NEAR_LIMIT) * 1000) / 10);
  t.is(near.some_avg10_pct !== undefined, holding.has('memory.pressure'));
  t.is(kstop.counter('hits', {probe: 'growth'}), kstop.events('OOM_PREDICTION').length);
});

const SWAP_MIB = 64;
const ROOM = 20 * MIB;
const SWAPPED = 16 * MIB;
const noSwap = reason ?? lacks('losetup', 'mkswap', 'swapon', 'swapoff') ?? lacksSwapLimit();

/** Swap of a cgroup can be limited here. */
function lacksSwapLimit(): string | undefined {
  const v1 = existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes');
  return v1 || !lacksUnified('memory') ? undefined : 'swap is not accounted by cgroup here';
}

/** A leak below a cgroup with a limit and an allowance of swap, and what was foretold. `swappiness`: of both (version 1). */
async function leakIntoSwap(t: ExecutionContext, swappiness?: number) {
  const disk = loop(t, SWAP_MIB);
  must('mkswap', disk);
  must('swapon', disk);
  t.teardown(() => must('swapoff', disk));
  const above = limited(t, ROOM);
  if (above.v2) {
    above.write('cgroup.subtree_control', '+memory');
    above.write('memory.swap.max', String(SWAPPED));
  } else above.write('memory.memsw.limit_in_bytes', String(ROOM + SWAPPED));
  // What is below has it from there.
  if (swappiness !== undefined) above.write('memory.swappiness', String(swappiness));
  const below = Cgroup.make(t, 'memory', {below: above});
  below.write(below.v2 ? 'memory.max' : 'memory.limit_in_bytes', String(10 * ROOM));
  const kstop = await Kstop.start(t, ['--probes', 'growth,oom', '-i', '1']);
  const leaker = await startLoad(t, 'leaker', [LEAK_KIB], {as: 'kt-swapped', through: below.enter});
  t.is((await leaker.end(90_000)).signal, 'SIGKILL');
  const kill = await kstop.event('OOM_KILL', ({tid}) => tid === leaker.pid);
  await sleep(1200);
  await kstop.stop();

  const ms = ({mono_ns}: {mono_ns: string}) => Number(BigInt(mono_ns) / 1_000_000n);
  const all = kstop.samples
    .flatMap((sample) => (sample.predictions ?? []).map((row) => ({left: (ms(kill) - ms(sample)) / 1000, ...row})))
    .filter(({left}) => left > 0);
  return [above.path, below.path].map((path) => {
    const told = all.filter(({scope}) => scope === path);
    const right = told.filter(
      ({left, eta_low_s, eta_high_s}) => left >= eta_low_s - 2 * SLOW && left <= eta_high_s + 2 * SLOW,
    );
    t.log(`${path}: ${told.length} rows, ${right.length} right; ${JSON.stringify(told.slice(0, 2))}`);
    t.true(right.length >= 0.7 * told.length);
    return told;
  });
}

testUnless(noSwap, 'a leak is foretold to when the limit and the swap of the cgroup above are used up', async (t) => {
  for (const told of await leakIntoSwap(t)) {
    t.true(told.length >= 5);
    t.true(
      told.every((row) => row.limit_bytes === ROOM && row.growers?.every(({comm}) => comm === 'kt-swapped') !== false),
    );
    // Half of what it grows into is swap: without that the kill would have been due now.
    t.true(told.some(({left, usage_bytes}) => usage_bytes > 0.95 * ROOM && left > 4));
  }
});

const noSwappiness = noSwap ?? (lacksUnified('memory') ? undefined : 'version 2 has no swappiness by cgroup');

testUnless(noSwappiness, 'with a swappiness of 0 swap is no room: the kill comes at the limit', async (t) => {
  const swapped = () => /^pswpout (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
  const before = swapped();
  for (const told of await leakIntoSwap(t, 0)) t.true(told.length >= 2);
  t.is(swapped(), before, 'nothing was swapped out');
});
