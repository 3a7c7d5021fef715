import type {TraceRefusal} from '../types/trace.ts';

/** Why something isn't traced. `remedy` only where there's something to do. */
export function refuse(field: string, why: string, remedy?: string): TraceRefusal {
  return remedy === undefined ? {field, why} : {field, why, remedy};
}

/** Specs, plans and hooks have no `why`. */
export function isRefusal(what: object): what is TraceRefusal {
  return Object.hasOwn(what, 'why') && Object.hasOwn(what, 'field');
}

/** A remedy, if a name is near. */
export function didYouMean(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean ${near}?`;
}
