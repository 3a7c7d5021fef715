import test from 'ava';
import fc from 'fast-check';
import {cutStart, cutText, fitText, sliceCells, textWidth} from '../../src/tui/text/cells.ts';

const plain = (line: string): string => line.replace(/\x1b\[[0-9;]*m/g, '');

test('wide characters take two cells, combining ones none', (t) => {
  t.is(textWidth('nginx'), 5);
  t.is(textWidth('名前'), 4);
  t.is(textWidth('e\u0301'), 1);
  t.is(textWidth('🔥x'), 3);
  t.is(textWidth('│░█⣿▶●'), 6);
  t.is(textWidth('한글'), 4);
});

test('cutting marks what is missing and never splits a wide character', (t) => {
  t.is(cutText('abcdef', 4), 'abc…');
  t.is(cutText('abcd', 4), 'abcd');
  t.is(cutText('名前です', 5), '名前…');
  t.is(cutText('名前です', 4), '名…');
  t.is(cutText('abc', 0), '');
  t.is(fitText('名前です', 6), '名前… ');
});

test('slicing keeps the style in force and replaces half of a wide character', (t) => {
  const line = '\x1b[0;1mab名\x1b[0;2mcd\x1b[m';
  t.is(sliceCells(line, 0, 2), '\x1b[0;1mab');
  t.is(sliceCells(line, 4, 2), '\x1b[0;2mcd');
  t.is(plain(sliceCells(line, 3, 3)), ' cd');
  t.is(plain(sliceCells(line, 0, 3)), 'ab ');
  t.is(sliceCells('ab', 1, 4), 'b   ');
  t.is(sliceCells('\x1b[1m\x1b[31mab\x1b[mc', 1, 2), '\x1b[1m\x1b[31mb\x1b[mc');
});

test('fitted and sliced texts take their width exactly', (t) => {
  const any = fc.string({unit: fc.constantFrom('a', '名', 'e\u0301', '🔥', ' ', '│'), maxLength: 30});
  fc.assert(
    fc.property(any, fc.nat(40), fc.nat(40), (text, start, width) => {
      t.is(textWidth(fitText(text, width)), width);
      t.is(textWidth(plain(sliceCells(`\x1b[0;1m${text}`, start, width))), width);
    }),
  );
});

test('of a path the end is kept, whatever its characters take', (t) => {
  t.is(cutStart('/srv/data/file', 20), '/srv/data/file');
  t.is(cutStart('/srv/data/file', 8), '…ta/file');
  t.is(cutStart('/名前/名前', 6), '…/名前');
  t.is(cutStart('abc', 0), '');
});
