import test from 'ava';
import fc from 'fast-check';
import type {FilterNode, FilterTest, PlainFilter} from '../../../src/trace/filter/ast.ts';
import {testsOf} from '../../../src/trace/filter/ast.ts';
import {matches} from '../../../src/trace/filter/keep.ts';
import {parseFilter} from '../../../src/trace/filter/parse.ts';
import {splitFilter} from '../../../src/trace/filter/split.ts';

const kernelCan = ({value}: FilterTest) =>
  value.kind === 'number' || value.match === 'whole' || value.match === 'prefix';

function parts(filter: string): [kernel: string[], user: string[]] {
  const parsed = parseFilter(filter);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const {kernel, user} = splitFilter(parsed.node, kernelCan);
  const names = (node: PlainFilter | undefined) =>
    node ? testsOf(node).map((each) => `${each.field}${each.operator}`) : [];
  return [names(kernel), names(user)];
}

test('what the kernel can do goes there, along the outermost ands', (t) => {
  t.deepEqual(parts('a == 1 and b == "*x*" and c == "y*"'), [['a==', 'c=='], ['b==']]);
  t.deepEqual(parts('a == 1'), [['a=='], []]);
  t.deepEqual(parts('b == "*x"'), [[], ['b==']]);
});

test('an or over something that the kernel can not do goes to user space as a whole', (t) => {
  t.deepEqual(parts('a == 1 and (b == "*x" or c == 2)'), [['a=='], ['b==', 'c==']]);
  t.deepEqual(parts('b == "*x" or c == 2'), [[], ['b==', 'c==']]);
});

test('not (a or b) is two parts, not (a and b) is one', (t) => {
  t.deepEqual(parts('not (a == 1 or b == "*x")'), [['a!='], ['b!=']]);
  t.deepEqual(parts('not (a == 1 and b == "*x")'), [[], ['a!=', 'b!=']]);
  t.deepEqual(parts('not not (a < 1 and b == "*x")'), [['a<'], ['b==']]);
});

const FIELDS = ['a', 'b', 'c'];
const value = fc.oneof(
  fc.bigInt(-3n, 3n).map((number) => ({kind: 'number', value: number}) as const),
  fc
    .record({
      match: fc.constantFrom('whole', 'prefix', 'suffix', 'substring'),
      text: fc.constantFrom('', '1', '12', '-1', '2'),
    })
    .map((text) => ({kind: 'text', ...text}) as const),
);

const leaf: fc.Arbitrary<FilterTest> = fc
  .record({field: fc.constantFrom(...FIELDS), value})
  .chain(({field, value: wanted}) => {
    const operators =
      wanted.kind === 'number' ? (['==', '!=', '<', '<=', '>', '>='] as const) : (['==', '!='] as const);
    return fc
      .constantFrom(...operators)
      .map((operator) => ({kind: 'test', field, operator, value: wanted}) as FilterTest);
  });

const {node} = fc.letrec<{node: FilterNode}>((tie) => ({
  node: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    leaf,
    fc.record({kind: fc.constant('not' as const), part: tie('node')}),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('node'), {minLength: 1, maxLength: 3}),
    }),
  ),
}));

/** What the filter says by its own words. */
function meaning(filter: FilterNode, values: Record<string, string>): boolean {
  if (filter.kind === 'test') return matches(filter, (field) => values[field]);
  if (filter.kind === 'not') return !meaning(filter.part, values);
  const each = filter.parts.map((part) => meaning(part, values));
  return filter.kind === 'and' ? each.every(Boolean) : each.some(Boolean);
}

test('the two halves together let through what the filter lets through, and the kernel has only what it can do', (t) => {
  const numbers = fc.constantFrom('1', '2', '-1', '12', '3', '0');
  fc.assert(
    fc.property(node, fc.record({a: numbers, b: numbers, c: numbers}), (filter, values) => {
      const {kernel, user} = splitFilter(filter, kernelCan);
      if (kernel && !testsOf(kernel).every(kernelCan)) return false;
      const halves = [kernel, user].every((half) => !half || matches(half, (field) => values[field as 'a']));
      return halves === meaning(filter, values);
    }),
    {numRuns: 2000},
  );
  t.pass();
});

test('of an unknown value nothing holds', (t) => {
  for (const filter of ['a == 1', 'a != 1', 'a == "x"', 'a != "x"', 'a < 1']) {
    const parsed = parseFilter(filter);
    t.false('node' in parsed && matches(splitFilter(parsed.node, () => false).user!, () => undefined), filter);
  }
});

test('hexadecimal values are numbers, other texts are none', (t) => {
  const parsed = parseFilter('a == 255');
  const {user} = splitFilter('node' in parsed ? parsed.node : ({} as FilterNode), () => false);
  t.true(matches(user!, () => '0xff'));
  t.false(matches(user!, () => 'ff'));
  t.false(matches(user!, () => ''));
});
