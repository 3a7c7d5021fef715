import {type FilterNode, type FilterTest, type PlainFilter, testsOf} from './ast.ts';

/** What the kernel tests, and what is left for user space. What both let through is what the filter lets through. */
export interface SplitFilter {
  kernel?: PlainFilter;
  user?: PlainFilter;
}

/**
 * Divides a filter along its outermost `and`s: of those each part may be tested alone. A part with an `or` over something that the
 * kernel can't do goes to user space as a whole.
 */
export function splitFilter(filter: FilterNode, kernelCan: (test: FilterTest) => boolean): SplitFilter {
  const parts = conjuncts(inward(filter, false));
  const inKernel = (part: PlainFilter) => testsOf(part).every(kernelCan);
  return {
    ...joined('kernel', parts.filter(inKernel)),
    ...joined(
      'user',
      parts.filter((part) => !inKernel(part)),
    ),
  };
}

function joined<K extends string>(key: K, parts: PlainFilter[]): {[key in K]?: PlainFilter} {
  if (parts.length === 0) return {};
  return {[key]: parts.length === 1 ? parts[0] : {kind: 'and', parts}} as {[key in K]?: PlainFilter};
}

function conjuncts(node: PlainFilter): PlainFilter[] {
  return node.kind === 'and' ? node.parts.flatMap(conjuncts) : [node];
}

/** Every `not` moved down to the comparisons: `not (a or b)` are two parts. */
function inward(node: FilterNode, negated: boolean): PlainFilter {
  if (node.kind === 'not') return inward(node.part, !negated);
  if (node.kind === 'test') return negated ? turned(node) : node;
  const parts = node.parts.map((part) => inward(part, negated));
  return {kind: (node.kind === 'and') === negated ? 'or' : 'and', parts};
}

const OPPOSITE = {'==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>'} as const;

function turned(test: FilterTest): FilterTest {
  return {...test, operator: OPPOSITE[test.operator]};
}
