import type {ErrorObject} from '../types/stream.ts';
import {Problem} from '../util/problem.ts';
import {visible} from '../util/sanitize.ts';
import {stampNow} from '../util/stamp.ts';

/** A command line that can't be run as it is: exit code 2. */
export class UsageError extends Problem {
  override name = 'UsageError';
}

/** This user or this machine can't do it at all: exit code 77. */
export class CannotRun extends Problem {
  override name = 'CannotRun';
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

/** The same for the JSON stream, as of now. */
export function errorObject(error: unknown): ErrorObject {
  const stamp = stampNow();
  if (!(error instanceof Problem)) return {kind: 'error', ...stamp, what: 'internal error', why: String(error)};
  const {what, why, remedy} = error;
  return {kind: 'error', ...stamp, what, why, ...(remedy && {remedy})};
}

const told = new WeakSet<object>();

/** Remembers that an error is in the stream already. */
export function markTold(error: unknown): void {
  if (typeof error === 'object' && error !== null) told.add(error);
}

export function isTold(error: unknown): boolean {
  return typeof error === 'object' && error !== null && told.has(error);
}
