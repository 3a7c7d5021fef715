import type {TraceRefusal} from '../../types/trace.ts';
import type {FilterTest, PlainFilter} from '../filter/ast.ts';
import type {Hook} from '../hooks/hooks.ts';
import {isRefusal, refuse} from '../refusal.ts';
import type {Version} from '../version.ts';
import {type Code, code, joined, literal} from './code.ts';
import {resolve} from './resolve.ts';
import type {Value} from './value.ts';

/** Bytes of a script's strings beside which no longer text can be compared. */
export interface PredicateOptions {
  hook: Hook;
  version: Version;
  strlen: number;
}

/** The comparisons that the kernel can do: numbers, and texts from their begin. Addresses are bytes there. */
export function kernelCan(test: FilterTest, value: Value): boolean {
  if (test.value.kind === 'number') return true;
  return (
    (value.shape === 'text' || value.shape === 'chars') &&
    (test.value.match === 'whole' || test.value.match === 'prefix')
  );
}

/** A comparison's value at a hook, or why the two don't go together. */
export function testedValue(test: FilterTest, hook: Hook, version: Version): Value | TraceRefusal {
  const asText = test.value.kind === 'text';
  const value = resolve(hook, {name: test.field, first: 'builtin', where: 'filter', asText}, version);
  if (isRefusal(value)) return value;
  const number = value.shape === 'int' || value.shape === 'address';
  if (asText)
    return number ? refuse('filter', `${test.field} is a number, compared with a text`) : textFits(test, value);
  if (!number) return refuse('filter', `${test.field} is a text, compared with a number`, 'texts stand in "');
  return numberFits(test, value);
}

/** What an array has no room for it never holds, and the verifier lets nobody look beyond its end. */
function textFits({field, value}: FilterTest, given: Value): Value | TraceRefusal {
  const most = given.bytes - 1;
  const tooLong = given.shape === 'chars' && value.kind === 'text' && value.text.length > most;
  return tooLong ? refuse('filter', `${field} has at most ${most} bytes`) : given;
}

/** A comparison that can't be true, or can't be false, is a mistake. */
function numberFits({field, value}: FilterTest, given: Value): Value | TraceRefusal {
  const number = value.kind === 'number' ? value.value : 0n;
  const bits = BigInt(given.bits);
  const [low, high] = given.signed ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
  return number < low || number > high
    ? refuse('filter', `${field} is from ${low} to ${high}, never ${number}`)
    : given;
}

/** A filter as a condition of the script. Every test of it must be one that the kernel can do. */
export function predicateOf(node: PlainFilter, options: PredicateOptions): Code | TraceRefusal {
  if (node.kind === 'test') return testOf(node, options);
  const parts = node.parts.map((part) => predicateOf(part, options));
  const refused = parts.find(isRefusal);
  if (refused) return refused;
  return code`(${joined(parts as Code[], node.kind === 'and' ? ' && ' : ' || ')})`;
}

function testOf(test: FilterTest, {hook, version, strlen}: PredicateOptions): Code | TraceRefusal {
  const value = testedValue(test, hook, version);
  if (isRefusal(value)) return value;
  const {operator, value: wanted} = test;
  if (wanted.kind === 'number') return code`${value.compared} ${SIGNS[operator]} ${wanted.value}`;
  if (wanted.text.length >= strlen) {
    return refuse('filter', `a text of ${wanted.text.length} bytes: with so many texts they are cut at ${strlen - 1}`);
  }
  return compareText(value.compared, wanted.text, wanted.match === 'prefix', operator === '==');
}

/** `==` of texts warns in 0.17 about address spaces; strncmp does the same, and with the end counted in compares the whole. */
export function compareText(what: Code, text: string, prefix: boolean, same: boolean): Code {
  const length = text.length + (prefix ? 0 : 1);
  return code`strncmp(${what}, ${literal(text)}, ${length}) ${same ? SIGNS['=='] : SIGNS['!=']} 0`;
}

const SIGNS = {'==': code`==`, '!=': code`!=`, '<': code`<`, '<=': code`<=`, '>': code`>`, '>=': code`>=`};
