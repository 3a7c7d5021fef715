import type {TraceRefusal} from '../../types/trace.ts';
import {type FilterNode, testsOf} from '../filter/ast.ts';
import {type SplitFilter, splitFilter} from '../filter/split.ts';
import type {Hook} from '../hooks/hooks.ts';
import {isRefusal} from '../refusal.ts';
import type {Version} from '../version.ts';
import {kernelCan, testedValue} from './predicate.ts';
import {BUILTIN_NAMES, type Value} from './value.ts';

export interface DividedFilter extends SplitFilter {
  /** What user space needs of an event beside what it has anyway. */
  extra: Value[];
  /** Whether the script compares texts. */
  texts: boolean;
}

/** A filter as it is at a hook: what the kernel tests, what is left, and what the rest needs. */
export function divideFilter(
  filter: FilterNode | undefined,
  hook: Hook,
  version: Version,
): DividedFilter | TraceRefusal {
  if (!filter) return {extra: [], texts: false};
  const values = new Map<string, Value>();
  for (const test of testsOf(filter)) {
    const value = testedValue(test, hook, version);
    if (isRefusal(value)) return value;
    values.set(test.field, value);
  }
  const split = splitFilter(filter, (test) => kernelCan(test, values.get(test.field)!));
  const wanted = split.user ? testsOf(split.user).map((test) => test.field) : [];
  const extra = [...new Set(wanted)]
    .filter((field) => !BUILTIN_NAMES.includes(field))
    .map((field) => values.get(field)!);
  return {
    ...split,
    extra,
    texts: split.kernel ? testsOf(split.kernel).some((test) => test.value.kind === 'text') : false,
  };
}
