/** A value from a file that is not what it should be. The message is a path and what is wrong there. */
export class Invalid extends Error {}

export type Fields = Record<string, unknown>;

/** A check: returns the value as T or throws Invalid with `at` as the place. */
export type Check<T> = (value: unknown, at: string) => T;

function fail(at: string, wanted: string): never {
  throw new Invalid(`${at} is not ${wanted}`);
}

export function fields(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(at, 'an object');
  return value as Fields;
}

/** A string of at most `max` UTF-16 units. */
export function string(max: number): Check<string> {
  return (value, at) => (typeof value === 'string' && value.length <= max ? value : fail(at, `a string up to ${max}`));
}

/** A finite number in [min, max]. JSON has no NaN, but 1e999 parses to Infinity. */
export function number(min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Check<number> {
  return (value, at) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? value
      : fail(at, 'a number in range');
}

export function integer(min: number, max: number): Check<number> {
  const inRange = number(min, max);
  return (value, at) => (Number.isInteger(value) ? inRange(value, at) : fail(at, 'a whole number'));
}

export function oneOf<T extends string>(all: readonly T[]): Check<T> {
  return (value, at) => (all.includes(value as T) ? (value as T) : fail(at, `one of ${all.join(', ')}`));
}

/** The value itself and nothing else. */
export function exactly<T>(wanted: T): Check<T> {
  return (value, at) => (value === wanted ? wanted : fail(at, String(wanted)));
}

export function matching(pattern: RegExp, wanted: string): Check<string> {
  return (value, at) => (typeof value === 'string' && pattern.test(value) ? value : fail(at, wanted));
}

export function list<T>(each: Check<T>, max: number): Check<T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) return fail(at, `an array up to ${max}`);
    for (let i = 0; i < value.length; i++) each(value[i], at);
    return value as T[];
  };
}

/** An object whose every value passes, with at most `max` keys. */
export function record<T>(each: Check<T>, max: number): Check<Record<string, T>> {
  return (value, at) => {
    const entries = Object.entries(fields(value, at));
    if (entries.length > max) fail(at, `an object of up to ${max} fields`);
    for (const [key, one] of entries) {
      if (key.length > 256) fail(at, 'named in up to 256 characters');
      each(one, `${at}.${key.slice(0, 40)}`);
    }
    return value as Record<string, T>;
  };
}

/** An object with these fields; others are kept as they are. */
export function shape(
  needed: Record<string, Check<unknown>>,
  optional: Record<string, Check<unknown>> = {},
): Check<Fields> {
  const must = Object.entries(needed);
  const may = Object.entries(optional);
  return (value, at) => {
    const object = fields(value, at);
    for (const [key, check] of must) check(own(object, key), `${at}.${key}`);
    for (const [key, check] of may) if (own(object, key) !== undefined) check(object[key], `${at}.${key}`);
    return object;
  };
}

function own(object: Fields, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
