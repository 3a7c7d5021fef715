/**
 * Children that are forked and reaped as fast as can be, some of which run a program: what kstop says of them is held
 * against fork(), wait() and getrusage() of who made them.
 */
import {readFileSync} from 'node:fs';
import type {ExecutionContext} from 'ava';
import type {ProbeChange, ProcessRow} from '../../src/types/stream.ts';
import {Kstop, samplesOf} from './util/kstop.ts';
import {type Process, startLoad} from './util/load.ts';
import {lacks, testUnless, which} from './util/machine.ts';
import {LONGER, SLOW} from './util/wait.ts';

const PROBES = ['process', 'fork', 'tasks', 'sched'];
const FLAGS = ['--probes', PROBES.join(), '--top', '10000', '-i', '0.5'];
const NAME = 'kt-forks';
const STORM_MS = 2500 * LONGER;
const MOST = process.env.KSTOP_VM ? 2000 : 15_000;
const MOST_GROWTH = 30 << 20;
/** The load reads its clocks a while after its last child: an emulated CPU takes milliseconds there. */
const LEAST_MS = process.env.KSTOP_VM ? 20 : 1;

/** What there has been so far, by the load's own account. */
interface Account {
  forked: number;
  run: number;
  cpuMs: number;
  voluntary: number;
  involuntary: number;
  minor: number;
  major: number;
  childrenCpuMs: number;
  childrenMinor: number;
}

async function storm(load: Process, order = `${STORM_MS} ${MOST} 0`): Promise<Account> {
  load.send(order);
  const told = (await load.line(60_000 * SLOW)).split(' ').map(Number);
  const [forked = 0, run = 0, cpu = 0, voluntary = 0, involuntary = 0, minor = 0, major = 0, children = 0, faults = 0] =
    told;
  return {
    forked,
    run,
    cpuMs: cpu / 1e6,
    voluntary,
    involuntary,
    minor,
    major,
    childrenCpuMs: children / 1e6,
    childrenMinor: faults,
  };
}

/** The load and kstop, which has seen a short storm: so far its memory had to grow. */
async function begin(t: ExecutionContext, flags: readonly string[]) {
  const load = await startLoad(t, 'forks', [which('true') ?? '/bin/true'], {as: NAME});
  const kstop = await Kstop.start(t, [...FLAGS, ...flags]);
  const before = await storm(load, `${STORM_MS / 2} ${MOST / 2} 0`);
  return {load, kstop, before, mark: await kstop.sampleFromNow()};
}

/** hits = delivered + held + lost + missed, for every probe; missed runs of one. */
function closes(t: ExecutionContext, kstop: Kstop): void {
  const {loss} = kstop.samples.at(-1)!;
  for (const probe of ['process', 'fork', 'sched']) {
    const {held, lost, missed} = loss[probe]!;
    const [hits, delivered = 0] = [kstop.counter('hits', {probe}), kstop.counter('delivered', {probe})];
    t.log(`${probe}: ${hits} hits, ${delivered} delivered, ${held} held, ${lost} lost, ${missed} missed`);
    t.is(hits, delivered + held + lost + missed, probe);
  }
}

const sumOf = (rows: readonly ProcessRow[], figure: keyof ProcessRow): number =>
  rows.reduce((sum, row) => sum + Number(row[figure] ?? 0), 0);

/** Within 2 %, or what is done between two readings of the figures. */
function near(t: ExecutionContext, seen: number, expected: number, least: number, what: string): void {
  t.log(`${what}: ${seen.toFixed(3)}, by the load ${expected.toFixed(3)}`);
  t.true(Math.abs(seen - expected) <= Math.max(0.02 * expected, least), what);
}

/** Samples come as they should, and memory stays where it was once there had been a storm. */
function holdsItsOwn(t: ExecutionContext, kstop: Kstop, mark: number): void {
  const samples = samplesOf(kstop.objects.slice(mark));
  const intervals = samples.slice(0, -1).map(({interval_ms}) => interval_ms);
  const memory = samples.map(({self}) => self.rss_bytes!);
  const grown = Math.max(...memory) - memory[0]!;
  t.log(`intervals of ${Math.max(...intervals).toFixed(0)} ms at most; memory grew by ${grown >> 10} KiB`);
  // An emulated CPU stands still for seconds.
  t.true(process.env.KSTOP_VM !== undefined || Math.max(...intervals) < 1500);
  t.true(grown < MOST_GROWTH, `${grown} bytes more`);
}

/** No process has what isn't its own: what all children had is known from wait(). */
function ownFigures(t: ExecutionContext, rows: readonly ProcessRow[], before: Account, after: Account): void {
  for (const row of rows)
    for (const [name, value] of Object.entries(row))
      if (typeof value === 'number' && name !== 'rss_growth_bytes_per_s') t.true(value >= 0, `${name}: ${value}`);
  const children = rows.filter(({comm}) => comm === NAME).filter(({pid}) => pid !== rows[0]!.ppid);
  const cpuMs = sumOf(children, 'cpu_time_ms');
  t.log(
    `${children.length} rows of children have ${cpuMs.toFixed(1)} ms and ${sumOf(children, 'minor_faults')} faults`,
  );
  t.true(cpuMs <= after.childrenCpuMs - before.childrenCpuMs + LEAST_MS);
  t.true(sumOf(children, 'minor_faults') <= after.childrenMinor - before.childrenMinor);
  t.is(sumOf(children, 'major_faults'), 0);
}

