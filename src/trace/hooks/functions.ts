import {readFileSync} from 'node:fs';
import path from 'node:path';

/** The kernel's functions by name, from ftrace's list where that may be read, else from the symbol table. */
export function readFunctions(root: string, tracefs: string | undefined): Set<string> {
  const traceable = tracefs === undefined ? undefined : lines(path.join(tracefs, 'available_filter_functions'));
  if (traceable) return new Set(traceable.map((line) => line.split(/[\s\t]/, 1)[0]!).filter(Boolean));
  const symbols = lines(path.join(root, '/proc/kallsyms')) ?? [];
  const names = new Set<string>();
  for (const line of symbols) {
    // ADDRESS t NAME, of modules with [MODULE] after it.
    const name = /^[0-9a-f]+ [tT] (\S+)/.exec(line)?.[1];
    if (name !== undefined) names.add(name);
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
