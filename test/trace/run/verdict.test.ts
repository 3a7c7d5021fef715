import test from 'ava';
import {parseReport} from '../../../src/trace/run/supervise.ts';
import {type Facts, judge} from '../../../src/trace/run/verdict.ts';

const GOOD: Facts = {ending: {how: 'exit', code: 0}, causes: [], attached: true, mapsMissing: false, startMs: 60_000};

const CASES: [what: string, facts: Partial<Facts>, state: string, reason?: RegExp][] = [
  ['the time was over', {causes: ['time']}, 'done'],
  ['the script ended by itself', {}, 'done'],
  ['the user stopped it', {causes: ['user']}, 'stopped'],
  ['kstop ended', {causes: ['quit'], ending: {how: 'signal', signal: 'SIGKILL'}}, 'stopped', /kstop ended/],
  ['it never attached', {attached: false}, 'failed', /without attaching/],
  ['it never attached, and says why', {attached: false, complaint: 'no probes'}, 'failed', /^no probes$/],
  ['it failed', {ending: {how: 'exit', code: 1}}, 'failed', /status 1/],
  ['it failed while it was ended', {causes: ['time'], ending: {how: 'exit', code: 1}, complaint: 'x'}, 'failed', /^x$/],
  ['it crashed at its end', {causes: ['time'], ending: {how: 'signal', signal: 'SIGSEGV'}}, 'failed', /SIGSEGV/],
  ['it was killed with its maps', {causes: ['time', 'stuck'], mapsMissing: true}, 'failed', /was killed/],
  ['the limit', {ending: {how: 'limit'}}, 'failed', /limit/],
  ['the supervisor was killed', {ending: {how: 'lost', why: 'killed by SIGKILL'}}, 'failed', /^kstop-supervise killed/],
];
for (const [what, facts, state, reason] of CASES)
  test(`how a trace ended: ${what}`, (t) => {
    const verdict = judge({...GOOD, ...facts});
    t.is(verdict.state, state as typeof verdict.state);
    if (reason) t.regex(verdict.reason ?? '', reason);
    else t.is(verdict.reason, undefined);
  });

test('the supervisor’s report', (t) => {
  t.deepEqual(parseReport('exit 3\n'), {how: 'exit', code: 3});
  t.deepEqual(parseReport('signal 11\n'), {how: 'signal', signal: 'SIGSEGV'});
  t.deepEqual(parseReport('signal 64\n'), {how: 'signal', signal: 'signal 64'});
  t.deepEqual(parseReport('limit\n'), {how: 'limit'});
  t.deepEqual(parseReport('error 2 exec\n'), {how: 'refused', why: 'exec: ENOENT'});
  t.is(parseReport(''), undefined);
});
