import type {TraceRefusal} from '../../types/trace.ts';
import {nearest} from '../../util/nearest.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {didYouMean, refuse} from '../refusal.ts';
import {typeName} from './text.ts';

/** An object of JSON with known fields alone: a misspelt `fliter` must not go by in silence. */
export function knownFields(
  json: unknown,
  known: readonly string[],
  at: (field: string) => string,
): Record<string, unknown> | TraceRefusal {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse(at(''), `${typeName(json)} where an object belongs`);
  }
  // Of the object's own only: nothing is looked up by a name that the sender chose.
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(json)) {
    if (!known.includes(name)) {
      return refuse(at(visibleUpTo(name, 40)), 'no such field', didYouMean(nearest(name, known)) ?? known.join(', '));
    }
    fields[name] = value;
  }
  return fields;
}

/** `where.field`, or either alone. */
export function fieldsAt(where: string): (field: string) => string {
  return (field) => (where && field ? `${where}.${field}` : where || field || 'spec');
}
