/** What a filter says. Strings are printable ASCII without `"`, `\` and `*`; numbers fit 64 bits. */
export type FilterNode = FilterAnd | FilterOr | FilterNot | FilterTest;

export interface FilterAnd {
  kind: 'and';
  parts: FilterNode[];
}

export interface FilterOr {
  kind: 'or';
  parts: FilterNode[];
}

export interface FilterNot {
  kind: 'not';
  part: FilterNode;
}

export const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A comparison with a number or with a text. */
export interface FilterTest {
  kind: 'test';
  /** As written: `pid`, `filename`, `args.pid`, `arg0`, `retval`. */
  field: string;
  operator: Operator;
  value: FilterNumber | FilterText;
}

export interface FilterNumber {
  kind: 'number';
  value: bigint;
}

/** `whole`: the same text; the others have a `*` at their end, their begin, or both. */
export interface FilterText {
  kind: 'text';
  match: 'whole' | 'prefix' | 'suffix' | 'substring';
  text: string;
}

/** A filter without `not`: each comparison says itself whether it's turned round. */
export type PlainFilter = FilterTest | {kind: 'and' | 'or'; parts: PlainFilter[]};

/** The tests of a filter, from left to right. */
export function testsOf(node: FilterNode): FilterTest[] {
  if (node.kind === 'test') return [node];
  return node.kind === 'not' ? testsOf(node.part) : node.parts.flatMap(testsOf);
}
