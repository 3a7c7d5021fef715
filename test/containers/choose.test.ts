import test from 'ava';
import {chooseContainer, type Placed} from '../../src/containers/choose.ts';

const A = `abcd${'1'.repeat(60)}`;
const B = `abce${'2'.repeat(60)}`;
const C = `0f0f${'3'.repeat(60)}`;

const web: Placed = {container: {id: A, name: 'web', pod: 'shop-0', namespace: 'prod'}, cgroup: '/a'};
const twin: Placed = {container: {id: B, name: 'web', pod: 'shop-1', namespace: 'prod'}, cgroup: '/b'};
const db: Placed = {container: {id: C, name: 'db'}, cgroup: '/c'};
const pause: Placed = {container: {id: '9'.repeat(64), pod: 'shop-0', namespace: 'prod'}, cgroup: '/p'};
const all = [web, twin, db, pause];

const chosen = (wanted: string, among: readonly Placed[] = all): string => {
  const found = chooseContainer(wanted, among);
  return 'cgroup' in found ? found.cgroup : `${found.why} (${found.remedy})`;
};

test('by name, pod/name, namespace/pod/name, id, and as much of an id as is only one', (t) => {
  t.is(chosen('db'), '/c');
  t.is(chosen('shop-1/web'), '/b');
  t.is(chosen('prod/shop-0/web'), '/a');
  t.is(chosen(A), '/a');
  t.is(chosen('abcd'), '/a');
  t.is(chosen(B.slice(0, 12)), '/b');
});

test('the surer way wins: an id over a name, a name over the begin of an id', (t) => {
  const named = {container: {id: 'z'.repeat(64), name: 'abcd'}, cgroup: '/n'};
  t.is(chosen('abcd', [web, named]), '/n');
  t.is(chosen(A, [web, {container: {id: 'y', name: A}, cgroup: '/y'}]), '/a');
});

test('what could be several is no choice, and says which', (t) => {
  t.is(
    chosen('web'),
    "'web' may be prod/shop-0/web (abcd11111111), prod/shop-1/web (abce22222222) " +
      '(give more of its name (namespace/pod/name) or of its id)',
  );
  const ids = [A, B].map((id, i) => ({container: {id: `${A.slice(0, 8)}${id}`}, cgroup: `/${i}`}));
  t.regex(chosen('abcd1', ids), /^'abcd1' may be abcd1111abcd1+, abcd1111abce2+ \(/);
  const same = [
    {container: {id: 'box'}, cgroup: '/default/box'},
    {container: {id: 'box'}, cgroup: '/k8s.io/box'},
  ];
  t.is(chosen('box', same), "'box' may be box, box (name its cgroup: --cgroup /default/box)");
});

test('what is not there: what is, and what to do', (t) => {
  t.is(
    chosen('wbe', [web, db]),
    "'wbe' is none of the containers here: prod/shop-0/web (abcd11111111), db (0f0f33333333) " +
      '(give the name, pod/name or id of one that runs, or its cgroup with --cgroup PATH)',
  );
  t.regex(chosen('x', []), /^no container is to be seen here \(/);
  t.is(chosen('shop-0'), "'shop-0' is a pod, of prod/shop-0/web (abcd11111111) (give one of them as pod/name)");
  t.is(chosen('0f0'), "no container is called '0f0' (give 4 characters of an id at least)");
});

test('however many and whatever they are called, the sentence is short and shows what is in it', (t) => {
  const many = Array.from({length: 100}, (_, i) => ({
    container: {id: `${i}`.padStart(64, '0'), name: `n${i}\x1b[2J${'x'.repeat(1000)}`},
    cgroup: `/${i}`,
  }));
  const said = chosen(`\n${'y'.repeat(10_000)}`, many);
  t.true(said.length < 1500);
  t.notRegex(said, /[\x00-\x1f]/);
  t.regex(said, / and 94 more /);
});
