import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ContainerRow, Sample} from '../../src/types/stream.ts';
import {unified} from './util/cgroup.ts';
import {Containerd, IMAGE, lacksContainerd, lacksUsualPlace} from './util/containerd.ts';
import {Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {once, testUnless} from './util/machine.ts';
import {lacksRunc, Runc} from './util/runc.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const MIB = 1 << 20;
const PROBES = ['--probes', 'process,tasks,growth'];

const rowsOf = (samples: readonly Sample[], id: string): ContainerRow[] =>
  samples.flatMap(({containers = []}) => containers.filter(({container}) => container.id === id));

testUnless(
  lacksRunc,
  'a container that crashes again and again is named, with how it ended last: in rows, status and text',
  async (t) => {
    const id = 'd'.repeat(58) + String(process.pid).padStart(6, '0');
    const container = new Runc(t, {cgroup: `/docker-${id}.scope`});
    const kstop = await Kstop.start(t, [...PROBES, '-i', '0.5']);
    for (const script of ['exit 3', 'exit 3', 'exit 4']) {
      t.true([3, 4].includes((await container.run(script)).code ?? 0));
    }
    await until(() => rowsOf(kstop.samples, id).at(-1)?.restarts === 2, 10_000 * SLOW, 'two restarts in a row');
    t.is(kstop.samples.at(-1)?.subsystems.process?.status, 'OK', 'two are no loop');

    const last = container.run('exec /bin/sleep 1000');
    const pid = await container.pid();
    await kstop.event('PROCESS_EXEC', ({main, pid: who, filename}) => !!main && who === pid && /sleep/.test(filename));
    t.is((await container.exec('exit 9')).code, 9);
    const beside = await kstop.event('PROCESS_EXIT', (event) => event.container?.id === id && event.exit_code === 9);
    t.is(beside.main, undefined, 'what runs beside is not what the container runs');
    process.kill(pid, 'SIGKILL');
    t.is((await last).code, 137);
    const exit = await kstop.event('PROCESS_EXIT', (event) => event.pid === pid);
    t.like(exit, {main: true, exit_code: 137, signal_name: 'SIGKILL', container: {id, runtime: 'docker'}});
    await kstop.sampleFromNow();
    await kstop.stop();

    const rows = rowsOf(kstop.samples, id);
    t.log(JSON.stringify(rows.at(-1)));
    const killed = {exit_code: 137, signal: 9, signal_name: 'SIGKILL'};
    t.like(rows.at(-1), {restarts: 3, last_exit: {...killed, comm: 'sleep'}});
    const ends = rows.flatMap(({exits = []}) => exits);
    const sum = (code: number) => ends.filter((end) => end.exit_code === code).reduce((n, {count}) => n + count, 0);
    t.deepEqual([sum(3), sum(4), sum(9), sum(137)], [2, 1, 1, 1], 'each end once');
    t.is(kstop.samples.at(-1)?.subsystems.process?.status, 'CRITICAL');
    const text = `container ${id.slice(0, 12)} restarted 3 times over the run, last after SIGKILL`;
    t.true(
      kstop.summary?.findings.some((finding) => finding.includes(text)),
      kstop.summary?.findings.join('\n'),
    );

    const folder = mkdtempSync(join(tmpdir(), 'kstop-loop-'));
    t.teardown(() => rmSync(folder, {recursive: true}));
    const file = join(folder, 'loop.ndjson');
    writeFileSync(file, `${kstop.lines.join('\n')}\n`);
    const replayed = await runToEnd([...PROGRAM, 'replay', file, '--plain']);
    t.true(replayed.stdout.includes(text), replayed.stdout);
  },
);

testUnless(
  once ?? lacksRunc,
  'restarts: 0 of a container that was there before, unknown of one in the host’s PID namespace',
  async (t) => {
    const ids = ['own', 'shared'].map((_, i) => `${'ef'[i]}0`.repeat(29) + String(process.pid).padStart(6, '0'));
    const [own, shared] = ids.map((id, i) => new Runc(t, {cgroup: `/docker-${id}.scope`, hostPids: i === 1})) as [
      Runc,
      Runc,
    ];
    const both = [own.run('exec /bin/sleep 1000'), shared.run('/bin/sleep 1000; exit 3')];
    const [pid, other] = [await own.pid(), await shared.pid()];
    const kstop = await Kstop.start(t, [...PROBES, '-i', '0.5']);
    const last = (i: number) => rowsOf(kstop.samples, ids[i]!).at(-1);
    await until(() => last(0)?.restarts === 0 && last(1), 20_000 * SLOW, 'rows of both');
    t.true(rowsOf(kstop.samples, ids[1]!).every((row) => row.restarts === undefined && row.processes! >= 1));
    for (const each of [pid, other]) process.kill(each, 'SIGKILL');
    await Promise.all(both);
    const exit = await kstop.event('PROCESS_EXIT', (event) => event.pid === other);
    t.is(exit.main, undefined);
    await until(() => last(0)?.last_exit, 20_000 * SLOW, 'how the first one ended');
    await kstop.stop();
    t.like(last(0), {restarts: 0, last_exit: {signal_name: 'SIGKILL'}});
    t.true(rowsOf(kstop.samples, ids[1]!).every((row) => row.restarts === undefined && !row.last_exit));
  },
);

testUnless(
  once ?? lacksRunc,
  'a container whose cgroup is gone before kstop reads of it is named all the same',
  async (t) => {
    const id = 'c'.repeat(58) + String(process.pid).padStart(6, '0');
    const container = new Runc(t, {cgroup: `/docker-${id}.scope`});
    const kstop = await Kstop.start(t, [...PROBES, '-i', '0.5']);
    kstop.child.kill('SIGSTOP');
    t.is((await container.run('exit 3')).code, 3);
    container.delete();
    t.false(existsSync(join(unified()!, `docker-${id}.scope`)));
    kstop.child.kill('SIGCONT');
    const exit = await kstop.event('PROCESS_EXIT', (event) => !!event.main && event.container?.id === id);
    t.like(exit, {exit_code: 3, cgroup: `/docker-${id}.scope`});
    await until(() => rowsOf(kstop.samples, id).at(-1)?.last_exit, 20_000 * SLOW, 'its row');
    await kstop.stop();
    const begun = kstop.events('PROCESS_EXEC').filter(({container}) => container?.id === id);
    t.true(begun.length > 0 && begun.every(({main}) => main));
    const hits = kstop.counter('hits', {probe: 'process'});
    t.is(hits, kstop.events('PROCESS_EXEC').length + kstop.events('PROCESS_EXIT').length, 'what names it is no hit');
  },
);

/** Time in run queues of all threads of processes, by the kernel (nanoseconds), and how many they are. */
function waited(pids: readonly number[]): {ns: number; threads: number} {
  const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`));
  const ns = threads.map((thread) => Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[1]));
  return {ns: ns.reduce((sum, each) => sum + each, 0), threads: threads.length};
}

testUnless(
  once ?? lacksRunc,
  'the row of a container has its processes, their wait for a CPU, and its kills',
  async (t) => {
    const id = 'e'.repeat(58) + String(process.pid).padStart(6, '0');
    const cgroup = `/docker-${id}.scope`;
    const container = new Runc(t, {cgroup, memoryLimit: 32 * MIB});
    const kstop = await Kstop.start(t, [...PROBES, '-i', '1']);
    const spin = 'while :; do :; done & while :; do :; done & while :; do :; done & ';
    const go = container.fifo('go');
    const eat = 'read line </go; dd if=/dev/zero of=/dev/null bs=96M count=1; read line </go';
    const ended = container.run(spin + eat);
    const main = await container.pid();
    await until(() => rowsOf(kstop.samples, id).length > 1, 20_000 * SLOW, 'the row of the container');

    const mount = readFileSync('/proc/self/mounts', 'latin1')
      .split('\n')
      .find((line) => / cgroup2 /.test(line))!
      .split(' ')[1]!;
    const pids = readFileSync(join(mount, cgroup, 'cgroup.procs'), 'latin1')
      .trim()
      .split('\n')
      .map(Number);
    t.true(pids.includes(main));
    const before = waited(pids);
    const from = await kstop.sampleFromNow();
    await sleep(2500);
    const after = waited(pids);
    const to = await kstop.sampleFromNow();
    const delays = (first: number, end: number) => {
      const samples = kstop.objects.slice(first, end).filter((object) => object.kind === 'sample');
      return rowsOf(samples, id).reduce((ms, row) => ms + row.run_delay_ms!, 0);
    };
    const [least, most, witness] = [delays(from + 1, to), delays(from, to + 1), (after.ns - before.ns) / 1e6];
    t.log(`${least} <= ${witness} <= ${most} ms`, JSON.stringify(rowsOf(kstop.samples, id).at(-1)));
    t.true(least <= witness + 1 && witness <= most + 1);
    t.true(witness > 500, 'three on two CPUs wait');
    t.like(rowsOf(kstop.samples, id).at(-1), {processes: pids.length, threads: after.threads, restarts: 0});

    writeFileSync(go, '\n');
    const kills = () => rowsOf(kstop.samples, id).reduce((n, {memory_events: {oom_kill = 0} = {}}) => n + oom_kill, 0);
    await until(() => kills() > 0, 40_000 * SLOW, 'the kill in a row');
    process.kill(main, 'SIGKILL');
    await ended;
    await kstop.stop();
    t.is(kills(), 1);
    t.is(rowsOf(kstop.samples, id).findLast((row) => row.oom_kills !== undefined)?.oom_kills, 1);
    t.true(rowsOf(kstop.samples, id).some(({exits = []}) => exits.some(({signal}) => signal === 9)));
    // Before it took memory, when its figures stood still; the last rows may be of a cgroup that is empty or gone.
    const row = rowsOf(kstop.samples, id).find(({rss_bytes = 0}) => rss_bytes > 0);
    t.true(row!.rss_bytes! <= row!.memory_usage_bytes!, JSON.stringify(row));
  },
);

testUnless(
  once ?? lacksContainerd ?? lacksUsualPlace(),
  'a container that the kubelet would make anew each time is one, by its name in its pod',
  async (t) => {
    const containerd = await Containerd.start(t);
    containerd.offer();
    const kstop = await Kstop.start(t, [...PROBES, '-i', '0.5']);
    const uid = `uid-${process.pid}`;
    const sandbox = await containerd.pod({name: 'shop-0', namespace: 'kstop-test', uid});
    const command = ['/bin/sh', '-c', 'exit 3'];
    const ids: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const id = await containerd.run(sandbox, {name: 'web', image: IMAGE, command, attempt});
      await kstop.event('PROCESS_EXIT', ({main, container}) => !!main && container?.id === id);
      ids.push(id);
    }
    const restarts = () => Math.max(...ids.flatMap((id) => rowsOf(kstop.samples, id)).map((row) => row.restarts!));
    await until(
      () => restarts() === 3,
      20_000 * SLOW,
      () => `three restarts: ${restarts()}`,
    );
    await kstop.sampleFromNow();
    await kstop.stop();
    const row = rowsOf(kstop.samples, ids.at(-1)!).at(-1);
    t.log(JSON.stringify(row));
    t.like(row, {restarts: 3, last_exit: {exit_code: 3}});
    t.like(row?.container, {name: 'web', pod: 'shop-0', namespace: 'kstop-test', pod_uid: uid});
    t.is(kstop.samples.at(-1)?.subsystems.process?.status, 'CRITICAL');
    const text = 'container kstop-test/shop-0/web restarted 3 times over the run, last after exit code 3';
    t.true(
      kstop.summary?.findings.some((finding) => finding.includes(text)),
      kstop.summary?.findings.join('\n'),
    );
  },
);
