import {execFile} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import type {Hook} from '../../src/trace/hooks/hooks.ts';
import {isRefusal} from '../../src/trace/refusal.ts';
import type {TracePlan} from '../../src/types/trace.ts';
import {complaint, folderOf, hooks, noBpftrace, type Outcome, planned, ran} from './util/bpftrace.ts';
import {once, testUnless} from './util/machine.ts';
import {SLOW} from './util/wait.ts';

const run = promisify(execFile);

interface Opened extends Outcome {
  /** Of the opened files, by their events' field of that number. */
  names(at: number): string[];
}

/** What a spec tells while `cat` opens files of a folder of this test's own. `FOLDER` in its filter is that folder. */
async function opened(
  t: ExecutionContext,
  json: {filter: string},
  names: readonly string[],
): Promise<Opened & {plan: TracePlan}> {
  t.timeout(300_000 * SLOW);
  const folder = folderOf(t);
  const files = names.map((name) => path.join(folder, name));
  for (const file of files) if (!file.endsWith('missing')) writeFileSync(file, '');
  const filter = json.filter.replaceAll('FOLDER', folder);
  const plan = planned({probe_type: 't', target: 'syscalls:sys_enter_openat', duration: 2 * SLOW, ...json, filter});
  const outcome = await ran(plan, folder, () => run('cat', files));
  t.log(outcome.said.trim());
  const basenames = (at: number) => [...new Set(outcome.events.map((event) => path.basename(event[at]!)))].sort();
  return {...outcome, plan, names: basenames};
}

testUnless(noBpftrace, 'a text is compared to its end, a beginning as far as it goes', async (t) => {
  const json = {arguments: ['filename'], filter: 'filename == "FOLDER/one" or filename == "FOLDER/one2x*"'};
  const {names, events, maps} = await opened(t, json, ['one', 'one2', 'one2x', 'one2xy', 'on']);
  t.deepEqual(names(6), ['one', 'one2x', 'one2xy']);
  t.is(maps['@hits'], events.length);
});

testUnless(noBpftrace, 'numbers have the sign and width of their type, not of the register', async (t) => {
  const json = {
    arguments: ['dfd', 'filename', 'mode'],
    filter: 'filename == "FOLDER/*" and dfd == -100 and dfd < 0 and mode == 0',
  };
  const {names, events} = await opened(t, json, ['one', 'missing']);
  t.deepEqual(names(7), ['missing', 'one']);
  t.true(events.every((event) => event[5] === 'cat' && event[6] === '-100' && event[8] === '0'));
});

testUnless(noBpftrace, 'what the kernel can not compare is left to user space', async (t) => {
  const json = {arguments: ['flags'], filter: 'filename == "FOLDER/*" and filename == "*ee"'};
  const {events, plan} = await opened(t, json, ['one', 'three', 'thre']);
  const kept = events.filter((event) => {
    const common = {timestamp: '', pid: 1, tid: 1, uid: 0, process_name: 'cat', message: '', cpu: 0};
    return plan.keep!({...common, function: plan.target, raw_args: {filename: event[7]!}});
  });
  t.deepEqual([...new Set(kept.map((event) => path.basename(event[7]!)))], ['three']);
  t.true(kept.length < events.length);
});

testUnless(noBpftrace, 'a result below 0', async (t) => {
  const {events} = await opened(
    t,
    {target: 'syscalls:sys_exit_openat', process_name: 'cat', filter: 'ret == -2'} as never,
    ['missing'],
  );
  t.true(events.length > 0);
  t.true(events.every((event) => event[6] === '-2'));
});

