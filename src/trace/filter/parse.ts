import {type FilterNode, type FilterTest, type FilterText, OPERATORS, type Operator} from './ast.ts';
import {type Token, tokensOf} from './tokens.ts';

/** Characters of a filter. */
export const FILTER_MAX = 500;
/** Bytes of one text: what a script's strings can hold, and their end. */
export const FILTER_TEXT_MAX = 100;
/** Comparisons of one filter: each with a text is a loop that the verifier walks through. */
const TESTS_MAX = 16;
const DEPTH_MAX = 8;
const TOKENS_MAX = 200;
/** Printable ASCII without what ends or escapes a literal. */
const TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

export type Parsed = {node: FilterNode} | {problem: string};

class Problem extends Error {}

/**
 * Reads `comm == "post*" and (ret < 0 or size >= 0x1000) and not filename == "*.tmp"`. `&&`, `||` and `!` mean the same;
 * `and` binds closer than `or`; `=^ "abc"` is `== "abc*"`.
 */
export function parseFilter(filter: string): Parsed {
  if (filter.length > FILTER_MAX) return {problem: `${filter.length} characters, at most ${FILTER_MAX}`};
  const tokens = tokensOf(filter, TOKENS_MAX);
  if (!Array.isArray(tokens)) return tokens;
  try {
    const reader = new Reader(tokens);
    const node = reader.either(0);
    const left = reader.next;
    if (left) throw new Problem(`${shown(left)} doesn't follow there (and, or)`);
    return {node};
  } catch (error) {
    if (error instanceof Problem) return {problem: error.message};
    throw error;
  }
}

/** Takes tokens from left to right, by what binds least first. */
class Reader {
  private at = 0;
  private tests = 0;

  constructor(private readonly tokens: Token[]) {}

  get next(): Token | undefined {
    return this.tokens[this.at];
  }

  either(depth: number): FilterNode {
    const parts = [this.both(depth)];
    while (this.take('or', '||')) parts.push(this.both(depth));
    return parts.length === 1 ? parts[0]! : {kind: 'or', parts};
  }

  private both(depth: number): FilterNode {
    const parts = [this.one(depth)];
    while (this.take('and', '&&')) parts.push(this.one(depth));
    return parts.length === 1 ? parts[0]! : {kind: 'and', parts};
  }

  private one(depth: number): FilterNode {
    if (depth > DEPTH_MAX) throw new Problem(`deeper than ${DEPTH_MAX} parentheses and nots`);
    if (this.take('not', '!')) return {kind: 'not', part: this.one(depth + 1)};
    const opened = this.take('(');
    if (!opened) return this.test();
    const inside = this.either(depth + 1);
    if (!this.take(')')) throw new Problem(`no ) for the ( at ${opened.at}`);
    return inside;
  }

  private test(): FilterTest {
    this.tests++;
    if (this.tests > TESTS_MAX) throw new Problem(`more than ${TESTS_MAX} comparisons`);
    const field = this.tokens[this.at++];
    if (!field) throw new Problem('it ends where a field belongs');
    if (field.kind !== 'word' || WORDS.has(field.text)) throw new Problem(`${shown(field)} where a field belongs`);
    if (field.text.includes('.') && !field.text.startsWith('args.')) throw new Problem(`no ${field.text}: args.NAME`);
    const sign = this.tokens[this.at++];
    const operator = sign?.text as Operator | '=^' | undefined;
    if (sign?.kind !== 'sign' || (operator !== '=^' && !OPERATORS.includes(operator as Operator))) {
      throw new Problem(`${field.text} is compared with ${OPERATORS.join(' ')} =^`);
    }
    return testOf(field.text, operator!, this.tokens[this.at++]);
  }

  private take(...texts: string[]): Token | undefined {
    const token = this.next;
    if (!token || token.kind === 'text' || !texts.includes(token.text)) return undefined;
    this.at++;
    return token;
  }
}

const WORDS = new Set(['and', 'or', 'not']);

function testOf(field: string, operator: Operator | '=^', value: Token | undefined): FilterTest {
  if (value?.kind === 'number') {
    if (operator === '=^') throw new Problem('=^ compares with a text');
    return {kind: 'test', field, operator, value: {kind: 'number', value: numberOf(value)}};
  }
  if (value?.kind !== 'text') throw new Problem(`${field} ${operator} what? A number, or a text in "`);
  if (operator !== '==' && operator !== '!=' && operator !== '=^') {
    throw new Problem(`${operator} compares with a number; texts with == != =^`);
  }
  if (operator === '=^')
    return {kind: 'test', field, operator: '==', value: textOf({...value, text: `${value.text}*`})};
  return {kind: 'test', field, operator, value: textOf(value)};
}

function numberOf({text}: Token): bigint {
  // BigInt reads no sign before 0x.
  const negative = text.startsWith('-');
  const size = BigInt(negative ? text.slice(1) : text);
  const value = negative ? -size : size;
  if (value < LOWEST || value > HIGHEST) throw new Problem(`${text.slice(0, 24)} doesn't fit 64 bits with a sign`);
  return value;
}

function textOf({text, at}: Token): FilterText {
  if (!TEXT.test(text)) throw new Problem(`the text at ${at} holds more than printable ASCII`);
  const before = text.startsWith('*');
  const after = text.length > 1 && text.endsWith('*');
  const middle = text.slice(before ? 1 : 0, after ? -1 : undefined);
  if (middle.includes('*')) throw new Problem(`the text at ${at}: * stands at its begin or end only`);
  if (middle.length > FILTER_TEXT_MAX) throw new Problem(`the text at ${at} is longer than ${FILTER_TEXT_MAX} bytes`);
  if (middle === '' && (before || after)) throw new Problem(`the text at ${at} matches everything`);
  const match = before ? (after ? 'substring' : 'suffix') : after ? 'prefix' : 'whole';
  return {kind: 'text', match, text: middle};
}

function shown({kind, text, at}: Token): string {
  return kind === 'text' ? `the text at ${at}` : `${text} at ${at}`;
}
