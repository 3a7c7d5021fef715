import type {TraceRefusal} from '../../types/trace.ts';
import {type FilterNode, type FilterTest, testsOf} from '../filter/ast.ts';
import {type SplitFilter, splitFilter} from '../filter/split.ts';
import type {Hook} from '../hooks/hooks.ts';
import {isRefusal, refuse} from '../refusal.ts';
import type {Version} from '../version.ts';
import {kernelCan, testedValue} from './predicate.ts';
import {BUILTIN_NAMES, type Value} from './value.ts';

export interface DividedFilter extends SplitFilter {
  /** What user space needs of an event beside what it has anyway. */
  extra: Value[];
  /** Whether the script compares texts. */
  texts: boolean;
  /** What it compares with a text: of a probe's argument that says that it points to one. */
  asText: ReadonlySet<string>;
}

/** A filter as it is at a hook: what the kernel tests, what is left, and what the rest needs. */
export function divideFilter(
  filter: FilterNode | undefined,
  hook: Hook,
  version: Version,
): DividedFilter | TraceRefusal {
  if (!filter) return {extra: [], texts: false, asText: new Set()};
  const tests = testsOf(filter);
  const refused = tests.map((test) => testedValue(test, hook, version)).find(isRefusal);
  if (refused) return refused;
  const valueIn = (test: FilterTest) => testedValue(test, hook, version) as Value;
  const split = splitFilter(filter, (test) => kernelCan(test, valueIn(test)));
  const wanted = new Map<string, Value>();
  for (const test of split.user ? testsOf(split.user) : []) {
    const {field} = test;
    const value = valueIn(test);
    // An event carries it once.
    if ((wanted.get(field) ?? value).kind !== value.kind)
      return refuse('filter', `${field} is compared as a text and as a number`, 'with an and between the two');
    if (!BUILTIN_NAMES.includes(field)) wanted.set(field, value);
  }
  return {
    ...split,
    extra: [...wanted.values()],
    texts: split.kernel ? testsOf(split.kernel).some((test) => test.value.kind === 'text') : false,
    asText: new Set(tests.filter(({value}) => value.kind === 'text').map(({field}) => field)),
  };
}
