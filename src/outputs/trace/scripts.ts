import type {TracePlan} from '../../types/trace.ts';
import {visible} from '../../util/sanitize.ts';
import {titleOf} from './head-line.ts';

/** `--dry-run`: each script with what it is, so that the whole is a script too where there is one. */
export function scriptLines(plans: readonly TracePlan[]): string[] {
  return plans.flatMap(({duration_s, notes, script, ...plan}, i) => [
    ...(i > 0 ? [''] : []),
    `// ${titleOf(plan)}, ${duration_s} s`,
    ...notes.map((note) => `// ${visible(note)}`),
    ...script.text.trimEnd().split('\n').map(visible),
  ]);
}
