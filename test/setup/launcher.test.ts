import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {FakeClone, run} from './fake-clone.ts';

const SETUP_THAT_TELLS = '#!/bin/sh\necho building\ntouch "$(dirname "$0")/../dist/.stamp"\n';

test('passes the arguments on, from any directory', (t) => {
  const clone = new FakeClone(t);
  const {status, stdout} = run(clone.launcher, ['replay', 'a b', '', '--json'], {cwd: '/usr/lib'});
  t.is(status, 0);
  t.deepEqual(JSON.parse(stdout), {
    args: ['replay', 'a b', '', '--json'],
    cwd: '/usr/lib',
    script: join(clone.path, 'dist/kstop.mjs'),
  });
});

test('follows absolute, relative and chained symlinks', (t) => {
  const clone = new FakeClone(t);
  const links = join(clone.path, 'links');
  mkdirSync(join(links, 'deep'), {recursive: true});
  symlinkSync(clone.launcher, join(links, 'absolute'));
  symlinkSync('../../bin/kstop', join(links, 'deep/relative'));
  symlinkSync('deep/relative', join(links, 'chained'));
  symlinkSync('../bin', join(links, 'folder'));
  for (const name of ['absolute', 'deep/relative', 'chained', 'folder/kstop']) {
    const {status, stdout} = run(join(links, name), ['x']);
    t.is(status, 0, name);
    t.deepEqual(JSON.parse(stdout).args, ['x'], name);
  }
});

test("takes nothing over that the user's own Node programs are started with", (t) => {
  const clone = new FakeClone(t);
  for (const options of ['--no-such-flag', `--require=${join(clone.path, 'missing.js')}`]) {
    const {status, stderr} = run(clone.launcher, [], {env: {...process.env, NODE_OPTIONS: options}});
    t.is(status, 0, stderr);
  }
});

test('a low limit of open files is raised where it may be', (t) => {
  const clone = new FakeClone(t);
  clone.write('dist/kstop.mjs', 'console.log(process.report.getReport().userLimits.open_files.soft);');
  const {stdout} = run('sh', ['-c', 'ulimit -S -n 20; exec "$0"', clone.launcher]);
  t.true(stdout.trim() === 'unlimited' || Number(stdout) >= 1024, stdout);
  const {status, stderr} = run('setpriv', [
    '--bounding-set=-sys_resource',
    'sh',
    '-c',
    'ulimit -n 20; exec "$0"',
    clone.launcher,
  ]);
  t.is(status, 1);
  t.regex(stderr, /^kstop: open files: [^\n]+\n$/);
});

test("starts under sudo's reset PATH, through PATH, and as `sh kstop`", (t) => {
  const clone = new FakeClone(t);
  const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
  t.is(run('env', ['-i', `PATH=${PATH}`, clone.launcher]).status, 0);
  t.is(run('env', ['-i', `PATH=${join(clone.path, 'bin')}:${PATH}`, 'kstop']).status, 0);
  t.is(run('sh', ['kstop'], {cwd: join(clone.path, 'bin')}).status, 0);
});

test('starts at once when the build is newer than every source', (t) => {
  const clone = new FakeClone(t);
  clone.write('bin/setup', '#!/bin/sh\nexit 9\n', 0o755);
  clone.remove('node_modules/.bin/node');
  clone.write('node_modules/.bin/node', '#!/bin/sh\n', 0o755);
  const least = (program: string, args: string[]): number => {
    const times = Array.from({length: 7}, () => {
      const start = performance.now();
      t.is(run(program, args).status, 0);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  // A few processes' worth, beside whatever else runs on the machine.
  const [launched, shell] = [least(clone.launcher, []), least('/bin/sh', ['-c', ':'])];
  t.true(launched < 25 * shell, `${launched} ms, a shell ${shell} ms`);
});

for (const source of ['src/cli/main.ts', 'bpf/sched.bpf.c', 'native/load.c', 'package-lock.json', 'build.mjs']) {
  test(`sets up again when ${source} is newer than the build`, (t) => {
    const clone = new FakeClone(t);
    clone.write('bin/setup', SETUP_THAT_TELLS, 0o755);
    clone.age(source, -120);
    const {status, stdout, stderr} = run(clone.launcher, []);
    t.is(status, 0);
    t.is(stderr, 'building\n');
    t.is(JSON.parse(stdout).cwd, '/', 'only the program writes to stdout');
  });
}

test('sets up when there is no build or no Node', (t) => {
  for (const missing of ['dist', 'dist/.stamp', 'dist/kstop.mjs', 'node_modules']) {
    const clone = new FakeClone(t);
    clone.write('bin/setup', '#!/bin/sh\nexit 3\n', 0o755);
    clone.remove(missing);
    t.deepEqual(run(clone.launcher, []), {status: 1, stdout: '', stderr: ''}, missing);
  }
});

test('generated files and editor files are no reason to set up', (t) => {
  const clone = new FakeClone(t);
  clone.write('bin/setup', '#!/bin/sh\nexit 9\n', 0o755);
  clone.write('src/cli/.main.ts.swp', '');
  clone.age('src/cli/.main.ts.swp', -120);
  clone.age('src/native/wire.gen.ts', -120);
  t.is(run(clone.launcher, []).status, 0);
});
