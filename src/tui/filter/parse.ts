import {SEVERITIES} from '../../types/stream.ts';
import type {Filter, FilterSubject} from './filter.ts';
import {compileGlob} from './glob.ts';
import {FilterProblem} from './problem.ts';
import {compileRegex} from './regex.ts';

/** The longest filter. */
export const FILTER_MAX = 200;

/** Names whose answer is remembered. */
const NAMES_MAX = 1000;

type Test = (subject: FilterSubject) => boolean;

/** What a filter's text means: a filter (none for an empty text), or what is wrong with it. */
export type Parsed = {filter: Filter | undefined} | {problem: string};

/**
 * Reads `comm:nginx cpu:0-3 pid:42 type:VFS* severity:warning !container:web /regex/ word "two words"`. All terms must
 * hold; of values with commas one; `!` turns a term round. Names take `*` and `?`. What isn't known of a row never holds.
 */
export function parseFilter(text: string): Parsed {
  if (text.length > FILTER_MAX) return {problem: `more than ${FILTER_MAX} characters`};
  try {
    const reader = new Reader(text);
    const tests: Test[] = [];
    while (reader.more) tests.push(term(reader));
    if (tests.length === 0) return {filter: undefined};
    return {filter: {text: text.trim(), matches: (subject) => tests.every((test) => test(subject))}};
  } catch (error) {
    if (error instanceof FilterProblem) return {problem: error.message};
    throw error;
  }
}

/** Takes a text apart from left to right. */
class Reader {
  private at = 0;

  constructor(private readonly text: string) {
    this.skip(/\s+/y);
  }

  get more(): boolean {
    return this.at < this.text.length;
  }

  /** What matches here is taken; undefined when it doesn't. The expression must be sticky. */
  take(what: RegExp): RegExpExecArray | undefined {
    what.lastIndex = this.at;
    const match = what.exec(this.text);
    if (!match) return undefined;
    this.at += match[0].length;
    return match;
  }

  skip(what: RegExp): void {
    this.take(what);
  }
}

function term(reader: Reader): Test {
  const negated = reader.take(/!/y) !== undefined;
  const test = regex(reader) ?? keyed(reader) ?? word(reader);
  if (!test) throw new FilterProblem('! of what?');
  if (reader.more && !reader.take(/\s+/y)) throw new FilterProblem('a space is missing between two terms');
  return negated ? (subject) => !test(subject) : test;
}

function regex(reader: Reader): Test | undefined {
  if (!reader.take(/\//y)) return undefined;
  const body = reader.take(/(?:[^\\/[]|\\.|\[(?:[^\\\]]|\\.)*\])*/y)![0];
  if (!reader.take(/\//y)) throw new FilterProblem('the regular expression lacks its closing /');
  if (body === '') throw new FilterProblem('// is empty');
  const search = compileRegex(body, reader.take(/i/y) !== undefined);
  return (subject) => search(textOf(subject));
}

function keyed(reader: Reader): Test | undefined {
  const key = reader.take(/([a-z]+):/iy)?.[1]?.toLowerCase();
  if (key === undefined) return undefined;
  const test = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (!test) {
    throw new FilterProblem(`no ${key}: but ${Object.keys(KEYS).join(', ')}; in quotes it is looked for as it is`);
  }
  const values: string[] = [];
  do {
    const value = quoted(reader) ?? reader.take(/[^\s,"]+/y)?.[0];
    if (value === undefined || value === '') throw new FilterProblem(`${key}: what?`);
    values.push(value);
  } while (reader.take(/,/y));
  return test(values);
}

function word(reader: Reader): Test | undefined {
  const wanted = (quoted(reader) ?? reader.take(/[^\s"]+/y)?.[0])?.toLowerCase();
  if (!wanted) return undefined;
  return (subject) => textOf(subject).toLowerCase().includes(wanted);
}

function quoted(reader: Reader): string | undefined {
  if (!reader.take(/"/y)) return undefined;
  const inside = reader.take(/(?:[^"\\]|\\.)*/y)![0];
  if (!reader.take(/"/y)) throw new FilterProblem('a " is missing');
  return inside.replace(/\\(.)/g, '$1');
}

/** The tests of each key, from its values. */
const KEYS: Record<string, (values: readonly string[]) => Test> = {
  comm: (values) => named(values, ({comm}) => [comm]),
  cpu: (values) => {
    const ranges = values.map(rangeOf);
    return ({cpu}) => cpu !== undefined && ranges.some(([low, high]) => cpu >= low && cpu <= high);
  },
  pid: (values) => {
    const pids = new Set(values.map((value) => numberOf('pid', value)));
    return ({pid}) => pid !== undefined && pids.has(pid);
  },
  type: (values) => named(values, ({type}) => [type]),
  severity: (values) => {
    const wanted = new Set(values.map(severityOf));
    return ({severity}) => severity !== undefined && wanted.has(severity);
  },
  container: (values) => named(values, containerNames),
};

function named(globs: readonly string[], namesOf: (subject: FilterSubject) => (string | undefined)[]): Test {
  const tests = globs.map(compileGlob);
  // Thousands of events have a few names between them.
  const known = new Map<string, boolean>();
  const fits = (name: string): boolean => {
    let fit = known.get(name);
    if (fit === undefined) {
      if (known.size >= NAMES_MAX) known.clear();
      fit = tests.some((test) => test(name));
      known.set(name, fit);
    }
    return fit;
  };
  return (subject) => namesOf(subject).some((name) => name !== undefined && fits(name));
}

function containerNames({container, cgroup}: FilterSubject): (string | undefined)[] {
  const names: (string | undefined)[] = [cgroup, cgroup?.slice(cgroup.lastIndexOf('/') + 1)];
  if (typeof container !== 'object') return [container, ...names];
  const {id, name, pod} = container;
  // Both forms of an id that people have at hand.
  return [name, pod, id, id.slice(0, 12), ...names];
}

function numberOf(key: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new FilterProblem(`${key}: a number, not ${value}`);
  return Number(value);
}

function rangeOf(value: string): [low: number, high: number] {
  const range = /^(\d{1,9})-(\d{1,9})$/.exec(value);
  if (!range) return [numberOf('cpu', value), numberOf('cpu', value)];
  const [low, high] = [Number(range[1]), Number(range[2])];
  if (high < low) throw new FilterProblem(`cpu: ${value} is the wrong way round`);
  return [low, high];
}

function severityOf(value: string): string {
  const found = SEVERITIES.find((severity) => severity === value.toLowerCase());
  if (!found) throw new FilterProblem(`severity: ${SEVERITIES.join(', ')}`);
  return found;
}

function textOf({text, type, pid, comm}: FilterSubject): string {
  return text ?? [type, pid, comm].filter((part) => part !== undefined).join(' ');
}
