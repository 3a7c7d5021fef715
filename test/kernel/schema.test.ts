import test from 'ava';
import {schemaErrors} from '../util/schema.ts';
import {Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {startLoad} from './util/load.ts';
import {testOnce} from './util/machine.ts';
import {LONGER, sleep} from './util/wait.ts';

test('every line of a real stream is as the published schema says, from header to summary', async (t) => {
  const kstop = await Kstop.start(t, ['-i', '0.2', '--sched-warn', '50', '--bio-warn', '10']);
  const hogs = await startLoad(t, 'worker', [4, 0], {as: 'kt-hog'});
  hogs.send(`spin ${500 * LONGER}`);
  await hogs.line();
  await sleep(1000 * LONGER);
  await kstop.stop();
  const kinds = kstop.objects.map(({kind}) => kind);
  t.is(kinds[0], 'header');
  t.is(kinds.at(-1), 'summary');
  t.true(kinds.filter((kind) => kind === 'sample').length >= 2);
  t.true(kstop.events('SCHED_LATENCY').length > 0);
  for (const object of kstop.objects) t.deepEqual(schemaErrors(object), [], JSON.stringify(object).slice(0, 300));
});

testOnce('a stream that can not begin is one error object of the schema', async (t) => {
  const env = {...process.env, KSTOP_SKIP_METHODS: 'tp_btf,raw_tp,fentry,kprobe,iter'};
  const {stdout, code} = await runToEnd([...PROGRAM, '--json', '-d', '1', '--probes', 'sched,block'], env);
  t.is(code, 77);
  const objects = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as {kind: string});
  t.deepEqual(
    objects.map(({kind}) => kind),
    ['error'],
  );
  t.deepEqual(schemaErrors(objects[0] ?? {kind: ''}), []);
});
