import {parse, TomlError} from 'smol-toml';
import {UsageError} from '../errors.ts';
import {findFlag} from '../flags.ts';
import {nearest} from '../nearest.ts';
import type {Settings} from '../options.ts';
import {checkValue, typeOf} from '../value-types.ts';
import {KEYS, type Key} from './keys.ts';
import type {Text} from './read.ts';

/** `FILE:3`, where the key stands on one line alone; else the file. Multi-line strings may look like keys. */
function at(path: string, text: string, name: string): string {
  const key = new RegExp(`^[ \\t]*(["']?)${name.replace(/[^\w-]/g, '\\$&')}\\1[ \\t]*=`);
  const lines = text.split('\n').flatMap((line, i) => (key.test(line) ? [i + 1] : []));
  return lines.length === 1 ? `${path}:${lines[0]}` : path;
}

function tableOf(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text, {maxDepth: 8, integersAsBigInt: 'asNeeded'});
  } catch (error) {
    if (!(error instanceof TomlError)) throw new UsageError(path, 'it is not TOML', 'see docs/config.md');
    // The lines that it quotes are not for a log: the file may be any that root can read.
    const why = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new UsageError(`${path}:${error.line}:${error.column}`, `not TOML: ${why}`, 'see docs/config.md');
  }
}

function keyOf(where: string, name: string, value: unknown): Key {
  const key = KEYS.find((each) => each.name === name);
  if (key) return key;
  const flag = findFlag(name);
  if (flag)
    throw new UsageError(`${where}: ${name}`, 'a config file can not set it', `give --${name} on the command line`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date))
    throw new UsageError(`${where}: ${name}`, 'there are no tables', 'write the keys without a [heading]');
  const names = KEYS.map((each) => each.name);
  const near = nearest(name, names) ?? nearest(name.replaceAll('_', '-'), names);
  throw new UsageError(`${where}: ${name}`, 'unknown key', near ? `did you mean ${near}?` : 'see docs/config.md');
}

const WANTED = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a string in quotes',
  list: 'a string or an array of strings',
  size: 'a string like "10M", or bytes',
} as const;

/** The text that the flag would have on a command line; undefined when the value is of another type. */
function asText(value: unknown, toml: keyof typeof WANTED): string | undefined {
  const isText = typeof value === 'string';
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  switch (toml) {
    case 'integer':
    case 'number':
      return isNumber ? plain(value) : undefined;
    case 'string':
      return isText ? value : undefined;
    case 'size':
      return isText ? value : isNumber ? plain(value) : undefined;
    case 'list':
      if (isText) return value;
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(',') : undefined;
  }
}

/** Without an exponent, as the flags want it. */
function plain(value: number | bigint): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  // From 10^21 on toFixed has an exponent too; such a number is whole.
  if (Math.abs(Number(value)) >= 1) return String(BigInt(value));
  return Number(value)
    .toFixed(20)
    .replace(/\.?0+$/, '');
}

/** What a key sets: '' a switch that is on, undefined one that is off. */
function settingOf(where: string, {name, flag, inverted}: Key, value: unknown): string | undefined {
  const type = typeOf(flag);
  if (!type) {
    if (typeof value !== 'boolean')
      throw new UsageError(`${where}: ${name}`, 'not a truth value', 'write true or false');
    return value !== inverted ? '' : undefined;
  }
  const text = asText(value, type.toml);
  if (text === undefined)
    throw new UsageError(`${where}: ${name}`, `not ${WANTED[type.toml]}`, `write ${WANTED[type.toml]}`);
  checkValue(flag, `${where}: ${name}`, text);
  return text;
}

/**
 * What a config file's text sets.
 * @throws {UsageError} the first key that is wrong, with its line.
 */
export function settingsOf(path: string, {text, rootOwned}: Text): Settings {
  const settings = new Map<string, string>();
  const setBy = new Map<string, string>();
  for (const [name, value] of Object.entries(tableOf(path, text))) {
    const where = at(path, text, name);
    const key = keyOf(where, name, value);
    const other = setBy.get(key.flag.name);
    if (other !== undefined) throw new UsageError(`${where}: ${name}`, `${other} sets the same`, 'leave one out');
    setBy.set(key.flag.name, name);
    if (typeOf(key.flag)?.place && !rootOwned) {
      const why = 'a path counts only from a file that root owns';
      throw new UsageError(`${where}: ${name}`, why, `give --${key.flag.name} on the command line`);
    }
    const setting = settingOf(where, key, value);
    if (setting !== undefined) settings.set(key.flag.name, setting);
  }
  return settings;
}
