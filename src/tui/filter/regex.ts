import {FilterProblem} from './problem.ts';
import {type Has, parseRegex, type Re} from './regex-parse.ts';

/** An expression that expands to more is refused. */
const OPS_MAX = 3000;
/** Nodes that are kept; with more of them the memory of the search is forgotten, and it goes on. */
const NODES_MAX = 500;

type Op =
  | {kind: 'char'; has: Has; next: number}
  | {kind: 'split'; next: number; other: number}
  | {kind: 'start' | 'end'; next: number}
  | {kind: 'match'};

/** All places in the expression at which a search can stand at once. */
interface Node {
  ops: number[];
  /** Found, whatever follows. */
  matched: boolean;
  /** Found if nothing follows. */
  matchedAtEnd: boolean;
  /** Where each ASCII character leads, as far as it has been asked for. */
  next: (Node | undefined)[];
}

/**
 * A search for a regular expression whose time grows with the length of the text and of the expression, whatever is
 * typed: JavaScript's own tries one way after the other, and some expressions have more ways than seconds.
 * @throws {FilterProblem} what is wrong with it, or not understood.
 */
export function compileRegex(source: string, ignoreCase = false): (text: string) => boolean {
  const machine = new Machine(parseRegex(source, ignoreCase));
  return (text) => machine.search(text);
}

/** Turns the tree into steps, from the last to the first. */
class Compiler {
  readonly ops: Op[] = [];
  private emitted = 0;

  push(op: Op): number {
    return this.ops.push(op) - 1;
  }

  emit(re: Re, next: number): number {
    // Counted here, as the empty expression repeated makes no steps but takes its time.
    if (++this.emitted > OPS_MAX) throw new FilterProblem('this regular expression is too large');
    switch (re.kind) {
      case 'char':
        return this.push({kind: 'char', has: re.has, next});
      case 'start':
      case 'end':
        return this.push({kind: re.kind, next});
      case 'all':
        return re.parts.reduceRight((after, part) => this.emit(part, after), next);
      case 'any':
        return re.parts
          .map((part) => this.emit(part, next))
          .reduce((one, other) => this.push({kind: 'split', next: one, other}));
      case 'times':
        return this.times(re, next);
    }
  }

  private times({of, min, max}: Re & {kind: 'times'}, next: number): number {
    let at = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = {kind: 'split' as const, next: -1, other: next};
      at = this.push(loop);
      loop.next = this.emit(of, at);
    } else {
      for (let i = min; i < max; i++) at = this.push({kind: 'split', next: this.emit(of, at), other: next});
    }
    for (let i = 0; i < min; i++) at = this.emit(of, at);
    return at;
  }
}

/** Walks all ways through the expression at once, one character at a time. */
class Machine {
  private readonly ops: readonly Op[];
  private readonly begin: number;
  private readonly nodes = new Map<string, Node>();
  private readonly first: Node;

  constructor(re: Re) {
    const compiler = new Compiler();
    this.begin = compiler.emit(re, compiler.push({kind: 'match'}));
    this.ops = compiler.ops;
    this.first = this.nodeOf([this.begin], true);
  }

  search(text: string): boolean {
    let node = this.first;
    for (const char of text) {
      if (node.matched) return true;
      node = this.step(node, char.codePointAt(0)!);
    }
    return node.matched || node.matchedAtEnd;
  }

  private step(node: Node, code: number): Node {
    const known = code < 128 ? node.next[code] : undefined;
    if (known) return known;
    // A match may begin anywhere.
    const seeds = [this.begin];
    for (const at of node.ops) {
      const op = this.ops[at]!;
      if (op.kind === 'char' && op.has(code)) seeds.push(op.next);
    }
    const next = this.nodeOf(seeds, false);
    if (code < 128) node.next[code] = next;
    return next;
  }

  private nodeOf(seeds: readonly number[], atStart: boolean): Node {
    const ops = this.reached(seeds, atStart, false);
    // Only at the start does a `^` behind a `$` hold.
    const key = `${atStart} ${ops.join()}`;
    const known = this.nodes.get(key);
    if (known) return known;
    if (this.nodes.size >= NODES_MAX) {
      this.nodes.clear();
      this.first.next = [];
    }
    const matches = (all: readonly number[]): boolean => all.some((at) => this.ops[at]!.kind === 'match');
    const node = {ops, matched: matches(ops), matchedAtEnd: matches(this.reached(ops, atStart, true)), next: []};
    this.nodes.set(key, node);
    return node;
  }

  /** The steps that take a character, wait for the end or have matched, as reached without a character. */
  private reached(seeds: readonly number[], atStart: boolean, atEnd: boolean): number[] {
    const seen = new Set<number>();
    const out: number[] = [];
    const open = [...seeds];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const op = this.ops[at]!;
      if (op.kind === 'split') open.push(op.next, op.other);
      else if (op.kind === 'start') atStart && open.push(op.next);
      else if (op.kind === 'end' && atEnd) open.push(op.next);
      else out.push(at);
    }
    return out.sort((a, b) => a - b);
  }
}
