import type {FilterTest, FilterText, PlainFilter} from './ast.ts';

/** A field's value as text; undefined when the event has none. */
export type Lookup = (field: string) => string | undefined;

/** What a filter says of values in user space. Of an unknown value nothing holds, not even that it differs. */
export function matches(node: PlainFilter, lookup: Lookup): boolean {
  if (node.kind === 'test') return holds(node, lookup(node.field));
  return node.kind === 'and'
    ? node.parts.every((part) => matches(part, lookup))
    : node.parts.some((part) => matches(part, lookup));
}

function holds({operator, value}: FilterTest, given: string | undefined): boolean {
  if (given === undefined) return false;
  if (value.kind === 'text') return fits(value, given) === (operator === '==');
  const number = numberOf(given);
  if (number === undefined) return false;
  if (operator === '==') return number === value.value;
  if (operator === '!=') return number !== value.value;
  if (operator === '<') return number < value.value;
  if (operator === '>') return number > value.value;
  return operator === '<=' ? number <= value.value : number >= value.value;
}

function fits({match, text}: FilterText, given: string): boolean {
  if (match === 'whole') return given === text;
  if (match === 'prefix') return given.startsWith(text);
  return match === 'suffix' ? given.endsWith(text) : given.includes(text);
}

function numberOf(text: string): bigint | undefined {
  return /^(?:-?\d+|0x[0-9a-f]+)$/.test(text) ? BigInt(text) : undefined;
}
