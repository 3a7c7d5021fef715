import type {TraceRefusal} from '../../types/trace.ts';
import {refuse} from '../refusal.ts';
import {ARGUMENT} from './text.ts';

/** A question that a map in the kernel answers. */
export interface Aggregate {
  kind: 'count' | 'sum' | 'hist';
  /** What is summed up or distributed; absent for a count. */
  of?: string;
  /** In the order given. */
  by: string[];
}

/** Keys of one map. */
const KEYS_MAX = 3;
const HELP = 'count, count by comm, sum FIELD by pid, hist FIELD by comm';

/** Reads `count`, `count by comm,pid`, `sum bytes by comm`, `hist bytes`. */
export function readAggregate(text: string, field: string): Aggregate | TraceRefusal {
  const [head = '', tail, ...more] = text.trim().split(/\s+by\s+/);
  if (more.length > 0) return refuse(field, 'more than one by', HELP);
  const [kind, of, ...rest] = head.split(/\s+/);
  if (kind !== 'count' && kind !== 'sum' && kind !== 'hist')
    return refuse(field, `no ${kind || 'such'} of events`, HELP);
  if (rest.length > 0 || (kind === 'count') !== (of === undefined)) {
    return refuse(field, kind === 'count' ? 'count counts events: of what is not asked' : `${kind} of what?`, HELP);
  }
  const by = tail === undefined ? [] : tail.split(/\s*[, ]\s*/);
  const names = of === undefined ? by : [of, ...by];
  if (names.some((name) => !ARGUMENT.allowed.test(name) || name.length > ARGUMENT.longest)) {
    return refuse(field, 'a name is missing or not one', HELP);
  }
  if (by.length > KEYS_MAX) return refuse(field, `by ${by.length} fields, at most ${KEYS_MAX}`);
  if (new Set(by).size < by.length) return refuse(field, 'twice by the same field');
  return of === undefined ? {kind, by} : {kind, of, by};
}
