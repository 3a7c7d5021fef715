import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import type {ExecutionContext} from 'ava';
import {PROBES} from '../../src/probes/catalog.ts';
import type {StreamObject} from '../../src/types/stream.ts';
import {unified} from './util/cgroup.ts';
import {folder} from './util/disk.ts';
import {DIST, type Ended, environment, Kstop, PROGRAM, runToEnd} from './util/kstop.ts';
import {Process, startLoad} from './util/load.ts';
import {costly, lacks, once, testOnce, testUnless, twoCpus} from './util/machine.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const ONE_LINE = /^kstop: [^\n]+: [^\n]+\n$/;
const [cpu] = twoCpus() ?? [0];

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const kstop = (...args: string[]) => [...PROGRAM, ...args];
/** The program in a shell's command. */
const words = (...args: string[]) =>
  kstop(...args)
    .map(quote)
    .join(' ');
const shell = (script: string) => runToEnd(['sh', '-c', script]);
const objects = (text: string): StreamObject[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const kinds = (text: string) => [...new Set(objects(text).map(({kind}) => kind))];

/** It ended with this code and one line on stderr, that says this. */
function refused(t: ExecutionContext, ended: Ended, code: number, says: RegExp): void {
  t.log(ended.stderr.trim());
  t.is(ended.code, code, ended.stderr);
  t.regex(ended.stderr, ONE_LINE);
  t.regex(ended.stderr, says);
}

/** It ran to its end, with a summary. */
function ran(t: ExecutionContext, ended: Ended): StreamObject[] {
  t.is(ended.code, 0, ended.stderr);
  t.is(ended.stderr, '');
  const all = objects(ended.stdout);
  t.is(all[0]?.kind, 'header');
  t.is(all.at(-1)?.kind, 'summary');
  return all;
}

const BAD_USAGE: [args: string[], says: RegExp][] = [
  [['--no-such-flag'], /unknown flag/],
  [['--probes', 'sched,nothing'], /no probe 'nothing'/],
  [['--probes', ''], /no probe ''/],
  [['--probes', `all,${PROBES.map(({id}) => `-${id}`)}`], /leaves no probe/],
  [['--sched-warn', 'soon'], /not a number/],
  [['--sched-warn', '-1'], /negative/],
  [['--sched-warn', '0'], /threshold of 0/],
  [['--sched-warn', '60000001'], /out of range/],
  [['--sched-warn', '20', '--sched-crit', '10'], /above the critical/],
  [['--bio-crit', '10'], /below the warning/],
  [['--interval', '0.05'], /out of range/],
  [['-d', '-1'], /negative/],
  [['--pid', '0'], /not a process id/],
  [['--pid', '4294967296'], /not a process id/],
  [['--pid', '-1'], /not a process id/],
  [['--pid', '999999999'], /not a process id/],
  [['--pid', '1.5'], /not a process id/],
  [['--comm', ''], /empty/],
  [['--comm', 'sixteen-bytes-16'], /15 bytes/],
  [['-o', '/no/such/folder/file'], /no such folder/],
  [['-o', '/dev/null'], /no regular file/],
  [['-o', '/tmp'], /is a folder/],
];

testOnce('bad usage: one line, exit code 2, and in JSON an error object', async (t) => {
  for (const [args, says] of BAD_USAGE) {
    const ended = await runToEnd(kstop('--json', '-d', '1', ...args));
    refused(t, ended, 2, says);
    t.deepEqual(kinds(ended.stdout), ['error'], args.join(' '));
    t.regex(ended.stdout, says);
  }
});

testOnce('a critical threshold never passes what the histogram can tell', async (t) => {
  const [header] = ran(t, await runToEnd(kstop('--json', '-d', '0.1', '--sched-warn', '60000000')));
  if (header.kind !== 'header') throw new Error('no header');
  t.like(header.thresholds, {sched_warn_us: 60_000_000, sched_crit_us: 60_000_000});
});

testOnce('the shortest runs and intervals are whole streams', async (t) => {
  for (const args of [
    ['-d', '0.05'],
    ['-d', '0.2', '-i', '0.1'],
    ['-d', '0.3', '-i', '60'],
  ]) {
    const all = ran(t, await runToEnd(kstop('--json', ...args)));
    const samples = all.filter((object) => object.kind === 'sample');
    t.true(samples.length >= 1, args.join(' '));
    for (const sample of samples) t.true(sample.interval_ms > 0 && sample.interval_ms < 1000 * SLOW);
  }
});

testOnce('a signal at any moment ends it well once it has begun to look around', async (t) => {
  const seen = new Set<string>();
  for (let wait = 20; wait < 400; wait += 40) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const run = new Process(t, kstop('--json', '-i', '60'));
      await sleep(wait * SLOW);
      run.child.kill(signal);
      const {code, signal: killed} = await run.end();
      t.is(run.stderr, '', `${signal} after ${wait} ms`);
      // Before its first line of program it is Node that ends, with nothing to tell.
      if (killed) t.is(run.stdout, '');
      else {
        t.is(code, 0, `${signal} after ${wait} ms`);
        t.is(objects(run.stdout).at(-1)?.kind, 'summary');
      }
      seen.add(killed ? 'killed' : 'summary');
    }
  }
  t.true(seen.has('summary'));
});

