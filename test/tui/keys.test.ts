import test from 'ava';
import type {Key} from 'ink';
import {F1, keyNames, matchKey, rowsFor} from '../../src/tui/keys/match.ts';
import {InputFilter} from '../../src/tui/keys/stdin.ts';
import {KEYS, type Where} from '../../src/tui/keys/table.ts';

const NONE = {} as Key;
const WHERES: Where[] = [
  'tiles',
  'heatmap',
  'events',
  'list',
  'canvas',
  'help',
  'threshold',
  'probes',
  'filter',
  'pid',
  'trace',
  'small',
];

const CONTEXTS = [false, true].flatMap((replay) =>
  ([undefined, 'process', 'container', 'traces'] as const).map((drilled) => ({replay, drilled})),
);

function commandOf(name: string, where: Where = 'events', replay = false): string | undefined {
  const match = matchKey(name, {where, replay});
  if (!match) return undefined;
  return 'command' in match ? match.command : `unavailable ${match.unavailable.command}`;
}

test('letters that arrive in one read are keys one after the other', (t) => {
  t.deepEqual(keyNames('jjk', NONE), ['j', 'j', 'k']);
  t.deepEqual(keyNames('x\t \x1a', NONE), ['x', 'tab', 'space', 'ctrl+z']);
  t.deepEqual(keyNames('c', {ctrl: true} as Key), ['ctrl+c']);
  t.deepEqual(keyNames('', {tab: true, shift: true} as Key), ['shift+tab']);
  t.deepEqual(keyNames('', {upArrow: true} as Key), ['up']);
  t.deepEqual(keyNames(F1, NONE), ['f1']);
});

test('what was not typed as a key gives none', (t) => {
  t.deepEqual(keyNames('q', {meta: true} as Key), []);
  t.deepEqual(keyNames('the quick brown fox quits', NONE), []);
  t.deepEqual(keyNames('j'.repeat(30), NONE).length, 30);
  t.is(commandOf('Q'), undefined);
});

test('the same key means what fits where it is pressed', (t) => {
  t.is(commandOf('space'), 'pause');
  t.is(commandOf('space', 'events', true), 'play-pause');
  t.is(commandOf('?'), 'help');
  t.is(commandOf('?', 'help'), 'close');
  t.is(commandOf('left', 'tiles'), 'left');
  t.is(commandOf('left', 'tiles', true), 'seek-back');
  t.is(commandOf('left', 'events', true), 'seek-back');
  t.is(commandOf('left', 'events'), 'unavailable seek-back');
  t.is(commandOf('x', 'tiles', true), 'unavailable toggle');
  t.is(commandOf(',', 'tiles'), 'unavailable step-back');
  t.is(commandOf('c', 'small'), undefined);
  for (const where of WHERES) t.is(commandOf('ctrl+c', where), 'quit');
  t.is(commandOf('q', 'threshold'), undefined);
  t.is(commandOf('q', 'help'), 'quit');
  for (const key of ['q', '1', 'space', '?', 'x', '/']) t.is(commandOf(key, 'filter'), undefined);
  t.is(commandOf('escape'), undefined);
  t.deepEqual(matchKey('escape', {where: 'list', replay: false, drilled: 'process'}), {command: 'back'});
});

test('no key has two meanings in one place, and every row is reachable', (t) => {
  for (const where of WHERES) {
    for (const context of CONTEXTS) {
      const keys = rowsFor({where, ...context}).flatMap((row) => row.keys);
      t.deepEqual(
        keys.filter((key, i) => keys.indexOf(key) !== i),
        [],
      );
    }
  }
  for (const row of KEYS) {
    const places = WHERES.flatMap((where) => CONTEXTS.flatMap((context) => rowsFor({where, ...context})));
    t.true(places.includes(row), row.command);
  }
});

test('reports of the mouse go their own way, also in pieces, and never become keys', (t) => {
  const reports: unknown[] = [];
  const filter = new InputFilter((report) => reports.push(report));
  t.is(filter.push('a\x1b[<0;10;5Mb\x1b[<0;10;5mc'), 'abc');
  t.is(filter.push('\x1b[<64;1'), '');
  t.is(filter.push('00;2'), '');
  t.is(filter.push('0Mj'), 'j');
  t.deepEqual(reports, [
    {button: 0, x: 9, y: 4, pressed: true},
    {button: 0, x: 9, y: 4, pressed: false},
    {button: 64, x: 99, y: 19, pressed: true},
  ]);
  t.is(filter.push('\x1b[<16;1;1M'), '');
  t.like(reports.at(-1), {button: 0});
  const {length} = reports;
  t.is(filter.push(`\x1b[<${'9'.repeat(1000)}M`), '');
  t.is(filter.push('\x1b[<M\x1b[<1;2M\x1b[<1;2;3;4M'), '');
  t.is(filter.push('\x1b[<1;2q\x1b[<1\x1b[A'), 'q\x1b[A');
  t.is(reports.length, length);
  t.is(filter.push('\x1b[200~\x1b[<0;1;1M\x1b[201~'), '\x1b[200~<0;1;1M\x1b[201~');
  t.is(reports.length, length);
});

test('mouse reports and endless pastes are taken out of the input', (t) => {
  const filter = new InputFilter();
  t.is(filter.push('a\x1b[M !!b'), 'a\x1b[Mb');
  t.is(filter.push('\x1b['), '\x1b[');
  t.is(filter.push('M q'), 'M');
  t.is(filter.push('qx'), 'x');
  t.is(filter.push('\x1bOP\x1b[11~'), F1 + F1);
  t.is(filter.push('\x1b[200~q\r\x1b[M\x1bOPx\x1b[201~j'), '\x1b[200~qMOPx\x1b[201~j');
  t.is(filter.push(`\x1b[200~${'q'.repeat(10_000)}`).length, 6 + 4096);
  t.is(filter.push('qq\x1b[20'), '');
  t.is(filter.push('\x03'), '\x1b[201~\x03');
  t.is(filter.push('q'), 'q');
});
