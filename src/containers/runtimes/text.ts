import {visibleUpTo} from '../../util/sanitize.ts';

/** Longer than any name that Kubernetes allows (253), and than nearly all image references. */
const MAX_TEXT = 256;
/** Ids are cut nowhere: one that is too long, or holds anything else, is none. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}$/;

/** A runtime's text, bounded and without control characters; undefined when it is empty or no text. */
export function clean(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? visibleUpTo(value, MAX_TEXT) : undefined;
}

export const cleanId = (value: unknown): string | undefined =>
  typeof value === 'string' && ID.test(value) ? value : undefined;

/** An object without the fields that are undefined. */
export function known<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
