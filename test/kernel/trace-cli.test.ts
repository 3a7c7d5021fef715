import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {defaultAuditPath} from '../../src/trace/audit/log.ts';
import type {TraceEnded} from '../../src/types/stream.ts';
import {schemaErrors} from '../util/schema.ts';
import {folder} from './util/disk.ts';
import {environment, PROGRAM, REPO, runToEnd} from './util/kstop.ts';
import {Process} from './util/load.ts';
import {lacks, once, testUnless} from './util/machine.ts';
import {opener} from './util/opener.ts';
import {noTraces, supervised, WAIT} from './util/traces.ts';
import {sleep, until} from './util/wait.ts';

const EXECS = ['--type', 'tracepoint', '--target', 'sched:sched_process_exec'];
const OPENS = ['--type', 'tracepoint', '--target', 'syscalls:sys_enter_openat'];

const kstop = (...args: string[]) => runToEnd([...PROGRAM, 'trace', ...args], environment(), WAIT);
const start = (t: ExecutionContext, ...args: string[]) => new Process(t, [...PROGRAM, 'trace', ...args]);

/** The objects of a run, each as the published schema says. */
function objects(t: ExecutionContext, stdout: string): TraceEnded[] {
  const all = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const object of all) t.deepEqual(schemaErrors(object), [], JSON.stringify(object).slice(0, 300));
  return all;
}

const audit = (): string => (existsSync(defaultAuditPath()) ? readFileSync(defaultAuditPath(), 'utf8') : '');