for (const [title, reuse] of [
  ['a storm of forks: each fork, program and end is counted', 0],
  ['a storm of forks whose numbers are given out again and again', 1],
] as const)
  testUnless(lacks('true'), title, async (t) => {
    const {load, kstop, before, mark} = await begin(t, ['--comm', NAME]);
    const after = await storm(load, `${STORM_MS} ${MOST} ${reuse}`);
    const end = await kstop.sampleFromNow();
    await kstop.stop();
    const {forked, run} = after;
    t.log(`${forked} children, ${run} of them ran a program`);
    t.true(forked > 300 / SLOW);
    closes(t, kstop);
    const {loss} = kstop.samples.at(-1)!;
    t.is(kstop.counter('hits', {probe: 'fork'}), forked + loss.fork!.missed);
    const ended = kstop.counter('process_exits', {reason: 'exited'}) ?? 0;
    // Who runs a program has its name at the end.
    t.true(ended <= forked - run && ended >= forked - run - loss.process!.missed, `${ended} ends`);
    const told = kstop.events('PROCESS_FORK');
    t.is(told.length, forked - loss.fork!.held - loss.fork!.lost);
    t.true(told.every(({pid, child_comm}) => pid === load.pid && child_comm === NAME));
    const numbers = new Set(told.slice(before.forked).map(({child_pid}) => child_pid)).size;
    t.log(`${numbers} numbers of the last ${forked - before.forked}`);
    if (reuse) t.true(numbers < (forked - before.forked) * 0.7, 'numbers came again');

    const samples = samplesOf(kstop.objects.slice(mark + 1, end + 1));
    for (const {processes = []} of samples)
      t.is(new Set(processes.map(({pid}) => pid)).size, processes.length, 'each once');
    const rows = samples.flatMap(({processes = []}) => processes);
    const own = rows.filter(({pid}) => pid === load.pid);
    near(t, sumOf(own, 'cpu_time_ms'), after.cpuMs - before.cpuMs, LEAST_MS, 'CPU time in ms');
    near(t, sumOf(own, 'voluntary_switches'), after.voluntary - before.voluntary, 5, 'voluntary switches');
    near(t, sumOf(own, 'involuntary_switches'), after.involuntary - before.involuntary, 5, 'involuntary switches');
    near(t, sumOf(own, 'minor_faults'), after.minor - before.minor, 20, 'minor faults');
    ownFigures(
      t,
      rows.filter(({pid}) => pid !== load.pid),
      before,
      after,
    );
    for (const {ppid, pid} of rows) t.true(pid === load.pid || ppid === load.pid);
    holdsItsOwn(t, kstop, mark);
  });

/** Processes and threads that the machine has made. */
const made = () => Number(/^processes (\d+)/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);

testUnless(lacks('true'), 'a storm of forks under a budget: seen within it, or paused and said', async (t) => {
  const first = made();
  const {load, kstop, mark} = await begin(t, ['--max-overhead', '1']);
  const {forked, run} = await storm(load);
  const end = await kstop.sampleFromNow();
  await kstop.stop();
  const all = made() - first;
  const changes = kstop.objects.filter((object): object is ProbeChange => object.kind === 'probe');
  const paused = new Set(changes.filter(({state}) => state === 'paused').map(({id}) => id));
  const costs = samplesOf(kstop.objects.slice(mark + 1, end)).map(({self}) => self.kernel_cpu_pct ?? 0);
  const mean = costs.reduce((sum, pct) => sum + pct, 0) / costs.length;
  t.log(`${forked} children of ${all}; ${mean.toFixed(2)} % in the kernel; paused: ${[...paused].join() || 'nothing'}`);
  const complained = kstop.objects.some((object) => object.kind === 'error');
  t.true(mean < 1.2 || paused.size > 0 || complained, 'held, or said');
  for (const {state, reason} of changes)
    if (state === 'paused') t.regex(reason!, /^paused by the overhead governor: [\d.]+% of all CPUs’ time/);
    else t.not(state, 'unavailable', reason);
  closes(t, kstop);
  const forks = kstop.counter('hits', {probe: 'fork'})!;
  t.true(forks <= all, `${forks} forks of ${all}`);
  if (!paused.has('fork')) t.true(forks >= forked, `${forks} forks of ${forked} and more`);
  if (!paused.has('process')) {
    t.true(kstop.counter('process_exits', {reason: 'exited'})! >= forked);
    t.true(kstop.counter('process_execs', {})! >= run);
  }
  holdsItsOwn(t, kstop, mark);
});
