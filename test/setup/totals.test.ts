import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {FakeClone, run} from './fake-clone.ts';

/** Runs bin/test over a stand-in for AVA that prints this TAP and ends with this status. */
function runOver(t: ExecutionContext, tap: string, status: number, group = 'unit') {
  const clone = new FakeClone(t);
  clone.write('bin/setup', '#!/bin/sh\nexit 0\n', 0o755);
  clone.write('test/model/a.test.ts', '');
  clone.write('tap', tap);
  clone.remove('node_modules/.bin/node');
  clone.write('node_modules/.bin/node', `#!/bin/sh\ncat tap\necho trouble >&2\nexit ${status}\n`, 0o755);
  const ran = run(join(clone.path, 'bin/test'), [group]);
  return {...ran, last: ran.stdout.trimEnd().split('\n').at(-1)};
}

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

test('a failed test is shown in full', (t) => {
  const tap = 'ok 1 - a › one\nnot ok 2 - a › two\n  ---\n    message: wrong\n  ...\n\n1..2\n';
  const {status, last, stdout} = runOver(t, tap, 1);
  t.is(status, 1);
  t.is(last, '2 passed, 1 failed');
  t.regex(stdout, /FAIL {2}a › two\n(.*\n)*.*message: wrong/);
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
