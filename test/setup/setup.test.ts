import {accessSync, constants, mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {FakeClone, run} from './fake-clone.ts';

const root = process.getuid?.() === 0;
const debian = executable('/usr/bin/apt-get');

/** A PATH on which only these commands are found. */
function onlyThese(clone: FakeClone, commands: string[]): string {
  const folder = join(clone.path, 'only');
  mkdirSync(folder);
  for (const command of commands) {
    const found = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((dir) => join(dir, command)).find(executable);
    if (found) symlinkSync(found, join(folder, command));
  }
  return folder;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const BASICS =
  'sh cat chown cmp cut dirname env find flock getent grep id mkdir mktemp mv readlink rm sed stat tail touch tr';

test('without a package manager: one line that names the packages', (t) => {
  const clone = new FakeClone(t);
  clone.remove('dist');
  clone.remove('node_modules');
  const PATH = onlyThese(clone, BASICS.split(' '));
  const {status, stdout, stderr} = run(clone.launcher, [], {env: {PATH}});
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /^kstop: setup: missing: clang make .*npm: there is no apt-get here \(install .*\)\n$/);
  t.is(stderr.split('\n').length, 2);
});

(debian ? test : test.skip)('as an ordinary user: one line with the command for root (needs apt-get)', (t) => {
  const clone = new FakeClone(t);
  clone.remove('dist');
  clone.remove('node_modules');
  const PATH = onlyThese(clone, [...BASICS.split(' '), 'apt-get']);
  const command = ['env', `PATH=${PATH}`, clone.launcher];
  if (root) {
    run('chown', ['-R', '65534', clone.path]);
    command.unshift('/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups');
  }
  const {status, stderr} = run(command[0], command.slice(1));
  t.is(status, 1);
  t.regex(stderr, /^kstop: setup: missing: clang .*: only root can install them \(run: sudo .*bin\/setup, or: .*\)\n$/);
});

(root ? test : test.skip)('not built, in a clone of somebody else (needs root)', (t) => {
  const clone = new FakeClone(t);
  const as = (...command: string[]) =>
    run('/usr/bin/setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...command]);
  // The fake clone borrows this one's Node, which others can't reach below a private folder.
  if (as('/usr/bin/test', '-x', process.execPath).status === 0)
    t.is(as(clone.launcher).status, 0, 'built: anyone may run it');
  else t.log('other users cannot reach this clone: whether anyone may run it was not tried');
  clone.age('src/cli/main.ts', -120);
  const {status, stderr} = as(clone.launcher);
  t.is(status, 1);
  t.regex(stderr, /^kstop: setup: .* is not built for its present sources, and belongs to root \(run .*\)\n$/);
});

test('a clone that is set up is left alone', (t) => {
  const clone = new FakeClone(t);
  t.deepEqual(run(join(clone.path, 'bin/setup'), []), {status: 0, stdout: '', stderr: ''});
});

test('an unknown argument is bad usage', (t) => {
  const clone = new FakeClone(t);
  const {status, stderr} = run(join(clone.path, 'bin/setup'), ['--tset']);
  t.is(status, 2);
  t.regex(stderr, /^kstop: setup: unknown argument --tset \(usage: .*\)\n$/);
});
