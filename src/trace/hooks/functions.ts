import {readFileSync} from 'node:fs';
import path from 'node:path';

/** What a script can be attached to; the symbol table also has labels such as `.slowpath`. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.]{0,127}$/;

/** The kernel's functions by name, from ftrace's list where that may be read, else from the symbol table. */
export function readFunctions(root: string, tracefs: string | undefined): Set<string> {
  const traceable = tracefs === undefined ? undefined : lines(path.join(tracefs, 'available_filter_functions'));
  if (traceable) return new Set(traceable.map((line) => line.split(/[\s\t]/, 1)[0]!).filter((name) => NAME.test(name)));
  const symbols = lines(path.join(root, '/proc/kallsyms')) ?? [];
  const names = new Set<string>();
  for (const line of symbols) {
    // ADDRESS t NAME, of modules with [MODULE] after it.
    const name = /^[0-9a-f]+ [tT] (\S+)/.exec(line)?.[1];
    if (name !== undefined && NAME.test(name)) names.add(name);
  }
  return names;
}

function lines(file: string): string[] | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' ? undefined : text.split('\n');
  } catch {
    return undefined;
  }
}
