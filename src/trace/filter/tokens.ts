/** A word, a number, a text in quotes, or an operator or parenthesis. */
export interface Token {
  kind: 'word' | 'number' | 'text' | 'sign';
  text: string;
  /** Where it begins, from 1. */
  at: number;
}

/** One of them, after spaces. Sticky: what isn't one stops the reading. */
const TOKEN =
  /\s*(?:(?<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(?<number>-?(?:0[xX][0-9a-fA-F]+|\d+))(?![A-Za-z0-9_.])|"(?<text>[^"\\]*)"|(?<sign>==|!=|<=|>=|=\^|&&|\|\||[<>!()]))/y;

export interface TokenProblem {
  problem: string;
}

/** The tokens of a filter, or where it can't be read. */
export function tokensOf(filter: string, most: number): Token[] | TokenProblem {
  const tokens: Token[] = [];
  const end = filter.trimEnd().length;
  let at = 0;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(filter);
    const begin = at + /^\s*/.exec(filter.slice(at))![0].length;
    if (!match) return {problem: wrongAt(filter, begin)};
    const [kind, text] = Object.entries(match.groups!).find(([, value]) => value !== undefined) as [
      Token['kind'],
      string,
    ];
    tokens.push({kind, text, at: begin + 1});
    if (tokens.length > most) return {problem: `more than ${most} words and signs`};
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function wrongAt(filter: string, at: number): string {
  const char = filter[at]!;
  if (char === '"') {
    return filter.slice(at + 1).includes('"')
      ? `a \\ in the text at ${at + 1}`
      : `no closing " for the one at ${at + 1}`;
  }
  if (char === "'") return `' at ${at + 1}: texts stand in "`;
  if (char === '=') return `= at ${at + 1}: == compares`;
  return `${/\d|-/.test(char) ? 'no number' : `${char} means nothing`} at ${at + 1}`;
}
