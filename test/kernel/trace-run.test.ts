import {statSync} from 'node:fs';
import type {Run} from '../../src/trace/run/run.ts';
import {HITS, plan, script} from '../trace/run/plan.ts';
import {alive, heldBy} from './util/held.ts';
import {once, testUnless} from './util/machine.ts';
import {type Opener, opener} from './util/opener.ts';
import {foldersOf, noTraces, realDesk, running, supervised, WAIT} from './util/traces.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const OPENS = 'tracepoint:syscalls:sys_enter_openat';
const opens = (pid: number) => script(OPENS, 'str(args->filename)', `/pid == ${pid}/`);
/** Its modification time is no part of it: a file that is there everywhere. */
const FILE = '/etc/passwd';

/** bpftrace says that it attaches before it has: opens until one shows. */
async function firstEvent(run: Run, from: Opener): Promise<void> {
  await running(run);
  while (run.result().stats.total_events === 0) {
    await from.open('/dev/null', 1);
    await sleep(50);
  }
}

testUnless(noTraces, 'each open of a process is one event, with its own time, name and numbers', async (t) => {
  const {desk, audit} = realDesk(t);
  const from = opener(t);
  const run = desk.start(plan({text: opens(from.pid), maps: [HITS]}));
  await firstEvent(run, from);
  const before = Date.now();
  const times = await from.open(FILE, 300);
  const after = Date.now();
  const {trace, events, stats, tables} = await run.stop();
  t.is(trace.state, 'stopped', trace.reason);
  t.deepEqual(trace.warnings ?? [], []);
  const ours = events.filter(({raw_args}) => raw_args.filename === FILE);
  t.is(ours.length, times);
  t.is(tables?.[0]?.rows[0]?.value, stats.total_events, 'hits = printed');
  t.is(stats.lost_events, 0);
  for (const event of ours) {
    t.like(event, {pid: from.pid, tid: from.pid, uid: 0, process_name: 'python3', message: `open ${FILE}`});
    const ms = Number(BigInt(event.timestamp) / 1_000_000n);
    t.true(ms >= before - 20 && ms <= after + 20, `${event.timestamp} between ${before} and ${after}`);
  }
  const {startedAt, attachedAt, firstEventAt} = run.timings;
  t.log(`attached after ${attachedAt! - startedAt!} ms, first event after ${firstEventAt! - startedAt!} ms`);
  t.is(statSync(audit).mode & 0o777, 0o600);
});

/** Opens while bpftrace stands still: more than its buffer holds. */
const FLOOD = 80_000;

testUnless(once ?? noTraces, 'more than bpftrace can take: hits = printed + lost, the first 10,000 kept', async (t) => {
  const {desk} = realDesk(t);
  const from = opener(t);
  const run = desk.start(plan({text: opens(from.pid), maps: [HITS]}));
  await firstEvent(run, from);
  const [{bpftrace = 0} = {}] = supervised(process.pid);
  process.kill(bpftrace, 'SIGSTOP');
  await from.open(FILE, FLOOD);
  process.kill(bpftrace, 'SIGCONT');
  const told = () => {
    const {total_events, lost_events} = run.result().stats;
    return total_events + lost_events;
  };
  // The kernel tells of a loss with the next event that has room.
  while (told() < FLOOD) {
    await sleep(200 * SLOW);
    await from.open(FILE, 1);
  }
  await sleep(500 * SLOW);
  const {trace, events, stats, tables} = await run.stop();
  t.is(trace.state, 'stopped', trace.reason);
  t.log(`${stats.total_events} printed, ${stats.lost_events} lost`);
  t.true(stats.lost_events > 0);
  t.is(tables?.[0]?.rows[0]?.value, stats.total_events + stats.lost_events);
  t.is(events.length, 10_000);
  t.is(stats.kept_events, 10_000);
  t.is(stats.top_processes[0]?.pid, from.pid);
  t.deepEqual(trace.notes, ['the first 10000 events are kept, the others counted']);
});

testUnless(once ?? noTraces, 'interrupted amid a flood: what bpftrace forgets is counted, too', async (t) => {
  const {desk} = realDesk(t);
  const from = opener(t);
  const run = desk.start(plan({text: opens(from.pid), maps: [HITS], hits: HITS.name, duration_s: 2}));
  await running(run);
  while (!run.over) await from.open(FILE, 2000);
  const {trace, stats, tables} = await run.done;
  t.is(trace.state, 'done', trace.reason);
  t.log(`${stats.total_events} printed, ${stats.lost_events} lost in ${trace.ran_s} s`);
  t.is(tables?.[0]?.rows[0]?.value, stats.total_events + stats.lost_events);
});

testUnless(once ?? noTraces, 'a script that bpftrace refuses: failed with its words', async (t) => {
  const {desk} = realDesk(t);
  const {trace} = await desk.start(plan({text: 'tracepoint:nothing:there { @ = count(); }\n'})).done;
  t.is(trace.state, 'failed');
  t.regex(trace.reason ?? '', /nothing:there/);
  t.notRegex(trace.reason ?? '', /RLIMIT/);
  t.deepEqual(foldersOf(process.pid), []);
});

testUnless(once ?? noTraces, 'of five traces three run, and at the end nothing is attached', async (t) => {
  const {desk} = realDesk(t);
  const from = opener(t);
  const runs = Array.from({length: 5}, () => desk.start(plan({text: opens(from.pid), maps: [HITS], duration_s: 1})));
  t.deepEqual(
    runs.map(({state}) => state),
    ['starting', 'starting', 'starting', 'queued', 'queued'],
  );
  const held = new Set<string>();
  let most = 0;
  await until(
    () => {
      const now = supervised(process.pid);
      most = Math.max(most, now.length);
      for (const {bpftrace} of now) for (const each of heldBy(bpftrace)) held.add(each);
      return runs.every((run) => run.over);
    },
    3 * WAIT,
    'the end of all',
  );
  t.deepEqual(
    runs.map((run) => run.result().trace.state),
    ['done', 'done', 'done', 'done', 'done'],
  );
  t.is(most, 3);
  const programs = [...held].filter((each) => each.startsWith('prog'));
  t.true(programs.length >= 5, `${[...held]}`);
  await until(
    () => alive([...held]).length === 0,
    WAIT,
    () => `the end of ${alive([...held])}`,
  );
  t.deepEqual(foldersOf(process.pid), []);
});
