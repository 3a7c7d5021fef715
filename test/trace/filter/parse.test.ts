import test from 'ava';
import type {FilterNode} from '../../../src/trace/filter/ast.ts';
import {parseFilter} from '../../../src/trace/filter/parse.ts';

/** A filter with all its parentheses. */
function shown(node: FilterNode): string {
  if (node.kind === 'not') return `not ${shown(node.part)}`;
  if (node.kind !== 'test') return `(${node.parts.map(shown).join(` ${node.kind} `)})`;
  const {field, operator, value} = node;
  return `${field}${operator}${value.kind === 'number' ? value.value : `${value.match}:${value.text}`}`;
}

function read(filter: string): string {
  const parsed = parseFilter(filter);
  return 'problem' in parsed ? parsed.problem : shown(parsed.node);
}

test('and binds closer than or, not closest; both spellings mean the same', (t) => {
  const expected = '(a==1 or (b!=2 and not (c<3 or d>=4)))';
  t.is(read('a == 1 or b != 2 and not (c < 3 or d >= 4)'), expected);
  t.is(read('a==1||b!=2&&!(c<3||d>=4)'), expected);
  t.is(read('((a == 1))'), 'a==1');
});

test('numbers are decimal or hexadecimal, with a sign, in 64 bits', (t) => {
  t.is(read('a == 0x1F'), 'a==31');
  t.is(read('a == -100'), 'a==-100');
  t.is(read('a == -0x10'), 'a==-16');
  t.is(read('a == 9223372036854775807'), 'a==9223372036854775807');
  t.is(read('a == -9223372036854775808'), 'a==-9223372036854775808');
  t.regex(read('a == 9223372036854775808'), /64 bits/);
});

test('texts: as they are, from their begin, to their end, anywhere', (t) => {
  t.is(read('a == "/etc/*.conf"'), 'the text at 6: * stands at its begin or end only');
  t.is(read('a == "abc"'), 'a==whole:abc');
  t.is(read('a == ""'), 'a==whole:');
  t.is(read('a == "abc*"'), 'a==prefix:abc');
  t.is(read('a =^ "abc"'), 'a==prefix:abc');
  t.is(read('a != "*abc"'), 'a!=suffix:abc');
  t.is(read('a == "*abc*"'), 'a==substring:abc');
  t.is(read('a == "{ system(1); } // $1 %s @"'), 'a==whole:{ system(1); } // $1 %s @');
});

test('what is wrong is told with its place', (t) => {
  t.is(read(''), 'it ends where a field belongs');
  t.is(read('pid = 1'), '= at 5: == compares');
  t.is(read("comm == 'a'"), '\' at 9: texts stand in "');
  t.is(read('comm == "a'), 'no closing " for the one at 9');
  t.is(read('comm == "a\\b"'), 'a \\ in the text at 9');
  t.is(read('pid == 1 pid == 2'), "pid at 10 doesn't follow there (and, or)");
  t.is(read('(pid == 1'), 'no ) for the ( at 1');
  t.is(read('pid == x'), 'pid == what? A number, or a text in "');
  t.is(read('pid; 1'), '; means nothing at 4');
  t.is(read('"and" == 1'), 'the text at 1 where a field belongs');
});

test('words in quotes are no words of the grammar', (t) => {
  t.is(read('a == "or" or b == "and"'), '(a==whole:or or b==whole:and)');
});

test('the longest and deepest that it takes are read fast', (t) => {
  const deep = `${'!('.repeat(4)}a == 1${')'.repeat(4)}`;
  t.false('problem' in parseFilter(deep));
  t.regex(read(`${'('.repeat(9)}a == 1${')'.repeat(9)}`), /deeper than 8/);
  t.regex(read('('.repeat(201)), /more than 200/);
  t.regex(read('x'.repeat(501)), /501 characters/);
});