testOnce('Ctrl-C ends an interval of a minute at once', async (t) => {
  const run = await Kstop.start(t, ['-i', '60']);
  await sleep(300);
  const start = performance.now();
  t.is((await run.stop('SIGINT')).code, 0);
  t.true(performance.now() - start < 3000 * SLOW);
  t.truthy(run.summary);
  t.is(run.samples.length, 1);
});

testOnce('a full disk: the summary on stderr, exit code 1', async (t) => {
  for (const face of ['--plain', '--json']) {
    const {code, stderr} = await shell(`${words(face, '-d', '1', '-i', '0.1')} >/dev/full`);
    t.is(code, 1);
    t.regex(stderr, /^MONITORING SUMMARY\n/);
    t.regex(stderr, /\nkstop: stdout: the disk is full \([^\n]+\)\n$/);
  }
});

testUnless(once ?? lacks('unshare'), 'a full file system under -o keeps what was written, and tells', async (t) => {
  const place = folder(t);
  const script = `mount -t tmpfs -o size=64k none ${quote(place)} &&
    ${words('--json', '-d', '3', '-i', '0.1', '--sched-warn', '1', '-o', join(place, 'out'))}; code=$?
    wc -c <${quote(join(place, 'out'))}; head -n 1 ${quote(join(place, 'out'))}; exit $code`;
  const {code, stdout, stderr} = await runToEnd(['unshare', '-m', 'sh', '-c', script]);
  t.is(code, 1, stderr);
  t.regex(stderr, /^MONITORING SUMMARY\n/);
  t.regex(stderr, /the disk is full/);
  const [error, bytes, header] = stdout.split('\n');
  t.is(JSON.parse(error).kind, 'error');
  t.true(Number(bytes) > 30_000);
  t.is(JSON.parse(header).kind, 'header');
});

testOnce('a reader that closes its pipe, and closed standard streams', async (t) => {
  for (const face of ['--plain', '--json']) {
    const {stdout, stderr} = await shell(`{ ${words(face, '-i', '0.1')}; echo "code $?" >&2; } | head -n 1`);
    t.is(stdout.split('\n').length, 2);
    t.is(stderr, 'code 0\n');
  }
  for (const closed of ['<&-', '>&-', '2>&-', '2>/dev/full', '<&- >&- 2>&-'])
    t.is((await shell(`${words('--json', '-d', '0.2')} ${closed}`)).code, 0, closed);
  t.is((await shell(`${words('--no-such-flag')} 2>&-`)).code, 2);
});

testOnce('recordings that are none: one line, exit code 2; cut off: up to the last whole line', async (t) => {
  const place = folder(t);
  const good = ran(t, await runToEnd(kstop('--json', '-d', '1', '-i', '0.2', '--sched-warn', '100')));
  const text = `${good.map((object) => JSON.stringify(object)).join('\n')}\n`;
  const packed = gzipSync(text);
  const damaged = Buffer.from(packed);
  damaged.fill(0x55, packed.length >> 1, (packed.length >> 1) + 20);
  const newer = JSON.stringify({...good[0], schema: 2});
  const bad: [name: string, data: string | Buffer, says: RegExp][] = [
    ['empty', '', /empty/],
    ['text', 'this is no recording\n', /./],
    ['binary', Buffer.from([0, 1, 2, 255, 10]), /./],
    ['newer', `${newer}\n`, /schema|newer/],
    ['corrupt', `${text.slice(0, text.indexOf('\n') + 1)}{"kind":"sample"}\n`, /./],
    ['damaged.gz', damaged, /./],
  ];
  for (const [name, data, says] of bad) {
    writeFileSync(join(place, name), data);
    for (const face of ['--plain', '--json'])
      refused(t, await runToEnd(kstop('replay', join(place, name), face)), 2, says);
  }
  refused(t, await runToEnd(kstop('replay', join(place, 'none'))), 2, /no such file/);
  refused(t, await runToEnd(kstop('replay', place)), 2, /folder/);
  for (const [name, data] of [
    ['cut', text.slice(0, -20)],
    ['cut.gz', packed.subarray(0, packed.length - 40)],
  ] as const) {
    writeFileSync(join(place, name), data);
    const {code, stdout, stderr} = await runToEnd(kstop('replay', join(place, name), '--json'));
    t.is(code, 0, stderr);
    t.true(
      objects(stdout).some(({kind}) => kind === 'error'),
      'the stream says so',
    );
    t.is(objects(stdout).at(-1)?.kind, 'summary');
  }
});

