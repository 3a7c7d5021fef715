import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {FakeClone, run} from './fake-clone.ts';

/** Runs bin/test over a stand-in for AVA that prints this TAP and ends with this status; `again`: when it runs once more. */
function runOver(t: ExecutionContext, tap: string, status: number, group = 'unit', again = {tap: '', status: 1}) {
  const clone = new FakeClone(t);
  clone.write('bin/setup', '#!/bin/sh\nexit 0\n', 0o755);
  clone.write('test/model/a.test.ts', '');
  clone.write('tap', tap);
  clone.write('tap-again', again.tap);
  clone.remove('node_modules/.bin/node');
  clone.write('node_modules/.bin/node', fake(status, again.status), 0o755);
  const ran = run(join(clone.path, 'bin/test'), [group]);
  return {...ran, last: ran.stdout.trimEnd().split('\n').at(-1)};
}

const fake = (status: number, again: number) => `#!/bin/sh
case $* in *--match=*) printf '%s\\n' "$*" >>asked; cat tap-again; exit ${again} ;; esac
cat tap
echo trouble >&2
exit ${status}
`;

test('passed tests', (t) => {
  const {status, last, stdout} = runOver(t, 'TAP version 13\nok 1 - a › one\nok 2 - a › two\n\n1..2\n', 0);
  t.is(status, 0);
  t.is(last, '3 passed, 0 failed');
  t.regex(stdout, /ok {4}a \(2\)/);
});

test('skipped tests and those to do are counted apart, with their reasons', (t) => {
  const tap = 'ok 1 - a › one\nok 2 - a › two (no QEMU) # SKIP\nok 3 - three # SKIP no root\nnot ok 4 - four # TODO\n';
  const {status, last, stdout} = runOver(t, tap, 0);
  t.is(status, 0);
  t.is(last, '2 passed, 0 failed, 3 skipped');
  t.regex(stdout, /Skipped:\n {3}a › two \(no QEMU\)\n {3}three: no root\n {3}four: to do\n/);
});

const ONE_FAILED = 'ok 1 - a › one\nnot ok 2 - a › two\n  ---\n    message: wrong\n  ...\n\n1..2\n';

test('a test that fails twice has failed, and is shown in full', (t) => {
  const {status, last, stdout} = runOver(t, ONE_FAILED, 1, 'unit', {tap: 'not ok 1 - two\n', status: 1});
  t.is(status, 1);
  t.is(last, '2 passed, 1 failed');
  t.regex(stdout, /FAIL {2}a › two\n(.*\n)*.*message: wrong/);
  t.regex(stdout, /\nFailed:\n {3}two\n/);
});

test('a test that passes when it runs once more has passed, and its failure is told', (t) => {
  const {status, last, stdout} = runOver(t, ONE_FAILED, 1, 'unit', {tap: 'ok 1 - two\n', status: 0});
  t.is(status, 0);
  t.is(last, '3 passed, 0 failed');
  t.regex(stdout, /\nFailed at first, and ran once more:\n {3}a › two\n(.*\n)*.*message: wrong/);
  t.notRegex(stdout, /\nFailed:/);
});

test('a test that was to run once more and did not has failed', (t) => {
  t.is(runOver(t, ONE_FAILED, 1, 'unit', {tap: '', status: 0}).last, '2 passed, 1 failed');
  t.is(runOver(t, ONE_FAILED, 1, 'unit', {tap: '', status: 1}).status, 1);
});

test('many failures are no accident: they stand as they are', (t) => {
  const tap = [1, 2, 3, 4].map((n) => `not ok ${n} - a › test ${n}\n`).join('');
  const {status, last, stdout} = runOver(t, tap, 1, 'unit', {tap: 'ok 1 - x\n'.repeat(4), status: 0});
  t.is(status, 1);
  t.is(last, '1 passed, 4 failed');
  t.notRegex(stdout, /once more/);
});

test('a failing status without a failed test is a failed test', (t) => {
  const {status, last, stdout} = runOver(t, 'TAP version 13\nok 1 - a › one\n', 134);
  t.is(status, 1);
  t.is(last, '2 passed, 1 failed');
  t.regex(stdout, /trouble/);
});

test('no output at all is a failed test', (t) => {
  const {status, last} = runOver(t, '', 1);
  t.is(status, 1);
  t.is(last, '1 passed, 1 failed');
});

test('one folder', (t) => {
  const {status, last} = runOver(t, 'ok 1 - one\n', 0, 'model');
  t.is(status, 0);
  t.is(last, '2 passed, 0 failed');
});

test('an unknown folder is bad usage', (t) => {
  const {status, stdout, stderr} = runOver(t, '', 0, 'modle');
  t.is(status, 2);
  t.is(stdout, '');
  t.regex(stderr, /^kstop: test: no such group, folder or test file: modle \(.*\)\n$/);
});
