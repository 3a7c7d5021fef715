import {chmodSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test from 'ava';
import {bpftraceEnvironment} from '../../../src/trace/run/environment.ts';
import {findBpftrace} from '../../../src/trace/run/find.ts';
import {findSupervisor} from '../../../src/trace/run/supervise.ts';
import {parseVersion} from '../../../src/trace/version.ts';
import {folder, standIn} from './stand-in.ts';

const SOMEBODY = 1000;
const find = (places: string[], timeoutS = 10) =>
  findBpftrace({places, uid: SOMEBODY, supervisor: findSupervisor(), timeoutS});

test('a stand-in that tells its version is found; what is too old or broken is passed over', async (t) => {
  const good = standIn(t, 'echo "bpftrace v0.21.2"');
  const old = standIn(t, 'echo "bpftrace v0.9.4"');
  const broken = standIn(t, 'exit 3');
  const found = await find(['/nonexistent', ...[broken, old, good].map(dirname)]);
  t.like(found, {path: good, version: {text: '0.21.2', major: 0, minor: 21}});
});

const BAD: [what: string, script: string, missing: RegExp, remedy: RegExp][] = [
  ['too old', 'echo "bpftrace v0.16.3"', /is 0\.16\.3, too old$/, /0\.17 or newer/],
  ['of no version', 'echo hello', /tells no version$/, /install/],
  ['failing', 'exit 127', /ends with status 127$/, /install/],
  ['killed', 'kill -9 $$', /was killed by SIGKILL$/, /install/],
  ['hanging', 'trap "" INT TERM; sleep 1000', /doesn't answer within 1 s$/, /install/],
  ['flooding', 'exec yes', /doesn't answer within 1 s$/, /install/],
];
for (const [what, script, missing, remedy] of BAD)
  test(`a stand-in that is ${what} will not do`, async (t) => {
    const path = standIn(t, script);
    const found = await find([dirname(path)], 1);
    t.true('missing' in found);
    if (!('missing' in found)) return;
    t.regex(found.missing, missing);
    t.regex(found.remedy, remedy);
  });

test('none is there, or no supervisor', async (t) => {
  const empty = folder(t);
  mkdirSync(join(empty, 'bpftrace'));
  t.like(await find([empty]), {missing: 'bpftrace is not installed'});
  const broken = folder(t);
  symlinkSync('nowhere', join(broken, 'bpftrace'));
  t.like(await find([broken]), {missing: 'bpftrace is not installed'});
  const plain = folder(t);
  writeFileSync(join(plain, 'bpftrace'), '', {mode: 0o644});
  t.like(await find([plain]), {missing: 'bpftrace is not installed'});
  t.like(await findBpftrace({supervisor: ''}), {remedy: 'run bin/setup'});
});

test('root runs nothing that others could change', async (t) => {
  const path = standIn(t, 'echo "bpftrace v0.21.0"');
  chmodSync(path, 0o777);
  const found = await findBpftrace({places: [dirname(path)], uid: 0});
  t.true('missing' in found);
  if ('missing' in found)
    t.regex(found.missing, /^bpftrace isn't run: \S+ (?:can be written by others|doesn't belong to root)$/);
});

test('versions', (t) => {
  t.like(parseVersion('bpftrace v0.17.0\n'), {major: 0, minor: 17, text: '0.17.0'});
  t.like(parseVersion('bpftrace 0.24.1'), {major: 0, minor: 24});
  t.like(parseVersion('bpftrace v0.18.0-dirty'), {text: '0.18.0'});
  t.like(parseVersion('bpftrace v1.2'), {major: 1, minor: 2, text: '1.2'});
  for (const none of ['', 'v0.17.0', 'bpftrace', 'bpftrace vX', `bpftrace v${'9'.repeat(30)}.1`])
    t.is(parseVersion(none), undefined, none);
});

test('settings have the names that the version knows', (t) => {
  const of = (text: string, strlen: number, cpus: number) =>
    bpftraceEnvironment(parseVersion(`bpftrace v${text}`)!, strlen, '/run/x', cpus);
  t.deepEqual(of('0.17.0', 250, 2), {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/nonexistent',
    TMPDIR: '/run/x',
    LC_ALL: 'C',
    BPFTRACE_STRLEN: '200',
    BPFTRACE_MAP_KEYS_MAX: '10000',
    BPFTRACE_PERF_RB_PAGES: '1024',
  });
  t.like(of('0.20.1', 250, 6), {
    BPFTRACE_MAX_STRLEN: '200',
    BPFTRACE_MAX_MAP_KEYS: '10000',
    BPFTRACE_PERF_RB_PAGES: '512',
  });
  t.like(of('0.24.0', 250, 256), {BPFTRACE_MAX_STRLEN: '250', BPFTRACE_PERF_RB_PAGES: undefined});
  t.like(of('0.17.0', 64, 512), {BPFTRACE_STRLEN: '64', BPFTRACE_PERF_RB_PAGES: '64'});
});
