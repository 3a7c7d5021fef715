import {FilterProblem} from './problem.ts';

/** Whether a character, given by its code point, is meant. */
export type Has = (code: number) => boolean;

/** A regular expression as a tree. */
export type Re =
  | {kind: 'char'; has: Has}
  | {kind: 'all'; parts: Re[]}
  | {kind: 'any'; parts: Re[]}
  | {kind: 'times'; of: Re; min: number; max: number}
  | {kind: 'start'}
  | {kind: 'end'};

const CLASSES: Record<string, Has> = {
  d: (code) => code >= 0x30 && code <= 0x39,
  w: (code) => /\w/.test(String.fromCodePoint(code)),
  s: (code) => /\s/.test(String.fromCodePoint(code)),
};
const COUNT = /^\{(\d{1,3})(?:(,)(\d{0,3}))?\}/;

/**
 * Reads a regular expression: characters, `.`, `[…]`, `\d \w \s` and their opposites, groups, `|`, `* + ? {n,m}`,
 * `^` and `$`. Nothing that looks around or back.
 * @throws {FilterProblem} what is wrong with it, or not understood.
 */
export function parseRegex(source: string, ignoreCase: boolean): Re {
  const parser = new Parser([...source], ignoreCase);
  const re = parser.alternatives();
  if (parser.more) throw new FilterProblem('a ) without its (');
  return re;
}

const not =
  (has: Has): Has =>
  (code) =>
    !has(code);

class Parser {
  private at = 0;

  constructor(
    private readonly chars: readonly string[],
    private readonly ignoreCase: boolean,
  ) {}

  get more(): boolean {
    return this.at < this.chars.length;
  }

  alternatives(): Re {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : {kind: 'any', parts};
  }

  private sequence(): Re {
    const parts: Re[] = [];
    while (this.more && this.chars[this.at] !== '|' && this.chars[this.at] !== ')') parts.push(this.repeated());
    return {kind: 'all', parts};
  }

  private repeated(): Re {
    const of = this.atom();
    const times = this.times();
    if (!times) return of;
    // Whether it is greedy makes no difference to whether it is found.
    this.take('?');
    return {kind: 'times', of, ...times};
  }

  private times(): {min: number; max: number} | undefined {
    if (this.take('*')) return {min: 0, max: Number.POSITIVE_INFINITY};
    if (this.take('+')) return {min: 1, max: Number.POSITIVE_INFINITY};
    if (this.take('?')) return {min: 0, max: 1};
    const count = COUNT.exec(this.chars.slice(this.at, this.at + 10).join(''));
    if (!count) return undefined;
    this.at += count[0].length;
    const min = Number(count[1]);
    const max = count[2] ? (count[3] ? Number(count[3]) : Number.POSITIVE_INFINITY) : min;
    if (max < min) throw new FilterProblem(`${count[0]} is the wrong way round`);
    return {min, max};
  }

  private atom(): Re {
    const char = this.chars[this.at++]!;
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return {kind: 'char', has: this.set()};
      case '.':
        return {kind: 'char', has: () => true};
      case '^':
        return {kind: 'start'};
      case '$':
        return {kind: 'end'};
      case '*':
      case '+':
      case '?':
        throw new FilterProblem(`nothing before ${char}`);
      case '\\':
        return {kind: 'char', has: this.escaped()};
      default:
        return {kind: 'char', has: this.literal(char)};
    }
  }

  private group(): Re {
    if (this.chars[this.at] === '?') {
      this.at++;
      if (!this.take(':')) throw new FilterProblem('(? is not understood, but for (?:');
    }
    const inner = this.alternatives();
    if (!this.take(')')) throw new FilterProblem('a ( without its )');
    return inner;
  }

  private set(): Has {
    const negated = this.take('^');
    const members: Has[] = [];
    while (!this.take(']')) {
      if (!this.more) throw new FilterProblem('a [ without its ]');
      members.push(this.member());
    }
    const has: Has = (code) => members.some((member) => member(code));
    return negated ? not(has) : has;
  }

  private member(): Has {
    const low = this.chars[this.at++]!;
    if (low === '\\') return this.escaped();
    const high = this.chars[this.at + 1];
    if (this.chars[this.at] !== '-' || high === undefined || high === ']') return this.literal(low);
    this.at += 2;
    if (high === '\\' || high.codePointAt(0)! < low.codePointAt(0)!) {
      throw new FilterProblem(`${low}-${high} is no range`);
    }
    return this.folded((code) => code >= low.codePointAt(0)! && code <= high.codePointAt(0)!);
  }

  private escaped(): Has {
    const char = this.chars[this.at++];
    if (char === undefined) throw new FilterProblem('nothing after \\');
    const known = Object.hasOwn(CLASSES, char.toLowerCase()) ? CLASSES[char.toLowerCase()] : undefined;
    if (known) return char === char.toLowerCase() ? known : not(known);
    if (/[a-z0-9]/i.test(char)) throw new FilterProblem(`\\${char} is not understood`);
    return this.literal(char);
  }

  private literal(char: string): Has {
    const wanted = char.codePointAt(0);
    return this.folded((code) => code === wanted);
  }

  private folded(has: Has): Has {
    if (!this.ignoreCase) return has;
    return (code) => {
      const char = String.fromCodePoint(code);
      return has(code) || has(char.toLowerCase().codePointAt(0)!) || has(char.toUpperCase().codePointAt(0)!);
    };
  }

  private take(char: string): boolean {
    if (this.chars[this.at] !== char) return false;
    this.at++;
    return true;
  }
}
