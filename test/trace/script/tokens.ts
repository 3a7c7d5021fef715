/** A program of a script, taken apart without bpftrace. */
export interface Program {
  /** As it is attached. */
  at: string;
  when: string[];
  /** Statement by statement, each as its tokens. */
  does: string[][];
}

/** A string, a word (with what belongs to it), a number, a sign. No comments, no escapes: neither has a place in a script. */
const TOKEN =
  /\s*("[\x20\x21\x23-\x5b\x5d-\x7e]*"|[@$]?[A-Za-z_][A-Za-z0-9_]*|\d+|->|==|!=|<=|>=|&&|\|\||[-.,;(){}[\]<>=/])/y;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.trimEnd().length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`no token at ${at}: ${text.slice(at, at + 40)}`);
    tokens.push(match[1]!);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/** The programs of a script; throws at anything that isn't one. */
export function programsOf(script: string): Program[] {
  const programs: Program[] = [];
  let rest = script;
  while (rest !== '') {
    const head = /^([A-Za-z][A-Za-z0-9_.:/+@-]*) /.exec(rest);
    if (!head) throw new Error(`no attach point: ${rest.slice(0, 40)}`);
    const body = rest.slice(head[0].length);
    const end = body.indexOf('\n}\n');
    if (end < 0) throw new Error('no end');
    programs.push({at: head[1]!, ...divided(tokensOf(body.slice(0, end + 2)))});
    rest = body.slice(end + 3);
  }
  return programs;
}

function divided(tokens: string[]): Pick<Program, 'when' | 'does'> {
  const open = tokens.indexOf('{');
  const when = tokens.slice(0, open);
  if (when.length > 0 && (when[0] !== '/' || when.at(-1) !== '/')) throw new Error('a predicate without its slashes');
  if (tokens.at(-1) !== '}') throw new Error('no }');
  const inside = tokens.slice(open + 1, -1);
  if (inside.includes('{') || inside.includes('}')) throw new Error('a block within a block');
  const does: string[][] = [[]];
  for (const token of inside) token === ';' ? does.push([]) : does.at(-1)!.push(token);
  if (does.pop()!.length > 0) throw new Error('a statement without its end');
  return {when: when.slice(1, -1), does};
}

/** The words that are called. */
export function callsOf(tokens: readonly string[]): string[] {
  return tokens.filter((token, i) => tokens[i + 1] === '(' && /^[A-Za-z_]/.test(token));
}
