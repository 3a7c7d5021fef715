import test from 'ava';
import type {Key} from 'ink';
import {F1, keyNames, matchKey, rowsFor} from '../../src/tui/keys/match.ts';
import {InputFilter} from '../../src/tui/keys/stdin.ts';
import {KEYS, type Where} from '../../src/tui/keys/table.ts';

const NONE = {} as Key;
const WHERES: Where[] = ['tiles', 'heatmap', 'events', 'help', 'threshold', 'small'];

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
  t.is(commandOf('left', 'events'), undefined);
  t.is(commandOf('x', 'tiles', true), 'unavailable toggle');
  t.is(commandOf(',', 'tiles'), 'unavailable step-back');
  t.is(commandOf('c', 'small'), undefined);
  for (const where of WHERES) t.is(commandOf('ctrl+c', where), 'quit');
  t.is(commandOf('q', 'threshold'), undefined);
  t.is(commandOf('q', 'help'), 'quit');
});

test('no key has two meanings in one place, and every row is reachable', (t) => {
  for (const where of WHERES) {
    for (const replay of [false, true]) {
      const keys = rowsFor({where, replay}).flatMap((row) => row.keys);
      t.deepEqual(
        keys.filter((key, i) => keys.indexOf(key) !== i),
        [],
      );
    }
  }
  for (const row of KEYS) {
    const places = WHERES.flatMap((where) => [...rowsFor({where, replay: false}), ...rowsFor({where, replay: true})]);
    t.true(places.includes(row), row.command);
  }
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
