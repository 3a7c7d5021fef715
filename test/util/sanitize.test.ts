import test from 'ava';
import fc from 'fast-check';
import {visible, visibleUpTo, visibleValue} from '../../src/util/sanitize.ts';

/** What no terminal may see, by Unicode's own categories: controls, surrogates, format characters, separators. */
const DANGEROUS = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

test('control and escape characters are shown, not sent', (t) => {
  t.is(visible('\x1b[2J\x07'), '\\x1b[2J\\x07');
  t.is(visible('a\nb\rc\td\0'), 'a\\nb\\rc\\td\\x00');
  t.is(visible('\x7f\x9b31m'), '\\x7f\\x9b31m');
});

test('characters that reorder or hide text are shown', (t) => {
  t.is(visible('a\u202eb\u2066c\u200bd\ufeff'), 'a\\u202eb\\u2066c\\u200bd\\ufeff');
  t.is(visible('\u2028\u061c\u{e0041}'), '\\u2028\\u061c\\u{e0041}');
});

test('lone surrogates are shown, pairs are left', (t) => {
  t.is(visible('\ud800x'), '\\ud800x');
  t.is(visible('x\udfff'), 'x\\udfff');
  t.is(visible('😀'), '😀');
});

test('ordinary text stays as it is', (t) => {
  for (const text of ['nginx: worker', 'größe', '日本', 'system.slice/a\\x2db.service', '/tmp/a b', ''])
    t.is(visible(text), text);
});

test('a value with spaces, quotes or nothing in it is quoted', (t) => {
  t.is(visibleValue('/a/b'), '/a/b');
  t.is(visibleValue('a b'), '"a b"');
  t.is(visibleValue(''), '""');
  t.is(visibleValue('x" latency=0'), '"x\\" latency=0"');
});

test('long text is cut, never inside a character', (t) => {
  t.is(visibleUpTo('abcdef', 4), 'abc…');
  t.is(visibleUpTo('abcd', 4), 'abcd');
  t.is(visibleUpTo('ab😀😀', 4), 'ab…');
});

test('any string becomes harmless', (t) => {
  const units = fc.array(fc.integer({min: 0, max: 0xffff})).map((codes) => String.fromCharCode(...codes));
  for (const shown of [visible, visibleValue, (text: string) => visibleUpTo(text, 10)]) {
    const result = fc.check(
      fc.property(units, (text) => !DANGEROUS.test(shown(text))),
      {numRuns: 2000},
    );
    t.false(result.failed, JSON.stringify(result.counterexample));
  }
});
