import test from 'ava';
import {PROBES} from '../../src/probes/catalog.ts';
import {DIST, environment, Kstop, NODE, PROGRAM, runToEnd} from './util/kstop.ts';
import {kernelAtLeast, lacks, once, testOnce, testUnless, twoCpus} from './util/machine.ts';
import {compareWaits} from './util/waits.ts';

const cpus = twoCpus();
/** Methods of the probes whose best isn't tp_btf; vfs does without where functions can't be hooked. */
const BEST: Readonly<Record<string, readonly string[]>> = {
  faults: ['perf_event'],
  growth: ['file'],
  lockup: ['perf_event'],
  pressure: ['psi'],
  tasks: ['iter'],
  traffic: ['file'],
  vfs: ['fexit', 'tp_btf'],
};
const best = (id: string) => BEST[id] ?? ['tp_btf'];
/** What each default probe is when nothing may be attached by tp_btf. */
const WITHOUT_BTF: Readonly<Record<string, string>> = {
  sched: 'raw_tp',
  faults: 'perf_event',
  pressure: 'psi',
  reclaim: 'raw_tp',
  growth: 'file',
  drops: 'raw_tp',
  tasks: 'iter',
  process: 'raw_tp',
  traffic: 'file',
  lockup: 'perf_event',
};
const byDefault = ({header}: Kstop) =>
  header.probes.filter((probe) => PROBES.some((spec) => spec.id === probe.id && spec.default));

const lesser = !process.env.KSTOP_VM ? 'in guests only' : !kernelAtLeast(6, 8) && 'before 6.8';
testUnless(lesser, 'each probe is attached by its best method', async (t) => {
  const kstop = await Kstop.start(t, []);
  await kstop.stop();
  for (const probe of byDefault(kstop)) {
    t.log(`${probe.id}: ${probe.state} ${probe.method ?? ''} ${probe.reason ?? ''}`);
    t.like(probe, {state: 'attached', method: best(probe.id)[0], reason: undefined}, probe.id);
  }
});

test.serial('a probe that lacks something says what', async (t) => {
  const kstop = await Kstop.start(t, []);
  await kstop.stop();
  t.deepEqual(
    kstop.header.probes.map(({id}) => id),
    PROBES.map(({id}) => id),
  );
  for (const {id, state, method, reason} of byDefault(kstop)) {
    t.log(`${id}: ${state} ${method ?? ''} ${reason ?? ''}`);
    t.true(['attached', 'degraded'].includes(state), id);
    t.is(reason === undefined, state === 'attached', id);
    t.true(best(id).includes(method ?? ''), `${id}: ${method}`);
    // libbpf's advice to raise the memlock limit is never the point.
    t.false(/ulimit|memlock|libbpf:|\n/.test(reason ?? ''), reason);
  }
});

testUnless(
  !cpus && 'one CPU only',
  'without tp_btf the waits are still exact, and the other probes stop nothing',
  async (t) => {
    const kstop = await compareWaits(t, cpus!, {env: {KSTOP_SKIP_METHODS: 'tp_btf'}});
    t.like(kstop.header.probes[0], {id: 'sched', state: 'degraded', method: 'raw_tp'});
    t.regex(kstop.header.probes[0].reason ?? '', /hash/);
  },
);

test.serial('a probe without any method left is unavailable with its reason; the rest goes on', async (t) => {
  const kstop = await Kstop.start(t, [], {env: {KSTOP_SKIP_METHODS: 'tp_btf'}});
  await kstop.sampleFromNow();
  const {code} = await kstop.stop();
  t.is(code, 0);
  t.is(kstop.stderr, '');
  for (const {id, state, method, reason} of byDefault(kstop)) {
    t.log(`${id}: ${state} ${method ?? ''} ${reason ?? ''}`);
    if (id === 'vfs') t.true([undefined, 'fexit', 'kprobe'].includes(method), method);
    else t.is(method, WITHOUT_BTF[id], id);
    // Before 5.17 there are no reasons of drops, by any method.
    const lesser = id === 'sched' || id === 'lockup' || method === 'kprobe' || /no drop reasons/.test(reason ?? '');
    t.is(state, method === undefined ? 'unavailable' : lesser ? 'degraded' : 'attached', id);
    t.is(reason === undefined, state === 'attached', id);
  }
  t.truthy(kstop.summary);
  t.is(kstop.summary?.subsystems.block?.status ?? 'UNKNOWN', 'UNKNOWN');
});

testOnce('--check tells that a requested probe was not there', async (t) => {
  const env = environment({KSTOP_SKIP_METHODS: 'tp_btf'});
  const run = await runToEnd(
    [...PROGRAM, '--json', '--check', '-d', '1', '--probes', 'sched,block', '--sched-warn', '60000000'],
    env,
  );
  t.is(run.code, 4, run.stderr);
});

const ONE_LINE = /^kstop: [^\n]+: [^\n]+ \([^\n]+\)\n$/;

testOnce('with nothing left to try it ends with 77 and one line', async (t) => {
  for (const face of ['--plain', '--json']) {
    const env = environment({KSTOP_SKIP_METHODS: 'tp_btf,raw_tp,tracepoint,fentry,kprobe'});
    const {code, stdout, stderr} = await runToEnd([...PROGRAM, face, '-d', '1', '--probes', 'sched,block,oom'], env);
    t.log(stderr.trim());
    t.is(code, 77);
    t.regex(stderr, ONE_LINE);
    if (face === '--json') t.is(JSON.parse(stdout).kind, 'error');
    else t.is(stdout, '');
  }
});

testUnless(once ?? lacks('setpriv'), 'without privileges it ends with 77 and one line', async (t) => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
  const readable = await runToEnd([
    ...nobody,
    NODE,
    '-e',
    `require('fs').readFileSync(${JSON.stringify(`${DIST}/app.mjs`)})`,
  ]);
  if (readable.code !== 0) {
    t.log('another user cannot read this clone');
    t.pass();
    return;
  }
  for (const face of ['--plain', '--json']) {
    const {code, stdout, stderr} = await runToEnd([...nobody, ...PROGRAM, face, '-d', '1']);
    t.log(stderr.trim());
    t.is(code, 77);
    t.regex(stderr, ONE_LINE);
    t.regex(stderr, /root|sudo|CAP_/);
    if (face === '--json') t.is(JSON.parse(stdout).kind, 'error');
  }
});