const inMounts = (script: string) => runToEnd(['unshare', '-m', 'sh', '-c', script]);

testUnless(costly ?? lacks('unshare'), 'without BTF: 77 and one line; without tracefs it runs', async (t) => {
  const run = words('--json', '-d', '0.3');
  const without = await inMounts(`mount -t tmpfs none /sys/kernel/btf && ${run} --probes sched,block`);
  // Some distributions keep a copy of the kernel's image with its type information in /boot.
  if (without.code === 0) t.log('type information from another place');
  else {
    refused(t, without, 77, /BTF/);
    t.deepEqual(kinds(without.stdout), ['error']);
  }
  ran(t, await inMounts(`mount -t tmpfs none /sys/kernel/tracing; mount -t tmpfs none /sys/kernel/debug; ${run}`));
});

testUnless(
  costly ?? lacks('unshare'),
  'without pressure files, cgroup mounts or /proc it tells less, and runs',
  async (t) => {
    const run = words('--json', '-d', '0.3');
    const sampleOf = (all: StreamObject[]) => all.findLast((object) => object.kind === 'sample');
    const quiet = ran(t, await inMounts(`[ ! -d /proc/pressure ] || mount -t tmpfs none /proc/pressure; ${run}`));
    t.is(sampleOf(quiet)?.pressure, undefined);
    ran(t, await inMounts(`umount -R -l /sys/fs/cgroup; ${run}`));
    refused(t, await inMounts(`umount -R -l /sys/fs/cgroup; ${run} --cgroup /x`), 2, /no cgroup v2 hierarchy/);
    const bare = ran(t, await inMounts(`mount -t tmpfs none /proc; ${run}`));
    t.is(sampleOf(bare)?.self.rss_bytes, undefined);
  },
);

testUnless(costly ?? lacks('unshare'), 'filters that another namespace makes wrong are refused', async (t) => {
  const pids = await runToEnd(['unshare', '-p', '-f', '--mount-proc', ...kstop('--plain', '-d', '0.3', '-p', '1')]);
  refused(t, pids, 2, /--pid: [^\n]*PID namespace/);
  ran(t, await runToEnd(['unshare', '-p', '-f', '--mount-proc', ...kstop('--json', '-d', '0.3')]));
  if (!unified()) return;
  refused(t, await runToEnd(['unshare', '-C', ...kstop('--plain', '-d', '0.3', '--cgroup', '/')]), 2, /namespace/);
});

