/** Processes that are none, are gone, or aren't to be seen: the table says so and never has a wrong row. */
import {existsSync, readFileSync} from 'node:fs';
import type {ProcessRow, StreamObject} from '../../src/types/stream.ts';
import {Pty} from '../tui/pty.ts';
import {environment, Kstop, PROGRAM} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {costly, lacks, testUnless, twoCpus} from './util/machine.ts';
import {SLOW, until} from './util/wait.ts';

const [cpu] = twoCpus() ?? [0];
const TABLE = ['--probes', 'tasks,process', '--top', '10000', '-i', '0.3'];
const WAIT_MS = 15_000 * SLOW;
const noScreen = process.env.KSTOP_VM && 'an emulated CPU is too slow for a screen';
const env = environment() as Record<string, string>;

const rowsIn = (objects: readonly StreamObject[]): ProcessRow[] =>
  objects.flatMap((object) => (object.kind === 'sample' ? (object.processes ?? []) : []));

const commOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

testUnless(!existsSync('/proc/2') && 'another PID namespace', '-p of a kernel thread: its row', async (t) => {
  const kstop = await Kstop.start(t, [...TABLE, '-p', '2']);
  await kstop.sampleFromNow();
  await kstop.stop();
  const rows = rowsIn(kstop.objects);
  t.true(rows.length > 0);
  for (const row of rows) t.like(row, {pid: 2, comm: commOf(2), ppid: 0, threads: 1, rss_bytes: undefined});
  t.deepEqual(kstop.events('PROCESS_EXEC'), []);
});

testUnless(false, '-p of one that ends meanwhile: no row of it from then on', async (t) => {
  const load = await startLoad(t, 'family', [], {as: 'kt-ends'});
  const kstop = await Kstop.start(t, [...TABLE, '-p', String(load.pid)]);
  await kstop.sampleFromNow();
  await load.kill();
  const exit = await kstop.event('PROCESS_EXIT', ({pid}) => pid === load.pid);
  t.is(exit.signal_name, 'SIGKILL');
  const mark = await kstop.sampleFromNow();
  await kstop.sampleFromNow();
  const {code} = await kstop.stop();
  t.is(code, 0);
  t.true(rowsIn(kstop.objects.slice(0, mark)).every(({pid, comm}) => pid === load.pid && comm === 'kt-ends'));
  t.deepEqual(rowsIn(kstop.objects.slice(mark + 1)), []);
});

testUnless(costly ?? lacks('unshare'), 'in a PID namespace the table is of it alone, and says so', async (t) => {
  const command = ['unshare', '-p', '-f', '--mount-proc', ...PROGRAM, '--json', ...TABLE, '-d', String(3 * SLOW)];
  const kstop = new Process(t, command);
  const outside = await startLoad(t, 'worker', [1, cpu], {as: 'kt-outside'});
  outside.send('spin 1500');
  const objects = () =>
    kstop.stdout
      .slice(0, kstop.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line): StreamObject => JSON.parse(line));
  await until(
    () => rowsIn(objects()).length > 0,
    WAIT_MS,
    () => `rows ${kstop.stderr}`,
  );
  // Rows have the numbers of the first namespace, as events do.
  for (const {pid, comm} of rowsIn(objects())) t.is(commOf(pid), comm);
  await kstop.end();
  const [header] = objects();
  const tasks = header?.kind === 'header' && header.probes.find(({id}) => id === 'tasks');
  t.like(tasks, {state: 'degraded', reason: 'only the processes of this PID namespace are listed'});
  t.false(rowsIn(objects()).some(({pid}) => pid === outside.pid));
});

testUnless(false, 'without a task iterator: unavailable with its reason, and no rows', async (t) => {
  const kstop = await Kstop.start(t, TABLE, {env: {KSTOP_SKIP_METHODS: 'iter'}});
  await kstop.sampleFromNow();
  await kstop.stop();
  const tasks = kstop.header.probes.find(({id}) => id === 'tasks')!;
  t.log(tasks.reason);
  t.is(tasks.state, 'unavailable');
  t.truthy(tasks.reason);
  t.deepEqual(rowsIn(kstop.objects), []);
  t.truthy(kstop.counter('hits', {probe: 'process'}) !== undefined, 'the rest goes on');
});

testUnless(noScreen, 'without a task iterator the Processes view says so', async (t) => {
  const command = [...PROGRAM, ...TABLE];
  const screen = new Pty({columns: 120, rows: 40, command, env: {...env, KSTOP_SKIP_METHODS: 'iter'}});
  t.teardown(() => screen.kill());
  await screen.until((text) => /LIVE/.test(text), 'the screen', WAIT_MS);
  screen.send('6');
  const says = /the tasks probe is unavailable: \S+/;
  await screen.until((text) => says.test(text), 'the reason', WAIT_MS);
  t.regex(screen.text, says);
  screen.send('q');
  await screen.end(WAIT_MS);
});
