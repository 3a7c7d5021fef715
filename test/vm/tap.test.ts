import test from 'ava';
import {count, parseTap} from './tap.ts';

const whole = `TAP version 13
ok 1 - oom › one kill is one event
#   1 event, oom_kill 1
ok 2 - oom › cgroup v1 # SKIP
not ok 3 - block › the owner is the submitter
  ---
    name: AssertionError
  ...
ok 4 - block › a device # SKIP no null_blk

1..4
# tests 4
# pass 1
# fail 1
`;

test('each test is counted once, with its reason and its lines', (t) => {
  const run = parseTap(whole);
  t.is(run.planned, 4);
  t.deepEqual(
    run.tests.map(({title, result}) => [title, result]),
    [
      ['oom › one kill is one event', 'passed'],
      ['oom › cgroup v1', 'skipped'],
      ['block › the owner is the submitter', 'failed'],
      ['block › a device: no null_blk', 'skipped'],
    ],
  );
  t.deepEqual([count(run, 'passed'), count(run, 'failed'), count(run, 'skipped')], [1, 1, 2]);
  t.deepEqual(run.tests[0]!.lines, ['#   1 event, oom_kill 1']);
  t.is(run.tests[2]!.lines.length, 3);
});

test('a stream that is cut off has no plan', (t) => {
  const run = parseTap(whole.slice(0, whole.indexOf('\n1..4')));
  t.is(run.planned, undefined);
  t.is(run.tests.length, 4);
});

test('an empty run has no tests', (t) => {
  t.deepEqual(parseTap('TAP version 13\n\n1..0\n'), {tests: [], planned: 0});
  t.deepEqual(parseTap(''), {tests: [], planned: undefined});
});