testUnless(lacks('capsh'), 'capabilities: two are enough; each lack is named', async (t) => {
  const drop = (list: string, ...args: string[]) =>
    runToEnd(['capsh', `--drop=${list}`, '--', '-c', words(...args, '-d', '0.3')]);
  const paranoid = Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8'));
  const two = 'cap_sys_admin,cap_syslog,cap_dac_read_search,cap_sys_resource';
  let ended = await drop(two, '--json');
  // Where what BPF takes counts as locked memory (before 5.11), its limit is one more thing to have.
  if (ended.stderr.includes('locked memory')) {
    refused(t, ended, 77, /limit of locked memory [^\n]*\(ulimit -l unlimited/);
    ended = await shell(`ulimit -l unlimited; capsh --drop=${two} -- -c ${quote(words('--json', '-d', '0.3'))}`);
  }
  for (const object of ran(t, ended))
    if (object.kind === 'header')
      for (const {id, state, reason} of object.probes) {
        // Debian's kernels keep perf events for CAP_SYS_ADMIN at levels that mainline doesn't know.
        const byLevel = reason?.includes('perf_event: EACCES') && paranoid > 2;
        t.true(state !== 'unavailable' || byLevel, `${id}: ${reason}`);
      }
  // What comes from files needs neither, and would run.
  const programs = ['--probes', 'sched,block,oom'];
  refused(t, await drop('cap_sys_admin,cap_perfmon', '--plain', ...programs), 77, /CAP_PERFMON/);
  const none = await drop('cap_sys_admin,cap_bpf', '--json', ...programs);
  refused(t, none, 77, /CAP_BPF/);
  t.deepEqual(kinds(none.stdout), ['error']);
});

testOnce('too few descriptors or no locked memory: what can run runs, and the rest says why', async (t) => {
  ran(t, await shell(`ulimit -l 0; ${words('--json', '-d', '0.3')}`));
  for (let files = 24; files <= 72; files += 6) {
    const {code, stdout, stderr} = await shell(`ulimit -n ${files}; ${words('--json', '-d', '0.3')}`);
    t.true(code === 0 || code === 77, `${files}: ${code} ${stderr}`);
    if (code === 77) t.regex(stderr, ONE_LINE);
    else {
      t.is(stderr, '', `${files}`);
      t.is(objects(stdout).at(-1)?.kind, 'summary');
    }
  }
});

testOnce("the user's environment changes nothing", async (t) => {
  const odd = {TZ: 'No/Such_Zone', LANG: 'C', LC_ALL: 'C', TERM: '', COLUMNS: '-1', SUDO_UID: 'x', SUDO_GID: '-5'};
  ran(t, await runToEnd(kstop('--json', '-d', '0.2'), environment(odd)));
  ran(t, await runToEnd(['env', '-i', ...kstop('--json', '-d', '0.2')]));
  const library = await runToEnd(kstop('--plain', '-d', '0.2'), environment({KSTOP_LIB: '/no/such/lib.so'}));
  refused(t, library, 1, /\/no\/such\/lib\.so was not found/);
});

testUnless(costly, 'a program that the kernel refuses, or a broken object, stops nothing else', async (t) => {
  const place = join(folder(t), 'dist');
  mkdirSync(place);
  t.is(spawnSync('cp', ['-a', ...['libkstop.so', 'bpf'].map((name) => join(DIST, name)), place]).status, 0);
  writeFileSync(join(place, 'bpf/block.bpf.o'), readFileSync(join(place, 'bpf/block.bpf.o')).subarray(0, 1000));
  writeFileSync(join(place, 'bpf/oom.bpf.o'), '');
  const env = environment({KSTOP_LIB: join(place, 'libkstop.so')});
  const [header] = ran(t, await runToEnd(kstop('--json', '-d', '0.3'), env));
  if (header.kind !== 'header') throw new Error('no header');
  for (const {id, state, reason} of header.probes) {
    t.log(`${id}: ${state} ${reason ?? ''}`);
    const broken = id === 'block' || id === 'oom';
    t.is(state === 'unavailable', broken, id);
    if (broken) t.regex(reason ?? '', /\.bpf\.o: /);
  }
  const check = kstop('--json', '-d', '0.3', '--check', '--sched-warn', '60000000');
  t.is((await runToEnd(check, env)).code, 4, 'and --check tells');
});

testOnce('a process named with escapes, newlines and broken UTF-8 reaches no terminal as it is', async (t) => {
  // ESC [ 2 J, newline, a lone continuation byte, quotes, a bidi override; 15 bytes at most.
  const name = Buffer.from('1b5b324a0a22ff80e280ae5c', 'hex').toString('latin1');
  const script = `import ctypes, time
ctypes.CDLL(None).prctl(15, ${JSON.stringify(name)}.encode('latin-1'), 0, 0, 0)
end = time.monotonic() + 60
while time.monotonic() < end: pass`;
  const python = lacks('python3');
  if (python) {
    t.log(python);
    t.pass();
    return;
  }
  const hostile = ['taskset', '-c', String(cpu), 'python3', '-c', script];
  const loads = [new Process(t, hostile), new Process(t, hostile)];
  const renamed = ({pid}: Process) => readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('\x1b');
  await until(() => loads.every(renamed), 10_000 * SLOW, 'two of that name');
  const [json, plain] = [
    await runToEnd(kstop('--json', '-d', '1', '--sched-warn', '500')),
    await runToEnd(kstop('--plain', '-d', '1', '--sched-warn', '500')),
  ];
  const events = ran(t, json).filter((object) => object.kind === 'event');
  t.true(
    events.some(({pid}) => loads.some((load) => load.pid === pid)),
    'they were seen',
  );
  for (const each of events) if (each.pid === loads[0].pid) t.regex(each.comm ?? '', /^\u001b\[2J\n"/);
  t.false(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(plain.stdout), 'nothing a terminal acts on');
  t.true(plain.stdout.includes('\\x1b[2J\\n"'));
  for (const line of plain.stdout.split('\n').filter((each) => /SCHED_LATENCY {4}cpu/.test(each)))
    t.regex(line, /^\d\d:\d\d:\d\d\.\d{3} SCHED_LATENCY .*latency=/);
});

testOnce('under a filter, retransmits are not held against all segments sent', async (t) => {
  const load = await startLoad(t, 'worker', [1, cpu]);
  const all = ran(t, await runToEnd(kstop('--json', '-d', '0.5', '-p', String(load.pid))));
  const names = all.flatMap((object) => (object.kind === 'sample' ? object.counters.map(({name}) => name) : []));
  t.true(names.includes('hits'));
  t.false(names.includes('tcp_sent_segments'));
});