testUnless(noBpftrace, 'counted in the kernel by two keys, the text last', async (t) => {
  const json = {aggregate: 'count by filename, dfd', filter: 'filename == "FOLDER/*"'};
  const {maps, events} = await opened(t, json, ['one', 'two,three', 'missing']);
  t.deepEqual(events, []);
  const counts = Object.entries(maps['@counts'] as Record<string, number>);
  t.deepEqual(counts.map(([key]) => key.replace(/,.*\//, ' ')).sort(), ['-100 missing', '-100 one', '-100 two,three']);
  t.is(
    counts.reduce((sum, [, count]) => sum + count, 0),
    maps['@hits'] as number,
  );
});

const GC = '/usr/bin/python3:gc__start';

testUnless(noBpftrace ?? missing('usdt', GC), "a program's own probe, by its argument", async (t) => {
  t.timeout(300_000 * SLOW);
  const plan = planned({probe_type: 'u', target: GC, duration: 3 * SLOW, filter: 'arg0 == 1'});
  const collect = 'import gc; gc.disable(); gc.collect(0); gc.collect(1)';
  const {events, said} = await ran(plan, folderOf(t), () => run('/usr/bin/python3', ['-c', collect]));
  t.log(said.trim());
  t.true(events.length > 0);
  t.true(
    events.every((event) => event[5] === 'python3' && event[6] === '1'),
    `${events}`,
  );
});

testUnless(noBpftrace ?? missing('kprobe', 'vfs_open'), 'a function by its parameter, and its result', async (t) => {
  t.timeout(300_000 * SLOW);
  const read = async () => run('dd', ['if=/etc/passwd', 'of=/dev/null', 'bs=7', 'count=1']);
  const asked = {probe_type: 'p', target: 'vfs_read', process_name: 'dd', duration: 3 * SLOW, filter: 'count == 7'};
  const entered = await ran(planned({...asked, arguments: ['count']}), folderOf(t), read);
  t.true(entered.events.length > 0, entered.said);
  t.true(entered.events.every((event) => event[6] === '7'));
  const left = await ran(planned({...asked, probe_type: 'r', filter: 'retval == 7'}), folderOf(t), read);
  t.true(left.events.length > 0, left.said);
  t.true(left.events.every((event) => event[6] === '7'));
});

/** Why a hook isn't here, if it isn't. */
function missing(type: 'usdt' | 'kprobe', target: string): string | undefined {
  if (type === 'usdt' && !existsSync('/usr/bin/python3')) return 'no /usr/bin/python3';
  const found = hooks.find(type, target);
  return isRefusal(found) ? found.why : undefined;
}

/** Categories whose tracepoints people ask for. */
const CATEGORIES = [
  ...[
    'syscalls',
    'sched',
    'block',
    'sock',
    'tcp',
    'net',
    'signal',
    'kmem',
    'task',
    'writeback',
    'ext4',
    'irq',
    'power',
    'timer',
  ],
  ...['workqueue', 'vmscan'],
];

const MORE = [
  {},
  {filter: 'comm == "a*" or pid > 5 and not cpu == 0'},
  {process_name: 'kworker/0:1', duration: 60},
  {pid: 1, filter: 'comm != "{ } // x"'},
];

/** Specs of this host: each nth tracepoint of a category, with what it has. */
function specsOf(category: string): object[] {
  const names = hooks.tracefs.events(category);
  const step = Math.max(1, Math.floor(names.length / 7));
  return names
    .filter((_, i) => i % step === 0)
    .slice(0, 7)
    .map((name, i) => ({probe_type: 't', target: `${category}:${name}`, ...MORE[i % MORE.length]}));
}

/** A spec whose filter compares every field of a hook. */
function everyField(target: string): object[] {
  const found = hooks.find('tracepoint', target);
  if (isRefusal(found)) return [];
  const tests = (found as Hook[])[0]!.fields.flatMap(({name, shape}) => {
    if (shape === 'int' || shape === 'address') return [`args.${name} != 3`];
    return shape === 'text' || shape === 'chars' ? [`args.${name} != "ab*"`] : [];
  });
  return [{probe_type: 't', target, filter: tests.slice(0, 12).join(' or ')}];
}

const TOLD = [
  'syscalls:sys_enter_openat',
  'sched:sched_switch',
  'block:block_rq_issue',
  'sock:inet_sock_set_state',
  'signal:signal_generate',
];

const AGGREGATES = [
  {probe_type: 't', target: 'sched:sched_process_exec', aggregate: 'count by comm, pid'},
  {probe_type: 't', target: 'block:block_rq_complete', aggregate: 'hist nr_sector by dev'},
  {probe_type: 't', target: 'syscalls:sys_exit_read', aggregate: 'sum ret by comm', filter: 'ret > 0'},
  {probe_type: 't', target: 'syscalls:sys_enter_openat*', aggregate: 'count by dfd, filename', filter: 'dfd != 0'},
];

/** What bpftrace says of a script alone. */
async function told(plan: TracePlan, folder: string): Promise<string[]> {
  const said = await complaint([plan], folder);
  return said === undefined ? [] : [`${plan.target}: ${said}\n${plan.script.text}`];
}

testUnless(
  noBpftrace ?? once,
  'a hundred specs of this host: bpftrace takes their scripts without a word',
  async (t) => {
    t.timeout(1_200_000);
    const folder = folderOf(t);
    const events = [...CATEGORIES.flatMap(specsOf), ...TOLD.flatMap(everyField)].map(planned);
    t.true(events.length >= 100, `${events.length}`);
    const wrong: string[] = [];
    for (let i = 0; i < events.length; i += 10) {
      const some = events.slice(i, i + 10);
      if ((await complaint(some, folder)) === undefined) continue;
      for (const each of some) wrong.push(...(await told(each, folder)));
    }
    for (const each of AGGREGATES.map(planned)) wrong.push(...(await told(each, folder)));
    t.deepEqual(wrong, []);
  },
);
