import {Problem} from '../util/problem.ts';
import {visible} from '../util/sanitize.ts';

/** A command line that can't be run as it is: exit code 2. */
export class UsageError extends Problem {
  override name = 'UsageError';
}

/** The one line that stderr gets: `kstop: what: why (what to do)`, never a stack trace. Its newline is included. */
export function errorLine(error: unknown): string {
  if (error instanceof Problem) {
    const remedy = error.remedy ? ` (${visible(error.remedy)})` : '';
    return `kstop: ${visible(error.what)}: ${visible(error.why)}${remedy}\n`;
  }
  const why = error instanceof Error ? error.message : String(error);
  return `kstop: internal error: ${visible(why)} (please report it, with KSTOP_DEBUG=1 for where it happened)\n`;
}