testUnless(
  noTraces,
  'a spec of flags: events as they come, each with its process, and the statistics at the end',
  async (t) => {
    const from = opener(t);
    const trace = start(t, ...OPENS, '--args', 'filename', '--format', 'opens %s', '-p', String(from.pid), '-d', '60');
    const line = (path: string) => trace.stdout.split('\n').find((each) => each.endsWith(`opens ${path}`));
    const shown = async (path: string) => {
      await from.open(path, 1);
      await sleep(100);
      return line(path);
    };
    await until(() => trace.stdout.includes('Tracing'), WAIT, 'its first line');
    let first: string | undefined;
    for (let i = 0; i < 600 && !first && !trace.ended; i++) first = await shown('/dev/null');
    t.regex(
      first ?? '',
      new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3} python3 +${from.pid} +\\S*sys_enter_openat +opens /dev/null$`),
    );
    t.is(trace.ended, undefined, 'events are shown while it runs');
    const times = await from.open('/etc/passwd', 200);
    await until(() => trace.stdout.split('opens /etc/passwd').length > times, WAIT, 'the events');
    await trace.kill('SIGINT');
    t.is(trace.ended?.code, 0);
    t.is(trace.stderr, '');
    t.is(trace.stdout.split('opens /etc/passwd').length - 1, times, 'each of them once');
    t.regex(trace.stdout, /\n {2}stopped after [^\n]+ events\n/);
    t.regex(trace.stdout, new RegExp(`\\n *${from.pid} +python3 +\\d+ +100%\\n`));
    t.regex(trace.stdout, /\nUID +EVENTS +SHARE\n +0 +\d+ +100%\n/);
  },
);

testUnless(noTraces, 'counts and distributions are made in the kernel, one object a trace', async (t) => {
  const from = opener(t);
  const path = join(folder(t), 'specs.json');
  const spec = {type: 'tracepoint', target: 'syscalls:sys_exit_openat', pid: from.pid, duration: 3};
  const specs = [
    {...spec, name: 'how many', aggregate: 'count by comm'},
    {...spec, name: 'failed', filter: 'ret < 0', aggregate: 'count'},
    {...spec, name: 'numbers', aggregate: 'hist ret'},
  ];
  writeFileSync(path, JSON.stringify(specs));
  const trace = start(t, '--spec', path, '--json');
  while (!trace.ended) {
    await from.open('/dev/null', 20);
    await sleep(50);
  }
  t.is(trace.ended?.code, 0, trace.stderr);
  const all = objects(t, trace.stdout);
  const [many, failed, numbers] = specs.map(({name}) => all.find((each) => each.trace.name === name)!);
  for (const each of [many, failed, numbers]) t.like(each?.trace, {state: 'done', duration_s: 3, pid: from.pid});
  const row = many?.tables?.[0]?.rows[0];
  t.is(row?.key.comm, 'python3');
  t.true((row?.value ?? 0) >= 20);
  t.is(many?.stats.total_events, row?.value ?? -1);
  t.is(failed?.stats.total_events, 0);
  const counted = numbers?.histograms?.[0]?.buckets.reduce((sum, {count}) => sum + count, 0) ?? 0;
  t.true(counted >= 20);
  t.deepEqual(many?.events, []);
});

const REFUSED: [name: string, args: string[], says: RegExp][] = [
  [
    'no such tracepoint',
    ['--type', 'tracepoint', '--target', 'sched:sched_proces_exec'],
    /--target: this kernel has no tracepoint sched:sched_proces_exec \(did you mean sched:sched_process_exec\?\)/,
  ],
  [
    'a second statement',
    ['--type', 'tracepoint', '--target', 'sched:sched_process_exec { system("id") }'],
    /--target: /,
  ],
  ['a filter that is none', [...EXECS, '--filter', '1 == 1/ { exit() }'], /--filter: /],
  ['a field that is none', [...EXECS, '--args', 'filenam'], /--args/],
  ['a format with too little', [...EXECS, '--args', 'pid', '--format', '%s %s'], /--format: /],
  ['a name that is no preset', ['--preset', 'proces-exec'], /--preset: there is no 'proces-exec'/],
];

for (const [name, args, says] of REFUSED)
  testUnless(once ?? noTraces, `refused before bpftrace starts: ${name}`, async (t) => {
    const before = audit();
    const plain = await kstop(...args);
    t.is(plain.code, 2);
    t.is(plain.stdout, '');
    t.regex(plain.stderr, /^kstop: [^\n]+\n$/);
    t.regex(plain.stderr, says);
    const json = await kstop(...args, '--json');
    t.is(json.code, 2);
    const [told] = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.true(told.kind === 'error' || (told.trace.state === 'refused' && told.trace.reason.length > 0), json.stdout);
    t.is(audit(), before, 'nothing ran');
  });

testUnless(once ?? noTraces, 'a dry run shows the script and runs nothing', async (t) => {
  const before = audit();
  const plain = await kstop(...EXECS, '--filter', 'comm == "dd"', '--dry-run');
  t.is(plain.code, 0, plain.stderr);
  t.regex(
    plain.stdout,
    /^\/\/ tracepoint sched:sched_process_exec, 10 s\n[\s\S]*\ntracepoint:sched:sched_process_exec \//,
  );
  const json = await kstop(...EXECS, '--dry-run', '--json');
  const [object] = objects(t, json.stdout);
  t.like(object?.trace, {state: 'skipped', reason: 'dry run', target: 'sched:sched_process_exec'});
  t.regex(object?.script ?? '', /^tracepoint:sched:sched_process_exec/m);
  t.is(audit(), before, 'nothing ran');
});

testUnless(noTraces, 'Ctrl-C shows what there is and leaves no bpftrace; a second one ends it at once', async (t) => {
  for (const signals of [1, 2]) {
    const trace = start(t, ...EXECS, '-d', '60');
    await until(() => trace.stdout.includes('Tracing'), WAIT, 'its first line');
    const children = await until(
      () => {
        const found = supervised(trace.pid);
        return found.length > 0 && found;
      },
      WAIT,
      'bpftrace',
    );
    for (let i = 0; i < signals; i++) trace.child.kill('SIGINT');
    await trace.end(WAIT);
    t.is(trace.ended?.code, 0, trace.stderr);
    if (signals === 1) t.regex(trace.stdout, /\nTRACE tracepoint sched:sched_process_exec\n {2}stopped/);
    await until(() => children.every(({bpftrace}) => !existsSync(`/proc/${bpftrace}`)), WAIT, 'the end of bpftrace');
  }
});

testUnless(once ?? noTraces, 'a reader that goes away ends it well, with nothing left behind', async (t) => {
  const from = opener(t);
  const trace = start(t, ...OPENS, '-p', String(from.pid), '-d', '60');
  await until(() => trace.stdout.includes('Tracing'), WAIT, 'its first line');
  const children = await until(
    () => {
      const found = supervised(trace.pid);
      return found.length > 0 && found;
    },
    WAIT,
    'bpftrace',
  );
  trace.child.stdout?.destroy();
  while (!trace.ended) {
    await from.open('/dev/null', 10);
    await sleep(50);
  }
  t.is(trace.ended?.code, 0, trace.stderr);
  t.is(trace.stderr, '');
  for (const {bpftrace} of children) t.false(existsSync(`/proc/${bpftrace}`));
});

const USER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const closed =
  spawnSync(USER[0] as string, [...USER.slice(1), 'test', '-r', join(REPO, 'dist/kstop.mjs')]).status !== 0;

testUnless(
  once ?? noTraces ?? (closed && 'other users may not read this clone'),
  'a user who may not trace is told so, with exit code 77',
  async (t) => {
    const command = [...USER, ...PROGRAM, 'trace'];
    const {code, stdout, stderr} = await runToEnd([...command, ...EXECS], environment(), WAIT);
    t.is(code, 77);
    t.is(stdout, '');
    t.regex(
      stderr,
      /^kstop: trace: no program can be loaded without CAP_BPF and CAP_PERFMON \(run it as root: sudo kstop\)\n$/,
    );
    const json = await runToEnd([...command, ...EXECS, '--json'], environment(), WAIT);
    t.like(JSON.parse(json.stdout), {kind: 'error', what: 'trace'});
  },
);

testUnless(
  once ?? noTraces ?? lacks('unshare'),
  'without a bpftrace that is told, with exit code 77 and what helps; the presets and scripts are shown all the same',
  async (t) => {
    const hidden = (...args: string[]) => {
      const command = [...PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
      const script = `mount --bind /dev/null "$(readlink -f "$(command -v bpftrace)")" && exec ${command}`;
      return runToEnd(['unshare', '-m', 'sh', '-c', script], environment(), WAIT);
    };
    const {code, stderr} = await hidden('trace', ...EXECS);
    t.is(code, 77);
    t.regex(stderr, /^kstop: bpftrace: bpftrace is not installed \(install it: apt-get install bpftrace[^\n]*\)\n$/);
    t.is((await hidden('trace', ...EXECS, '--dry-run')).code, 0);
    const list = await hidden('trace', '--list');
    t.is(list.code, 0);
    t.regex(list.stdout, /^bpftrace: bpftrace is not installed[\s\S]*\nprocess-exec /);
    const doctor = JSON.parse((await hidden('doctor', '--json')).stdout);
    t.like(
      doctor.system.find(({id}: {id: string}) => id === 'bpftrace'),
      {state: 'limited', value: 'bpftrace is not installed'},
    );
  },
);

testUnless(noTraces, 'a preset from the command line: what starts is shown with what it is', async (t) => {
  const trace = start(t, '--preset', 'process-exec', '-d', '60');
  await until(() => trace.stdout.includes('Tracing'), WAIT, 'its first line');
  const script = join(folder(t), 'started-here');
  writeFileSync(script, '#!/bin/sh\nexit 7\n', {mode: 0o755});
  const shown = () => trace.stdout.split('\n').find((line) => line.includes('started-here') && line.includes(' exec '));
  while (!shown() && !trace.ended) {
    await runToEnd([script]);
    await sleep(100);
  }
  t.regex(shown() ?? '', new RegExp(`^[\\d:.]+ started-here +\\d+ +exec +${script}, of ${process.pid}$`));
  await until(() => /started-here +\d+ +exit .*exit code 7/.test(trace.stdout), WAIT, 'its end');
  await trace.kill('SIGINT');
  t.is(trace.ended?.code, 0, trace.stderr);
});
